/** What rules suggest: enough is new to train on. Somebody looks and freezes, or says why not. Nothing starts by itself. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed } from "../shared/dom.js"
import { momentText } from "../shared/formats.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { classNamed } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { chosenText } from "./datasets_state.js"
import { reasonAsker } from "../shared/reason_sheet.js"

const USUAL = ["Nothing in it is new to the model", "A better selection comes first", "There is no time to train now"]

export class Suggestions {
  /** @param {HTMLElement} place @param {{mayDecide: boolean, sheet: ?HTMLDialogElement, onTake: (suggestion) => void}} page */
  constructor(place, { mayDecide, sheet, onTake }) {
    Object.assign(this, { place, mayDecide, onTake, askWhy: sheet && reasonAsker(sheet, { key: "dismissed-suggestions", usual: USUAL }) })
  }

  async refresh() {
    const [page, problem] = await outcome(getJson("training/suggestions/?state=open&limit=20"))
    // What cannot be asked stays as it was; the list below says that nothing can be asked.
    if (problem) return
    this.place.hidden = page.results.length === 0
    keyed(this.place, page.results, { key: ({ id }) => id, create: (one) => this.#card(one) })
  }

  #card(suggestion) {
    const nameOf = (code) => classNamed(code).name.toLowerCase()
    const acts = h("span", { class: "row" },
      this.mayDecide && h("button", { class: "button", type: "button", onclick: () => this.#dismiss(suggestion) }, "Dismiss"),
      this.mayDecide && h("button", { class: "button button--primary", type: "button", onclick: () => this.onTake(suggestion) }, icon("snowflake"), "Look and freeze"))
    return h("div", { class: "notice suggestion" }, icon("info"),
      h("div", {}, h("p", {}, h("b", {}, `Enough for a training run, says rule ${suggestion.rule}. `), ageElement(suggestion.raised_at, { class: "muted" })),
        h("ul", {}, suggestion.reasons.map(({ text }) => h("li", { class: "muted" }, text))),
        h("p", { class: "muted small" }, `${chosenText(suggestion.selection, nameOf, momentText)}.${this.mayDecide ? "" : " A lead or a model engineer can take it up."}`)), acts)
  }

  async #dismiss(suggestion) {
    const reason = await this.askWhy("Why not now?")
    if (!reason) return
    const [, problem] = await outcome(postJson(`training/suggestions/${suggestion.id}/dismiss/`, { reason }))
    if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
    else toast("Dismissed. The rule counts anew from now.")
    this.refresh()
  }
}
