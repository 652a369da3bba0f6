/** The sheet in which a lead makes a queue, changes it, or puts it away. */
import { h, setAttribute, setText } from "../shared/dom.js"
import { focusFault, focusFirst } from "../shared/fields.js"
import { confidenceText } from "../shared/formats.js"
import { outcome, postJson } from "../shared/http.js"
import { toast } from "../shared/toast.js"
import { swatch } from "./review_details.js"
import { bodyOf, fieldErrors, formOf, selectionText } from "./queues_state.js"

const CHOICES = { classes: "Classes", bands: "Bands", recipes: "Recipes", layers: "Layers", tools: "Tools" }
const NUMBERS = ["minutes", "least", "most", "differ", "share", "reviewers", "audit", "turn", "gold", "repeat", "hours"]
const BAND_WORDS = { accept: "Accept", review: "Review", reject: "Reject" }

export class QueueForm {
  #queue = null

  /** @param {HTMLDialogElement} dialog @param {{known: object, classes: object[], onDone: () => void}} page */
  constructor(dialog, { known, classes, onDone }) {
    Object.assign(this, { dialog, known, classes, onDone })
    this.form = dialog.querySelector("form")
    dialog.querySelector("#queue-order").replaceChildren(...known.orders.map(({ value, label }) => h("label", { class: "chip" }, h("input", { type: "radio", name: "order", value }), label)))
    dialog.querySelector("#queue-choices").replaceChildren(...Object.keys(CHOICES).map((list) => this.#choice(list)).filter(Boolean))
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    dialog.querySelector("[data-archive]").addEventListener("click", () => this.#archive())
    this.form.addEventListener("input", () => this.#drawRange())
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#save() })
  }

  /** One switch per code; a site without any of a kind has nothing to choose. */
  #choice(list) {
    const options = list === "classes" ? this.classes.map(({ code, name }) => [code, name]) : (this.known[list] ?? []).map((code) => [code, BAND_WORDS[code] ?? code])
    if (options.length === 0) return null
    return h("fieldset", { class: "field" }, h("legend", {}, CHOICES[list], h("span", { class: "faint" }, " · none chosen: all")),
      h("div", { class: "chips" }, options.map(([code, name]) => h("label", { class: "chip" }, h("input", { type: "checkbox", name: list, value: code }), list === "classes" && swatch(code), name))),
      h("p", { class: "field__error", id: `error-${list}`, hidden: true }, h("span", {})))
  }

  /** @param {?object} queue to change; null: a new one */
  open(queue) {
    this.#queue = queue
    const values = formOf(queue)
    setText(this.dialog.querySelector("#queue-title"), queue ? `Change ${queue.name || queue.code}` : "A new queue")
    for (const [name, value] of Object.entries(values)) this.#fill(name, value)
    this.form.elements.code.disabled = Boolean(queue)
    this.dialog.querySelector("#hint-code").hidden = Boolean(queue)
    this.dialog.querySelector("[data-archive]").hidden = !queue
    this.#showErrors({})
    this.#drawRange()
    this.dialog.showModal()
    focusFirst(this.dialog)
  }

  #fill(name, value) {
    if (!Array.isArray(value) && name !== "order") this.form.elements[name].value = value
    else for (const input of this.form.querySelectorAll(`[name=${name}]`)) input.checked = [value].flat().includes(input.value)
  }

  #values() {
    const { code, name } = this.form.elements
    const numbers = Object.fromEntries(NUMBERS.map((field) => [field, Number(this.form.elements[field].value)]))
    const chosen = (list) => [...this.form.querySelectorAll(`[name=${list}]:checked`)].map((input) => input.value)
    const lists = Object.fromEntries(Object.keys(CHOICES).map((list) => [list, chosen(list)]))
    return { code: code.value, name: name.value, ...numbers, order: chosen("order")[0], ...lists }
  }

  #drawRange() {
    for (const name of ["least", "most", "differ"]) setText(this.dialog.querySelector(`#${name}-text`), confidenceText(Number(this.form.elements[name].value)))
  }

  #showErrors(errors) {
    for (const place of this.dialog.querySelectorAll("[id^=error-]")) {
      const name = place.id.slice("error-".length)
      place.hidden = !errors[name]
      setText(place.querySelector("span"), errors[name] ?? "")
      const input = this.form.querySelector(`.input[name="${name}"]`)
      if (input) setAttribute(input, "aria-invalid", errors[name] ? "true" : null)
    }
    this.dialog.querySelector("[id^=error-]:not([hidden])")?.scrollIntoView({ block: "center" })
    focusFault(this.dialog, "[id^=error-]")
  }

  async #save() {
    const queue = this.#queue
    const body = bodyOf(this.#values(), queue)
    const [answer, problem] = await outcome(postJson(queue ? `review/queues/${queue.id}/change/` : "review/queues/", body))
    if (problem) return this.#refused(problem)
    this.dialog.close()
    toast(queue ? `${answer.name || answer.code} is changed.` : `${answer.name || answer.code} is made.`)
    return this.onDone()
  }

  /** Somebody was faster: what they made of it is said, and to save again puts this in its place. */
  #refused(problem) {
    if (problem.code === "stale_queue" && problem.current) {
      this.#queue = problem.current
      const theirs = `${problem.current.name || problem.current.code}: ${selectionText(problem.current.selection, (code) => this.classes.find((one) => one.code === code)?.name ?? code)}`
      return this.#showErrors({ form: `Somebody has changed this queue meanwhile (${theirs}). Save again to put yours in its place.` })
    }
    const errors = fieldErrors(problem.fields)
    return this.#showErrors(Object.keys(errors).length ? errors : { form: problem.message })
  }

  async #archive() {
    const [answer, problem] = await this.#put(this.#queue, true)
    if (problem) return this.#refused(problem)
    this.dialog.close()
    return toast(`${answer.name || answer.code} is archived. What was decided stays.`, { action: { label: "Undo", run: () => this.bringBack(answer) } })
  }

  async #put(queue, isArchived) {
    const end = await outcome(postJson(`review/queues/${queue.id}/change/`, { seen_version: queue.version, is_archived: isArchived }))
    if (end[0]) this.onDone()
    return end
  }

  async bringBack(queue) {
    const [answer, problem] = await this.#put(queue, false)
    if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
    else toast(`${answer.name || answer.code} is in use again.`)
  }
}
