/** The sheets on the page of golden sets: register one, measure a version by one, change the gates. */
import { h, icon, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { getJson, outcome, postJson, putJson } from "../shared/http.js"
import { LIMITS, SPLITS, fieldOf, limitFrom, measurable, nameFor, splitText } from "./golden_state.js"

const option = (value, words) => h("option", { value }, words)

class Sheet {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    Object.assign(this, { dialog, form: dialog.querySelector("form"), submit: dialog.querySelector("[type=submit]") })
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send() })
  }

  field(name) {
    return this.form.elements[name]
  }

  say(words) {
    const place = this.dialog.querySelector("[data-error=form]")
    place.hidden = !words
    setText(place.querySelector("span"), words ?? "")
  }

  show() {
    this.say(null)
    this.submit.disabled = false
    this.dialog.showModal()
    focusFirst(this.form)
  }

  /** @param {Promise<object>} question what is sent @returns {Promise<?object>} null after a refusal, which is said */
  async ask(question) {
    this.submit.disabled = true
    const [answer, problem] = await outcome(question)
    this.submit.disabled = false
    this.say(problem?.message ?? null)
    if (!problem) this.dialog.close()
    return problem ? null : answer
  }
}

/** Make a golden set of part of a frozen data set. */
export class RegisterGolden extends Sheet {
  /** @param {HTMLDialogElement} dialog @param {{taken: () => string[], onDone: (made: object) => void}} how */
  constructor(dialog, how) {
    super(dialog)
    Object.assign(this, how)
    this.field("dataset").addEventListener("change", () => this.#choose())
  }

  /** @param {object[]} models */
  async open(models) {
    this.field("model").replaceChildren(...models.map(({ name }) => option(name, name)))
    const [answer, problem] = await outcome(getJson("datasets/?limit=100"))
    this.datasets = (answer?.results ?? []).filter(({ state }) => state === "ready")
    this.field("dataset").replaceChildren(...this.datasets.map(({ id, code, name, created_at: at }) => option(id, `${code}${name ? ` · ${name}` : ""}, frozen ${at.slice(0, 10)}`)))
    this.dialog.querySelector("[data-none]").hidden = this.datasets.length > 0
    this.#choose()
    this.show()
    this.submit.disabled = this.datasets.length === 0
    if (problem) this.say(problem.message)
  }

  #chosen() {
    return this.datasets.find(({ id }) => id === this.field("dataset").value)
  }

  #choose() {
    const dataset = this.#chosen()
    this.dialog.querySelector("[data-splits]").replaceChildren(...SPLITS.map(([split, label]) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "split", value: split, checked: split === "test", disabled: !dataset?.images?.[split] }), h("span", {}, `${label}: ${dataset ? splitText(dataset, split) : "–"}`))))
    if (dataset) this.field("name").value = nameFor(dataset, this.taken())
  }

  async send() {
    const splits = [...this.dialog.querySelectorAll("[name=split]:checked")].map(({ value }) => value)
    if (!splits.length) return this.say("Choose the parts that are to count.")
    const { sha256, site } = this.#chosen()
    const made = await this.ask(postJson("golden-sets/", { model: this.field("model").value, name: this.field("name").value.trim(), sha256, splits, site }, { timeoutMs: 30_000 }))
    if (made) this.onDone(made)
  }
}

/** Have a version measured. */
export class ValidateForm extends Sheet {
  constructor(dialog) {
    super(dialog)
    this.field("golden").addEventListener("change", () => this.#versions())
  }

  /** @param {object[]} golden sets in use @param {{id?: string, version?: string}} chosen */
  async open(golden, { id, version } = {}) {
    this.golden = golden
    this.wanted = version
    this.field("golden").replaceChildren(...golden.map((one) => option(one.id, `${one.name} · ${one.model}`)))
    if (id) this.field("golden").value = id
    this.show()
    await this.#versions()
  }

  get #model() {
    return this.golden.find((one) => one.id === this.field("golden").value)?.model
  }

  async #versions() {
    const [answer, problem] = await outcome(getJson(`models/${this.#model}/versions/?limit=50`))
    const versions = measurable(answer?.results ?? [])
    this.field("version").replaceChildren(...versions.map(({ version, status, precision }) => option(version, `${version} · ${status}, ${precision.toUpperCase()}`)))
    if (versions.some((one) => one.version === this.wanted)) this.field("version").value = this.wanted
    this.submit.disabled = versions.length === 0
    this.say(problem?.message ?? (versions.length ? null : "There is no version that could be measured."))
  }

  async send() {
    const run = await this.ask(postJson(`models/${this.#model}/validate/`, { version: this.field("version").value, golden_set: this.field("golden").value }))
    if (run) location.href = `/validations/${run.id}/`
  }
}

/** Change what versions of a model must reach. */
export class GatesForm extends Sheet {
  /** @param {HTMLDialogElement} dialog @param {{onDone: (gates: object) => void}} how */
  constructor(dialog, how) {
    super(dialog)
    Object.assign(this, how)
  }

  /** @param {object} gates as the API gives them */
  open(gates) {
    this.gates = gates
    this.dialog.querySelector("[data-limits]").replaceChildren(...LIMITS.map((limit) => h("div", { class: "field" }, h("label", { for: `gate-${limit.name}` }, limit.label), h("input", { class: "input", id: `gate-${limit.name}`, name: limit.name, inputmode: "decimal", value: fieldOf(gates.limits[limit.name], limit) }), h("p", { class: "field__error", "data-error": limit.name, role: "alert", hidden: true }, icon("octagon-alert", "small"), h("span", {})))))
    this.field("reason").value = ""
    this.show()
  }

  async send() {
    const said = LIMITS.map((limit) => [limit.name, limitFrom(this.field(limit.name).value, limit)])
    for (const [name, { fault }] of said) {
      const place = this.dialog.querySelector(`[data-error=${name}]`)
      place.hidden = !fault
      setText(place.querySelector("span"), fault ?? "")
    }
    if (said.some(([, { fault }]) => fault)) return
    const reason = this.field("reason").value.trim()
    if (!reason) { this.say("Say why: it stays with the gates."); this.field("reason").focus(); return }
    const made = await this.ask(putJson(`models/${this.gates.model}/gates/`, { limits: Object.fromEntries(said.map(([name, { value }]) => [name, value])), seen_number: this.gates.number, reason }))
    if (made) this.onDone(made)
  }
}
