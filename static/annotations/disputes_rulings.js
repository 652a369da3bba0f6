/** A lead's rulings on their way: one at a time, each taken back by one act, and what was refused said beside its dispute. */
import { getJson, outcome, postJson } from "../shared/http.js"
import * as disputes from "./disputes_state.js"
import { keepReason } from "./disputes_view.js"
import { isOwn, rulingBody, rulingWords } from "./opinions_state.js"

export class Rulings {
  /** Who takes a ruling back may be quicker than its answer. */
  #last = Promise.resolve()
  isBusy = false

  /**
   * @param {{me: string, mayRule: boolean, get: () => object, change: (state) => void, draw: () => void, toast: (text: string, how?) => void,
   *   nameOf: (code: string) => string, lookedMs: () => number, refresh: () => void}} page draw: what is busy or not any more
   */
  constructor(page) { Object.assign(this, { page }) }

  /** Says what counts. Nothing is sent twice, and the next dispute follows by itself. */
  rule(word) {
    if (!this.isBusy) this.#last = this.#send(word)
    return this.#last
  }

  async #send(word) {
    const { page } = this
    const task = disputes.chosen(page.get())
    if (!task || !page.mayRule) return undefined
    if (isOwn(task, page.me)) return page.toast("One of these opinions is yours, so another lead has to decide.", { level: "warn" })
    const reason = disputes.reasonOf(page.get())
    this.#setBusy(true)
    const [answer, problem] = await outcome(postJson(`review/tasks/${task.id}/ruling/`, rulingBody(task, word, { reason, tookMs: page.lookedMs() })))
    this.isBusy = false
    if (problem) return this.#refused(task, problem)
    if (reason) keepReason(reason)
    const words = rulingWords(word, page.nameOf)
    page.change(disputes.ruled(page.get(), answer, words))
    return page.toast(`Decided: ${words}.`, { action: { label: "Undo", run: () => this.undo(task.id) } })
  }

  /** Why it was not taken is said beside it, with what has become of it; what was written stays. */
  async #refused(task, problem) {
    const { page } = this
    if (problem.code === "stale_task" || problem.code === "task_locked") {
      const [now] = await outcome(getJson(`review/tasks/${task.id}/`))
      if (now && now.state !== "disputed") {
        page.toast(`Not taken: it is ${now.state} by now${now.annotation ? `, by ${now.annotation.author}` : ""}.`, { level: "warn" })
        return page.change(disputes.withTask(page.get(), now))
      }
      const next = now ? disputes.withTask(page.get(), now) : page.get()
      return page.change(disputes.withNote(next, task.id, "Not taken: somebody gave an opinion after you looked. This is how it is now; decide again."))
    }
    // Without an answer nobody knows: the list will tell.
    if (problem.status === 0) page.refresh()
    return page.change(disputes.withNote(page.get(), task.id, problem.status === 0 ? problem.message : `Not taken. ${problem.message}`))
  }

  /** @param {string} [given] the task; without it the last that I decided */
  async undo(given) {
    const { page } = this
    await this.#last
    const id = given ?? page.get().trail.at(-1)?.id
    if (!id) return page.toast("There is nothing to undo.")
    if (this.isBusy || !page.get().trail.some((entry) => entry.id === id)) return undefined
    this.#setBusy(true)
    const [task, problem] = await outcome(postJson(`review/tasks/${id}/undo/`))
    this.isBusy = false
    const state = page.get()
    if (problem) {
      page.change(problem.isPassing ? state : { ...state, trail: state.trail.filter((entry) => entry.id !== id) })
      return page.toast(`It could not be taken back: ${problem.message}`, { level: "warn", requestId: problem.requestId })
    }
    page.change(disputes.takenBack(state, id, task))
    return page.toast("Taken back: it is disputed again.")
  }

  #setBusy(is) {
    this.isBusy = is
    this.page.draw()
  }
}
