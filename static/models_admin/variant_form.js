/** The sheet in which a cheaper form of a version is asked for, and the list of those that are being made. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { toast } from "../shared/toast.js"
import { runText } from "./variants_state.js"

const HINTS = {
  int8: "About a third faster on processors, a third of the size. The ranges of its numbers come from the images.",
  fp16: "Half the size. Faster on GPUs; slower on processors, which compute in single precision all the same.",
}
const FOLLOW_MS = 2000

export class VariantForm {
  /** @param {HTMLDialogElement} dialog @param {{path: string, onAsked: () => void}} page path: of the version */
  constructor(dialog, { path, onAsked }) {
    Object.assign(this, { dialog, path, onAsked, form: dialog.querySelector("form"), dataset: dialog.querySelector("#variant-dataset"), submit: dialog.querySelector("[type=submit]") })
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    this.form.addEventListener("change", () => this.#say({}))
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#ask() })
  }

  async open() {
    this.#say({})
    this.dialog.showModal()
    focusFirst(this.form)
    const [answer, problem] = await outcome(getJson("datasets/?limit=50"))
    const ready = (answer?.results ?? []).filter(({ state }) => state === "ready")
    this.dataset.replaceChildren(...ready.map(({ sha256, code, images }) => h("option", { value: sha256 }, `${code} · ${Object.values(images).reduce((sum, count) => sum + count, 0)} images`)))
    this.submit.disabled = ready.length === 0
    if (problem) this.#say({ dataset_sha256: problem.message })
    else if (!ready.length) this.#say({ dataset_sha256: "There is no data set yet. Freeze one under Review, Data sets." })
  }

  get #precision() {
    return this.form.querySelector("[name=precision]:checked").value
  }

  #say(errors) {
    setText(this.dialog.querySelector("#variant-hint"), HINTS[this.#precision])
    for (const place of this.dialog.querySelectorAll("[data-error]")) {
      place.hidden = !errors[place.dataset.error]
      setText(place.querySelector("span"), errors[place.dataset.error] ?? "")
    }
  }

  async #ask() {
    this.submit.disabled = true
    const [answer, problem] = await outcome(postJson(`${this.path}variants/`, { precision: this.#precision, dataset_sha256: this.dataset.value }))
    this.submit.disabled = false
    if (problem) {
      const words = Object.values(problem.fields ?? {}).flat()
      this.#say({ form: words.length ? words.join(" ") : problem.message })
      return
    }
    this.dialog.close()
    toast(`${answer.version} is being made.`)
    this.onAsked()
  }
}

/** Follows the forms that are being made of a version, or came to nothing lately. */
export class VariantRuns {
  #following = null

  /** @param {HTMLElement} panel @param {{model: string, path: string, mayMake: boolean, onMade: () => void}} page */
  constructor(panel, { model, path, mayMake, onMade }) {
    Object.assign(this, { panel, model, path, mayMake, onMade, isUnderWay: false })
  }

  async refresh() {
    clearTimeout(this.#following)
    const [answer] = await outcome(getJson(`${this.path}variants/?limit=5`))
    if (!answer) return
    const shown = answer.results.filter(({ state }) => state !== "done")
    this.panel.hidden = shown.length === 0
    this.panel.querySelector("ul").replaceChildren(...shown.map((run) => this.#row(run)))
    const isUnderWay = shown.some(({ state }) => state === "queued" || state === "running")
    if (this.isUnderWay && !isUnderWay) this.onMade()
    this.isUnderWay = isUnderWay
    if (isUnderWay) this.#following = setTimeout(() => this.refresh(), FOLLOW_MS)
  }

  #row(run) {
    const isUnderWay = run.state === "queued" || run.state === "running"
    const bar = isUnderWay ? h("progress", { class: "progress", max: 1, "aria-label": `How far ${run.version} is`, value: run.steps_total ? run.steps_done / run.steps_total : null }) : null
    return h("li", { class: "making" }, icon(isUnderWay ? "hourglass" : "octagon-alert"), h("div", {}, h("b", {}, `${run.version} ${run.precision.toUpperCase()}`), h("p", { class: "muted small" }, runText(run)), bar),
      isUnderWay && this.mayMake ? h("button", { class: "button", type: "button", onclick: () => this.#cancel(run) }, "Cancel") : h("span", { class: "muted" }, ageElement(run.finished_at ?? run.requested_at)))
  }

  async #cancel({ id }) {
    const [, problem] = await outcome(postJson(`models/${this.model}/variants/${id}/cancel/`))
    if (problem) toast(problem.message, { level: "warn" })
    this.refresh()
  }
}
