/** The sheet with the rules that say when there is enough to train on: made, changed, put away. */
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { focusFault, focusFirst } from "../shared/fields.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { classNamed } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { chosenText } from "./datasets_state.js"
import { swatch } from "./review_details.js"
import { ruleBody, ruleErrors, ruleText } from "./rules_state.js"

const CHOICES = { classes: "Classes", layers: "Layers", recipes: "Recipes" }

export class RulesForm {
  #rule = null

  /** @param {HTMLDialogElement} dialog @param {{known: object, classes: object[], onDone: () => void}} page */
  constructor(dialog, { known, classes, onDone }) {
    Object.assign(this, { dialog, known, classes, onDone, form: dialog.querySelector("form"), list: dialog.querySelector("#rules") })
    dialog.querySelector("#rule-choices").replaceChildren(...Object.keys(CHOICES).map((list) => this.#choice(list)).filter(Boolean))
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    dialog.querySelector("[data-new]").addEventListener("click", () => this.#edit(null))
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#save() })
  }

  #choice(list) {
    const options = list === "classes" ? this.classes.map(({ code, name }) => [code, name]) : this.known[list].map((code) => [code, code])
    if (options.length === 0) return null
    return h("fieldset", { class: "field" }, h("legend", {}, CHOICES[list], h("span", { class: "faint" }, " · none chosen: all")),
      h("div", { class: "chips" }, options.map(([code, name]) => h("label", { class: "chip" }, h("input", { type: "checkbox", name: list, value: code }), list === "classes" && swatch(code), name))))
  }

  open() {
    this.#edit(null)
    this.dialog.showModal()
    focusFirst(this.form)
    this.#load()
  }

  async #load() {
    const [page, problem] = await outcome(getJson("training/rules/?limit=100"))
    const rows = (page?.results ?? []).map((rule) => h("li", { class: "rule" },
      h("div", {}, h("b", {}, rule.code), h("p", { class: "muted small" }, `${ruleText(rule)} ${chosenText(rule.selection, (code) => classNamed(code).name.toLowerCase())}.`)),
      h("button", { class: "button", type: "button", onclick: () => this.#edit(rule), "aria-label": `Change ${rule.code}` }, icon("sliders-horizontal", "small"), "Change"),
      h("button", { class: "button", type: "button", onclick: () => this.#putAway(rule), "aria-label": `Put ${rule.code} away` }, icon("archive", "small"), "Put away")))
    const none = problem ? `The rules could not be loaded. ${problem.message}` : "No rule yet. Without one nothing is suggested; data sets can be frozen all the same."
    this.list.replaceChildren(...(rows.length ? rows : [h("li", { class: "muted" }, none)]))
  }

  #edit(rule) {
    this.#rule = rule
    const { code, least, days } = this.form.elements
    code.value = rule?.code ?? ""
    code.disabled = Boolean(rule)
    least.value = rule ? rule.least_new ?? "" : 500
    days.value = rule?.every_days ?? ""
    for (const list of Object.keys(CHOICES)) for (const input of this.form.querySelectorAll(`[name=${list}]`)) input.checked = rule?.selection[list]?.includes(input.value) ?? false
    setText(this.dialog.querySelector("#rule-title"), rule ? `Change ${rule.code}` : "A new rule")
    this.dialog.querySelector("[data-new]").hidden = !rule
    this.#showErrors({})
    if (rule) least.focus()
  }

  #showErrors(errors) {
    for (const place of this.dialog.querySelectorAll("[id^=rule-error-]")) {
      const name = place.id.slice("rule-error-".length)
      place.hidden = !errors[name]
      setText(place.querySelector("span"), errors[name] ?? "")
      const input = this.form.querySelector(`.input[name="${name}"]`)
      if (input) setAttribute(input, "aria-invalid", errors[name] ? "true" : null)
    }
    focusFault(this.form, "[id^=rule-error-]")
  }

  async #save() {
    const { code, least, days } = this.form.elements
    const lists = Object.fromEntries(Object.keys(CHOICES).map((list) => [list, [...this.form.querySelectorAll(`[name=${list}]:checked`)].map((input) => input.value)]))
    const body = ruleBody({ code: code.value, least: least.value, days: days.value, ...lists }, this.#rule)
    const errors = ruleErrors(body, this.#rule)
    this.#showErrors(errors)
    if (Object.keys(errors).length) return
    const [answer, problem] = await outcome(postJson(this.#rule ? `training/rules/${this.#rule.id}/change/` : "training/rules/", body))
    if (problem) return this.#showErrors({ form: [problem.message, ...Object.values(problem.fields ?? {}).flat().filter((one) => typeof one === "string")].join(" ") })
    toast(`Rule ${answer.code} is kept.`)
    this.#edit(null)
    this.#load()
    this.onDone()
  }

  async #putAway(rule) {
    const change = (seen, isArchived) => outcome(postJson(`training/rules/${rule.id}/change/`, { seen_version: seen, is_archived: isArchived }))
    const [answer, problem] = await change(rule.version, true)
    if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
    else toast(`Rule ${rule.code} is put away; what it suggested is dismissed.`, { action: { label: "Undo", run: async () => { await change(answer.version, false); this.#load() } } })
    this.#load()
    this.onDone()
  }
}
