/** Where the wall's lanes stand on the screen, and the way to what arrived where nobody sees it. */
import { setAttribute, setIcon, setText } from "../shared/dom.js"
import { arranged, cardKey, levelOf, newsText } from "./wall_state.js"
import { goTo } from "./wall_steps.js"

/** A hand is at the page as long after it moved: nothing moves under it. */
const HAND_MS = 10_000
/** Lanes stay as long after one of them moved: a wall that many tools send to stays calm. */
const CALM_MS = 20_000
const SCROLLED_PX = 8
const HANDS = ["pointermove", "pointerdown", "wheel", "touchmove", "keydown"]

export class WallPlaces {
  #places = []
  #movedAt = -CALM_MS
  #handAt = -HAND_MS
  #isFree = false
  #inSight = new Set()
  #above = new Set()
  /** Keys of cards that arrived and were not seen since. */
  #unseen = new Set()
  /** Lists of cards that something arrived in, until they show their newest. */
  #turned = new Set()
  #target = null

  /** @param {{main: Element, head: Element, board: Element, marker: Element, redraw: () => void}} page main: what scrolls; head: what lies over its upper edge */
  constructor(page) {
    this.page = page
    for (const name of HANDS) addEventListener(name, () => { this.#handAt = performance.now() }, { passive: true })
    page.main.addEventListener("scroll", () => { if (this.#unseen.size) page.redraw() }, { passive: true })
    page.marker.querySelector("button").addEventListener("click", () => this.#target && goTo(page.board, this.#target))
  }

  /** Measures the screen: to be called before a frame changes anything, while the layout of the last one stands. */
  look() {
    const { main, head, board } = this.page
    const [top, bottom] = [head.getBoundingClientRect().bottom, main.getBoundingClientRect().bottom]
    const middles = [...board.children].map((lane) => ({ tool: lane.dataset.tool, middle: middleOf(lane.querySelector(".card") ?? lane) }))
    const toolsAt = (isThere) => new Set(middles.filter(({ middle }) => isThere(middle)).map(({ tool }) => tool))
    this.#inSight = toolsAt((middle) => middle > top && middle < bottom)
    this.#above = toolsAt((middle) => middle <= top)
    this.#isFree = performance.now() - this.#handAt >= HAND_MS && main.scrollTop < SCROLLED_PX
    if (this.#isFree) this.#turnBack()
  }

  #turnBack() {
    for (const list of this.#turned) list.scrollLeft = 0
    this.#turned.clear()
  }

  /** Lanes in the order they are to be drawn in. */
  arranged(rows, isPaused) {
    const mayMove = !isPaused && this.#isFree && performance.now() - this.#movedAt >= CALM_MS
    const next = arranged(this.#places, rows, { inSight: this.#inSight, mayMove })
    if (this.#places.some(({ tool }, at) => next.places[at]?.tool !== tool)) {
      this.#movedAt = performance.now()
      this.page.redraw()
    }
    this.#places = next.places
    return next.rows
  }

  /** Another choice of wafers, or another view: lanes stand by urgency again. */
  forget() {
    this.#places = []
  }

  /** Something new was drawn in a lane; whether it is seen shows at the next look. */
  arrived(card, list) {
    this.#turned.add(list)
    this.#unseen.add(cardKey(card))
    this.page.redraw()
  }

  /** Says what arrived out of sight and was not seen since. */
  drawNews(rows) {
    const news = rows.filter(({ tool }) => !this.#inSight.has(tool))
      .flatMap(({ tool, cards }) => cards.filter((card) => this.#unseen.has(cardKey(card))).map((card) => ({ card, way: this.#above.has(tool) ? "above" : "below" })))
    this.#unseen = new Set(news.map(({ card }) => cardKey(card)))
    const first = news.find(({ card }) => levelOf(card) === "alarm") ?? news[0]
    this.#target = first ? cardKey(first.card) : null
    this.page.marker.hidden = !first
    if (first) this.#drawMarker(news.filter(({ way }) => way === first.way).map(({ card }) => card), first)
  }

  #drawMarker(cards, { card, way }) {
    const { marker } = this.page
    setAttribute(marker, "data-level", levelOf(card) === "alarm" ? "alarm" : null)
    setText(marker.querySelector("[data-text]"), newsText(cards, way))
    setIcon(marker, `arrow-${way === "above" ? "up" : "down"}`)
  }
}

function middleOf(element) {
  const { top, bottom } = element.getBoundingClientRect()
  return (top + bottom) / 2
}
