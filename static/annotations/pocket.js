/** Tasks at hand: asks for more before they run out, keeps what it holds, and waits quietly where nothing is left. */
import { setText } from "../shared/dom.js"
import { countText, plural } from "../shared/formats.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { POCKET, needsRenewal, needsTasks, waiting, withTasks } from "./review_state.js"

const EVERY_MS = 15_000
const SETTLE_MS = 400
const AGAIN_MS = 4000
const find = (selector) => document.querySelector(selector)
/** Whoever comes from the planner is handed first what saves most. */
const isBySaving = new URLSearchParams(globalThis.location?.search).get("first") === "saving"

export class Pocket {
  #isAsking = false
  #isToAskAgain = false
  /** When the server last answered, by a clock that nobody sets; null before. */
  #answeredMs = null

  /** @param {{id: string, lease_s: number}} queue @param {{get: () => object, change: (state) => void, retryPictures: () => void}} page */
  constructor(queue, page) {
    Object.assign(this, { queue, page })
    /** Tasks whose edits the server has not heard of, by the edit's seq: it takes them for undecided. */
    this.unsent = new Map()
    this.soon = soon(() => this.#next(), SETTLE_MS)
  }

  start() {
    if (isBySaving) setText(find(".review__queue small"), "Most saved first")
    this.#next()
    for (const name of ["live:queue.changed", "live:task.decided"]) document.addEventListener(name, () => { if (needsTasks(this.page.get())) this.soon() })
    document.addEventListener("live:resync", () => { this.page.retryPictures(); this.soon() })
    document.addEventListener("waferdeck:signed-in", () => this.soon())
    setInterval(() => { if (!document.hidden) this.ask() }, EVERY_MS)
  }

  /** More, where few are left or what is held is about to lapse. */
  ask() {
    if (this.#answeredMs === null) return
    const sinceS = (performance.now() - this.#answeredMs) / 1000
    if (needsTasks(this.page.get()) || needsRenewal(this.page.get(), sinceS, this.queue.lease_s)) this.#next()
  }

  /** One question at a time. */
  async #next() {
    this.#isToAskAgain = this.#isAsking
    if (this.#isAsking) return
    this.#isAsking = true
    const [answer, problem] = await outcome(postJson(`review/queues/${this.queue.id}/next/`, { count: POCKET, ...(isBySaving && { first: "saving" }) }))
    this.#isAsking = false
    const state = this.page.get()
    // While there is something to look at, the connection's own words are enough.
    showTrouble(find("#review-trouble"), waiting(state).length ? null : problem, { what: "What waits in this queue could not be asked for.", safe: "What you have decided is kept.", retry: () => this.#next() })
    if (problem?.isPassing) setTimeout(() => this.#next(), AGAIN_MS)
    if (answer) this.#take(answer)
    if (this.#isToAskAgain) this.ask()
  }

  #take(answer) {
    this.#answeredMs = performance.now()
    this.page.change(withTasks(this.page.get(), answer, { unsent: new Set(this.unsent.values()), nowMs: Date.now() }))
    this.drawEmpty(this.page.get())
  }

  /** What is said where nothing waits, with what was done today. */
  drawEmpty(state) {
    const isEmpty = this.#answeredMs !== null && state.at === null
    const wasEmpty = !find("#review-empty").hidden
    find("#review-empty").hidden = !isEmpty
    setText(find("#empty-others"), state.open ? `${countText(state.open)} more for somebody else: skipped by you, or not yours to decide.` : "")
    if (isEmpty && !wasEmpty) this.#drawToday()
  }

  async #drawToday() {
    const [answer] = await outcome(getJson("review/queues/"))
    const mine = answer?.results.find(({ id }) => id === this.queue.id)
    setText(find("#empty-today"), mine ? `Decided today: ${plural(mine.decided_today, "defect")}, ${mine.mine_today} of them by you.` : "")
  }
}
