/** What a lead knows to be right: made an item that reviewers are asked once more, and retired with a reason. */
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { accountName } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { actOf, noAnswers, onSheet, unasked, withItems } from "./known_answers_state.js"

const MOST_AT_ONCE = 60
const WORDS = { make: "Known answer", retire: "Retire answer" }
const USUAL = ["The answer is not as sure as it seemed", "Reviewers know it by heart", "The picture does not show enough"]
const find = (selector) => document.querySelector(selector)

export class KnownAnswers {
  #state = noAnswers()
  #isBusy = false

  /** @param {() => ?object} subject the task that is looked at @param {() => string[]} order tasks on the sheet */
  constructor(subject, order) {
    Object.assign(this, { subject, order, askReason: reasonAsker(find("#retire-known"), { key: "gold-retires", usual: USUAL }) })
    this.buttons = [...document.querySelectorAll("[data-known]")]
    for (const button of this.buttons) button.addEventListener("click", () => this.act())
    find("#large").addEventListener("keydown", ({ key, target }) => { if (key === "k" && !target.closest("input, textarea, select")) this.act() })
  }

  draw() {
    this.#state = onSheet(this.#state, this.order())
    this.#ask()
    const act = actOf(this.#state, this.subject())
    for (const button of this.buttons) {
      button.disabled = !act || this.#isBusy
      setText(button.querySelector("[data-text]"), WORDS[act] ?? WORDS.make)
    }
    for (const shot of document.querySelectorAll(".shot[data-id]")) mark(shot, this.#state.items.get(shot.dataset.id))
  }

  async #ask() {
    const ids = unasked(this.#state, this.order()).slice(0, MOST_AT_ONCE)
    if (!ids.length || this.isAsking) return
    this.isAsking = true
    const [page, problem] = await outcome(getJson(`review/gold/?${new URLSearchParams([["limit", MOST_AT_ONCE], ...ids.map((id) => ["tasks", id])])}`))
    this.isAsking = false
    // Without an answer nothing is marked and nothing can be done; the next change asks again.
    if (problem) return
    this.#state = withItems(this.#state, ids, page.results)
    this.draw()
  }

  async act() {
    const task = this.subject()
    const act = actOf(this.#state, task)
    if (!act || this.#isBusy) return
    const reason = act === "retire" ? await this.askReason("Why is nobody asked about it any more?") : null
    if (act === "retire" && !reason) return
    this.#isBusy = true
    const [item, problem] = await outcome(act === "make" ? postJson(`review/tasks/${task.id}/gold/`, { seen_revision: task.revision }) : postJson(`review/tasks/${task.id}/gold/retire/`, { reason }))
    this.#isBusy = false
    if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
    else {
      this.#state = withItems(this.#state, [task.id], [item])
      toast(act === "make" ? "Its answer is known: queues that ask known answers ask it, unmarked." : "Nobody is asked about it any more. Answers that were given stay.")
    }
    this.draw()
  }
}

/** Said on the crop, for leads alone. */
function mark(shot, item) {
  const sign = shot.querySelector(".shot__known")
  setAttribute(shot, "aria-description", item ? `Known answer, made by ${accountName(item.made_by)}` : null)
  if (Boolean(sign) === Boolean(item)) return
  if (item) shot.append(h("span", { class: "shot__known", title: "Known answer" }, icon("fingerprint", "small")))
  else sign.remove()
}
