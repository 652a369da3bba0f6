/** The sheet in which a version is chosen that judges again what was touched. */
import { h, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { plural } from "../shared/formats.js"
import { outcome, postJson } from "../shared/http.js"
import { MOST_RERUNS, choices, rerunBody } from "./touched_state.js"

export class RerunSheet {
  #question = null
  #choices = []

  /** @param {HTMLDialogElement} dialog @param {{loaded: object[], deployment: ?object}} known */
  constructor(dialog, { loaded, deployment }) {
    Object.assign(this, { dialog, form: dialog.querySelector("form") })
    this.#choices = choices(loaded, deployment)
    this.form.elements.version.replaceChildren(...this.#choices.map(({ value, label }) => h("option", { value }, label)))
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#send() })
  }

  /** @param {URLSearchParams} question what was touched @param {?{runs: number, is_all: boolean}} sums how much of it there is */
  open(question, sums) {
    this.#question = question
    const isTooMuch = sums && (!sums.is_all || sums.runs > MOST_RERUNS)
    setText(this.dialog.querySelector("#rerun-what"), sums ? `${sums.is_all ? "" : "More than "}${plural(sums.runs, "run")} over ${plural(sums.wafers, "wafer")}, each by the recipe version it was judged by.` : "Everything on this list.")
    this.#say("#rerun-error-version", this.#choices.length ? "" : "No other version is loaded. A model engineer can load one.")
    this.#say("#rerun-error", isTooMuch ? `At most ${MOST_RERUNS} runs are judged again at once: choose a shorter time, or one tool.` : "")
    this.form.querySelector("[type=submit]").disabled = this.#choices.length === 0 || Boolean(isTooMuch)
    this.dialog.showModal()
    focusFirst(this.form)
  }

  async #send() {
    const submit = this.form.querySelector("[type=submit]")
    submit.disabled = true
    const chosen = this.#choices.find(({ value }) => value === this.form.elements.version.value)
    const [job, problem] = await outcome(postJson("touched/rerun/", rerunBody(this.#question, chosen), { timeoutMs: 60_000 }))
    submit.disabled = false
    if (job) {
      location.href = `/jobs/${job.id}/`
      return
    }
    this.#say("#rerun-error-version", problem.fields?.version?.[0] ?? "")
    this.#say("#rerun-error", problem.message)
  }

  #say(selector, text) {
    const place = this.dialog.querySelector(selector)
    place.hidden = !text
    setText(place.querySelector("span"), text)
  }
}
