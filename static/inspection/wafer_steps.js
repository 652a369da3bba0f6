/** To the wafer before and after: along the list that one came from, else along what needs a person on the wall. */
import { setAttribute, setText } from "../shared/dom.js"
import { getJson, isSentElsewhere, outcome } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { recall, remember } from "../shared/remembered.js"
import { toast } from "../shared/toast.js"
import { around, beside, ofWall, wayFrom, waysWords } from "./wafer_steps_state.js"
import { wallQuery } from "./wall_questions.js"

/** After so long a wall has moved on, and is asked again before one goes along it. */
const FRESH_MS = 15_000
const TIMEOUT_MS = 8000

const keep = (way) => remember("way", way, "sessionStorage")

/** The rows of a page of the list, and the pages beside it. */
async function listed(way) {
  const query = new URLSearchParams(way.search)
  query.set("part", "rows")
  const answer = await fetch(`${way.path}?${query}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (isSentElsewhere(answer, way.path) || !answer.ok) throw new Error("The list does not answer.")
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const beyond = (rel) => page.querySelector(`a[rel=${rel}]`)?.getAttribute("href") ?? null
  const wafers = [...page.querySelectorAll("tr[data-wafer]")].map((row) => ({ id: row.dataset.wafer, url: row.querySelector(".table__link").getAttribute("href"), isMeant: true }))
  return { wafers, newer: beyond("prev"), older: beyond("next") }
}

async function onWall(way) {
  const filters = Object.fromEntries(new URLSearchParams(way.search))
  const { cards } = await getJson(`wall/?${wallQuery(filters)}`)
  return { wafers: ofWall(cards, filters) }
}

export class WaferSteps {
  #found = null
  #askedAt = -Infinity

  constructor(nav, waferId) {
    Object.assign(this, { nav, waferId })
    const { wall, list } = nav.dataset
    this.way = wayFrom({ referrer: document.referrer, known: recall("way", "sessionStorage"), wall, list, origin: location.origin })
    keep(this.way)
    this.isList = this.way.path === list
    this.words = waysWords(this.way, list)
    for (const [step, by] of [["previous", -1], ["next", 1]]) {
      const button = nav.querySelector(`[data-step=${step}]`)
      const label = `${by > 0 ? "Next" : "Previous"} wafer ${this.words.whose}`
      Object.assign(button, { title: label, ariaLabel: label })
      button.addEventListener("click", () => this.#go(by))
      bind({ keys: [by > 0 ? "n" : "p"], label, group: "Wafers", run: () => this.#go(by) })
    }
    setAttribute(nav.querySelector("a"), "href", this.way.path + this.way.search)
  }

  /** Asks for what is beside. Where nobody answers, the way is asked for again with the next step. */
  async ask() {
    const [found] = await outcome(this.isList ? listed(this.way) : onWall(this.way))
    if (!found) return false
    this.#found = found
    this.#askedAt = performance.now()
    this.#draw()
    return true
  }

  #beside() {
    return this.isList ? beside(this.#found.wafers, this.waferId) : around(this.#found.wafers, this.waferId)
  }

  #draw() {
    const { place, count } = this.#beside()
    setText(this.nav.querySelector("b"), place ? `${place} of ${count}` : String(count))
    setText(this.nav.querySelector("small"), this.#found.newer || this.#found.older ? "on this page of the list" : this.words.which)
  }

  async #go(by) {
    const isFresh = performance.now() - this.#askedAt < FRESH_MS
    if (!isFresh && !(await this.ask()) && !this.#found) return toast("The way to other wafers is not known: the server does not answer.", { level: "warn" })
    const { previous, next } = this.#beside()
    const wafer = (by > 0 ? next : previous) ?? (await this.#beyond(by))
    if (!wafer) return toast(this.isList ? `The list ${by > 0 ? "ends" : "begins"} here.` : `No other wafer ${this.words.whose}.`)
    keep(this.way)
    location.assign(this.isList ? wafer.url : `${wafer.url}?look=gravest`)
    return undefined
  }

  /** The list goes on with its next page. */
  async #beyond(by) {
    const search = by > 0 ? this.#found.older : this.#found.newer
    if (!search) return null
    const way = { ...this.way, search }
    const [found] = await outcome(listed(way))
    if (found?.wafers.length) this.way = way
    return (by > 0 ? found?.wafers[0] : found?.wafers.at(-1)) ?? null
  }
}
