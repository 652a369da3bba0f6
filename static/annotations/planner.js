/** The sheet that says how far one gets in the time one has, and leads into the sitting. */
import { h, setAttribute, setText } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { recall, remember } from "../shared/remembered.js"
import { classNamed } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { DEFAULT_MINUTES, USUAL, choicesOf, minutesOf, pathOf, rejectsText, sentences, spanText, startOf } from "./planner_state.js"
import { swatch } from "./review_details.js"
import { drawCurve } from "./saving_curve.js"

const SETTLE_MS = 400

export class Planner {
  #asked = { minutes: minutesOf(recall("review-plan").minutes) ?? DEFAULT_MINUTES, queue: "" }
  #choices = []
  #questions = turns()

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog
    this.own = this.#find("[name=minutes]")
    this.queue = this.#find("[name=queue]")
    const own = soon(() => { const minutes = minutesOf(this.own.value); if (minutes) this.#ask({ minutes }) }, SETTLE_MS)
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    this.#find("#plan-minutes").addEventListener("click", ({ target }) => { if (target.dataset.minutes) this.#ask({ minutes: Number(target.dataset.minutes) }) })
    this.own.addEventListener("input", () => { setAttribute(this.own, "aria-invalid", minutesOf(this.own.value) ? null : "true"); own() })
    this.queue.addEventListener("change", () => this.#ask({ queue: this.queue.value }))
    dialog.addEventListener("keydown", (event) => this.#key(event))
  }

  open() {
    this.dialog.showModal()
    this.#ask({ queue: "" })
    this.#find("[aria-pressed=true]")?.focus()
  }

  #find(selector) {
    return this.dialog.querySelector(selector)
  }

  #key({ key, target }) {
    const minutes = USUAL[Number(key) - 1]
    if (!minutes || target === this.own) return
    this.#ask({ minutes })
    this.#find("[aria-pressed=true]").focus()
  }

  async #ask(change) {
    this.#asked = { ...this.#asked, ...change }
    const { minutes, queue } = this.#asked
    remember("review-plan", { minutes })
    for (const button of this.dialog.querySelectorAll("[data-minutes]")) setAttribute(button, "aria-pressed", String(Number(button.dataset.minutes) === minutes))
    if (minutesOf(this.own.value) !== minutes) this.own.value = minutes
    setAttribute(this.own, "aria-invalid", null)
    const turn = this.#questions.take()
    setAttribute(this.#find("#plan"), "aria-busy", "true")
    const [answer, problem] = await outcome(getJson(pathOf(this.#asked)))
    if (!this.#questions.counts(turn)) return
    setAttribute(this.#find("#plan"), "aria-busy", null)
    showTrouble(this.#find("#plan-trouble"), problem, { what: "What the time saves could not be asked for.", safe: "Queues can be reviewed all the same.", retry: () => this.#ask({}) })
    if (answer) this.#draw(answer, queue)
  }

  #draw(answer, queue) {
    if (!queue) this.#choices = choicesOf(answer.queues)
    this.queue.replaceChildren(...this.#choices.map(({ value, text }) => h("option", { value, selected: value === queue }, text)))
    const { plan } = answer
    this.#find("#plan-loading")?.remove()
    this.#find("#plan").hidden = plan === null
    this.#find("#plan-empty").hidden = plan !== null
    this.#find("#plan-queue").hidden = this.#choices.length < 3
    const start = this.#find("#plan-start")
    setAttribute(start, "aria-disabled", plan && plan.items > 0 ? null : "true")
    setAttribute(start, "href", plan && plan.items > 0 ? startOf(plan) : null)
    if (!plan) return
    const { head, saved, apart } = sentences(answer)
    setText(this.#find("#plan-head"), head)
    setText(this.#find("#plan-saved"), saved)
    setText(this.#find("#plan-apart"), apart)
    drawCurve(this.#find("#plan-curve"), answer)
    this.#find("tbody").replaceChildren(...plan.classes.map((row) => rowOf(row, answer.unit_per_reject)))
    this.#find("table").hidden = plan.classes.length === 0
  }
}

function rowOf({ class_code: code, items, seconds_each: each, seconds, saved }, unit) {
  const name = code ? classNamed(code).name : "Whole images"
  return h("tr", {}, h("td", {}, h("span", { class: "planner__class" }, code && swatch(code), name)), h("td", { class: "number" }, countText(items)),
    h("td", { class: "number" }, spanText(each)), h("td", { class: "number" }, spanText(seconds)), h("td", { class: "number" }, rejectsText(saved, unit)))
}
