/** What others decide while a sheet is looked at: what is on it is brought up to date in its place, what is not waits to be shown. */
import { getJson, outcome } from "../shared/http.js"
import { soon } from "../shared/soon.js"
import * as sheet from "./decided_state.js"

const SETTLE_MS = 700

export class News {
  #changed = new Set()

  /** @param {{me: string, get: () => object, change: (state) => void, isBusy: () => boolean, pathOf: (state) => string}} page */
  constructor(page) {
    this.page = page
    this.lookSoon = soon(() => this.#look(), SETTLE_MS)
    this.lookAtChanged = soon(() => {
      const ids = [...this.#changed]
      this.#changed.clear()
      return this.refresh(ids)
    }, SETTLE_MS)
    document.addEventListener("live:task.decided", ({ detail }) => this.#hear(detail.data))
    document.addEventListener("live:resync", this.lookSoon)
  }

  /** Tasks of the sheet as they are now. */
  async refresh(ids) {
    const { get, change } = this.page
    for (const id of ids) {
      const [task] = await outcome(getJson(`review/tasks/${id}/`))
      if (task && get().tasks.has(id)) change(sheet.withTask(get(), task))
    }
  }

  /** What is new, without moving anything. */
  async #look() {
    const { get, change, isBusy, pathOf } = this.page
    const before = get()
    if (!before.order || isBusy()) return undefined
    const [page] = await outcome(getJson(pathOf(before)))
    const state = get()
    const isOther = ["stage", "wafer", "classCode"].some((name) => before[name] !== state[name])
    if (!page || isOther || isBusy()) return undefined
    if (!state.order.length) return change(sheet.withPage(state, page.results, page.next))
    const next = page.results.reduce((now, task) => sheet.withTask(now, task), sheet.withHead(state, page.results))
    return next === state ? undefined : change(next)
  }

  #hear(data) {
    const { me, get, change, isBusy } = this.page
    const state = get()
    if (data.by === me && isBusy()) return undefined
    // Whether it is of the class that was chosen only the server knows.
    if (state.classCode || !state.order?.length) return this.lookSoon()
    const { state: next, isKnown } = sheet.heard(state, data)
    if (next !== state) change(next)
    if (!isKnown) return undefined
    this.#changed.add(data.task)
    return this.lookAtChanged()
  }
}
