/** How a model is served: changed with what was seen, and what that did to its speed. */
import { ageElement } from "../shared/ages.js"
import { h, setAttribute, setText } from "../shared/dom.js"
import { focusFault } from "../shared/fields.js"
import { getJson, outcome, putJson } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { configBody, measuredRows, stateWord } from "./deploy_state.js"

const FIELDS = ["instances", "max_queue_delay_us", "preferred_batches", "max_queue_size"]

export class ConfigForm {
  #config = null
  #isTouched = false

  /** @param {HTMLFormElement} form @param {{model: string, effect: HTMLElement, who: HTMLElement}} page */
  constructor(form, { model, effect, who }) {
    Object.assign(this, { form, model, effect, who })
    form.addEventListener("input", () => { this.#isTouched = true })
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#save() })
  }

  async refresh() {
    const [config, problem] = await outcome(getJson(`models/${this.model}/config/`))
    if (problem) return setText(this.who, `It could not be asked for. ${problem.message}`)
    const isNew = config.revision !== this.#config?.revision
    this.#config = config
    // What somebody is typing is not taken from under their hands.
    if (isNew && !this.#isTouched) this.#fill()
    this.who.replaceChildren(...(config.made_at ? [`Configuration ${config.revision}, `, ageElement(config.made_at), ` ago by ${accountName(config.made_by)}`, config.reason ? `: ${config.reason}` : ""] : ["As the settings of this installation say."]))
    this.effect.replaceChildren(...config.served.flatMap((one) => this.#effectOf(one)))
  }

  #fill() {
    for (const name of FIELDS) this.form.elements[name].value = [this.#config[name]].flat().join(", ")
    this.#showErrors({})
  }

  #effectOf({ version, state, error, measured }) {
    if (error) return [h("p", { class: "field__error" }, `${version}: ${error}`)]
    const rows = measuredRows(measured)
    if (rows.length === 0) return []
    return [h("h3", {}, `What it did to ${version}`, state === "active" ? "" : ` (${stateWord({ state }).toLowerCase()})`),
      h("table", { class: "table" }, h("thead", {}, h("tr", {}, h("th", {}, "Measured together"), h("th", { class: "number" }, "Before"), h("th", { class: "number" }, "With it"), h("th", { class: "number" }, "Change"))),
        h("tbody", {}, rows.map(({ word, before, after, change }) => h("tr", {}, h("td", {}, word), h("td", { class: "number" }, before), h("td", { class: "number" }, after), h("td", { class: "number" }, change)))))]
  }

  async #save() {
    if (!this.#config) return
    const { body, errors } = configBody(Object.fromEntries(new FormData(this.form)), this.#config)
    this.#showErrors(errors)
    if (Object.keys(errors).length) return
    const seen = this.#config.revision
    const [config, problem] = await outcome(putJson(`models/${this.model}/config/`, body))
    if (problem) {
      const fields = Object.fromEntries(Object.entries(problem.fields ?? {}).map(([name, reasons]) => [name, [reasons].flat().join(" ")]))
      this.#showErrors({ ...fields, ...(Object.keys(fields).some((name) => FIELDS.includes(name)) ? {} : { form: problem.message }) })
      // Somebody was first: what they said is what is changed next.
      this.#isTouched = this.#isTouched && problem.code !== "stale_config"
      return this.refresh()
    }
    toast(config.revision === seen ? "It is served so already." : "What judges is brought up anew beside what serves now.")
    this.form.elements.reason.value = ""
    this.#isTouched = false
    this.refresh()
  }

  #showErrors(errors) {
    for (const name of [...FIELDS, "form"]) {
      const place = this.form.querySelector(`#config-error-${name}`)
      if (!place) continue
      place.hidden = !errors[name]
      setText(place.querySelector("span"), errors[name] ?? "")
      if (this.form.elements[name]) setAttribute(this.form.elements[name], "aria-invalid", errors[name] ? "true" : null)
    }
    focusFault(this.form, "[id^=config-error-]")
  }
}
