/** What the live wall asks the server: for the present after every gap, until there is an answer; and how wafers stand. */
import { getJson, outcome } from "../shared/http.js"
import { turns } from "../shared/turns.js"

const AGAIN_MS = 5000
const SETTLE_MS = 1500
const MOST_ASKED = 5

export class WallQuestions {
  #turns = turns()
  #again = null
  #settling = null
  #uncertain = new Set()

  /** @param {{filters: () => object, onPresent: (cards: object[]) => void, onStanding: (cards: object[]) => void, onTrouble: (problem: Problem) => void}} page */
  constructor(page) {
    this.page = page
  }

  /** Asks for the present. A gap that is not filled stays one until the next, so that a failure is followed by another try. */
  async present() {
    clearTimeout(this.#again)
    const filters = this.page.filters()
    const turn = this.#turns.take()
    const [answer, problem] = await outcome(getJson(`wall/?limit=200&${wallQuery(filters)}`))
    if (!this.#turns.counts(turn) || filters !== this.page.filters()) return undefined
    if (answer) return this.page.onPresent(answer.cards)
    clearTimeout(this.#again)
    this.#again = setTimeout(() => this.present(), AGAIN_MS)
    return this.page.onTrouble(problem)
  }

  /** Asks after a while how wafers stand whose runs may have ended at once; many of them are asked for together. */
  settle(card) {
    this.#uncertain.add(card.wafer.id)
    this.#settling ??= setTimeout(() => this.#standings(), SETTLE_MS * (1 + Math.random()))
  }

  async #standings() {
    const ids = [...this.#uncertain]
    this.#settling = null
    this.#uncertain.clear()
    if (ids.length > MOST_ASKED) return this.present()
    for (const id of ids) {
      const answer = await getJson(`wall/?wafer=${id}`).catch(() => null)
      if (!answer) return this.present()
      this.page.onStanding(answer.cards)
    }
    return undefined
  }
}

/** What the server narrows; a band says how wafers stand, which events change, so that it is left to the page. */
export function wallQuery({ tool, product }) {
  return new URLSearchParams(Object.entries({ tool, product }).filter(([, value]) => value))
}
