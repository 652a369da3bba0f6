/** The sheet in which a lead sees who holds what of a queue, and puts it into other hands. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { countText } from "../shared/formats.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { classNamed } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { swatch } from "./review_details.js"

export class Hands {
  #queue = null

  /** @param {HTMLDialogElement} dialog @param {{onDone: () => void}} page */
  constructor(dialog, { onDone }) {
    Object.assign(this, { dialog, onDone })
    this.list = dialog.querySelector("tbody")
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    dialog.addEventListener("submit", (event) => event.preventDefault())
  }

  open(queue) {
    this.#queue = queue
    setText(this.dialog.querySelector("h2"), `Assigned tasks of ${queue.name || queue.code}`)
    this.dialog.querySelector("[name=reason]").value = ""
    this.list.replaceChildren()
    this.dialog.showModal()
    focusFirst(this.dialog)
    return this.#refresh()
  }

  async #refresh() {
    const [answer, problem] = await outcome(getJson(`review/queues/${this.#queue.id}/hands/`))
    showTrouble(this.dialog.querySelector("#hands-trouble"), problem, { what: "The assigned tasks could not be loaded.", retry: () => this.#refresh() })
    if (!answer) return
    this.list.replaceChildren(...answer.hands.map((held) => this.#row(held, answer.reviewers)))
    this.dialog.querySelector("#hands-table").hidden = answer.hands.length === 0
    this.dialog.querySelector("#hands-empty").hidden = answer.hands.length > 0
    setText(this.dialog.querySelector("#hands-more"), answer.is_more ? `The ${countText(answer.hands.length)} that are held longest.` : "")
  }

  #row(held, reviewers) {
    const name = held.class_code ? classNamed(held.class_code).name : "Whole image"
    const others = reviewers.filter((reviewer) => reviewer !== held.reviewer)
    const to = h("select", { class: "input", "aria-label": `Who is to have the ${name.toLowerCase()} that ${held.reviewer} holds` },
      h("option", { value: "" }, "Whoever asks next"), others.map((reviewer) => h("option", { value: reviewer }, reviewer)))
    const go = h("button", { class: "button", type: "button" }, icon("arrow-right", "small"), "Hand over")
    go.addEventListener("click", () => this.#handOver(held, to.value, go))
    return h("tr", {}, h("td", {}, h("span", { class: "hands__class" }, held.class_code && swatch(held.class_code), name)), h("td", {}, held.reviewer),
      h("td", { class: "number" }, ageElement(held.since)), h("td", {}, h("div", { class: "hands__acts" }, to, go)))
  }

  async #handOver(held, holder, button) {
    button.disabled = true
    const body = { holder: held.reviewer, reason: this.dialog.querySelector("[name=reason]").value, ...(holder && { to: holder }) }
    const [, problem] = await outcome(postJson(`review/tasks/${held.task}/hand-over/`, body))
    if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
    else toast(holder ? `${holder} has it now.` : "Whoever asks next has it.")
    this.onDone()
    const at = [...this.list.children].indexOf(button.closest("tr"))
    await this.#refresh()
    // Who goes from one to the next by keys goes on at the one that stands there now.
    const next = this.list.children[Math.min(at, this.list.childElementCount - 1)]
    const to = next?.querySelector("select") ?? this.dialog.querySelector("[data-close]")
    to.focus()
  }
}
