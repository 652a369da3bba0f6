/** Pieces of the defect book: asked for once, kept, brought up to date when somebody changes it; and its crops. */
import { lazyCrops, picture } from "../inspection/crops.js"
import { h, setAttribute } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { soon } from "../shared/soon.js"
import { classNamed } from "../shared/signs.js"
import { byClass, truthWords } from "./book_state.js"

const SETTLE_MS = 600

/** Keeps the book of the site at hand. Emits `change`. */
export class Book extends EventTarget {
  pages = null
  #soon = soon(() => this.ask(), SETTLE_MS)

  constructor() {
    super()
    document.addEventListener("live:book.changed", () => this.#soon())
  }

  /** @returns {Promise<?Problem>} why it could not be had */
  async ask() {
    const [answer, problem] = await outcome(getJson("review/book/"))
    if (answer) this.pages = byClass(answer.pages)
    this.dispatchEvent(new Event("change"))
    return problem
  }

  /** Has the pictures of the items here before anybody points at a key: one after another, behind what is being reviewed. */
  async warm() {
    const images = [...this.pages?.values() ?? []].flatMap(({ examples }) => examples.map(({ image }) => image))
    for (const image of images) await picture(image)
  }
}

/** @param {HTMLElement} root that scrolls @returns {(item, px) => HTMLElement} makes the crop of an item */
export function cropMaker(root) {
  const crops = lazyCrops(root)
  return (item, px) => {
    const canvas = h("canvas", { width: px, height: px, "aria-hidden": "true" })
    Object.assign(canvas, { detection: item, image: item.image })
    crops.observe(canvas)
    return canvas
  }
}

/** An item in a figure: its crop, what it is in truth, and why it is there. */
export function itemFigure(item, classCode, crop) {
  const truth = truthWords(item, classCode, (code) => classNamed(code).name)
  const figure = h("figure", { class: "item", "data-id": item.id }, crop, (truth || item.why) && h("figcaption", {}, truth && h("b", {}, truth), truth && item.why ? ": " : "", item.why))
  setAttribute(figure, "data-kind", item.kind)
  return figure
}
