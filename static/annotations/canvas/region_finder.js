/** A scribble becomes a region: the server finds it, and it is a shape like any that was drawn. */
import { outcome, postJson } from "../../shared/http.js"
import { rounded, simplified } from "./shapes.js"

const USUAL = 3
/** How like the scribble a pixel has to be, in grey levels: tight to wide. */
export const TOLERANCES = [4, 8, 12, 18, 26, 36, 48, 64, 88, 120]
const MOST_POINTS = 200

export class RegionFinder {
  #asked = null
  #at = USUAL
  #number = 0

  /** @param {Drawing} drawing @param {{image: () => ?object, onHint: (text: string, how?: object) => void, onChange: () => void, send?: Function}} page */
  constructor(drawing, page) {
    Object.assign(this, { drawing, page, send: page.send ?? ((id, body) => outcome(postJson(`review/images/${id}/region/`, body))) })
    this.isBusy = false
  }

  /** @param {number[][]} points of a scribble; one alone is a tap, and finds what is as bright as the place */
  find(points) {
    const image = this.page.image()
    const few = simplified(points, 1).slice(0, MOST_POINTS).map(rounded)
    this.#asked = { image: image.id, body: { scribble_px: few, how: points.length > 2 ? "scribble" : "tap" } }
    this.#at = USUAL
    return this.#ask()
  }

  /** Wider or tighter than what was found last. @returns {boolean} whether there is anything to tune */
  tune(steps) {
    const isThere = this.drawing.tool === "smart" && this.#asked !== null && this.#asked.image === this.page.image()?.id
    if (!isThere || !steps) return isThere
    this.#at = Math.max(0, Math.min(TOLERANCES.length - 1, this.#at + steps))
    this.#ask()
    return true
  }

  /** Of several questions only the last one's answer counts. */
  async #ask() {
    const number = (this.#number += 1)
    const { image, body } = this.#asked
    const { mode } = this.drawing
    this.isBusy = true
    this.page.onChange()
    const [found, problem] = await this.send(image, { ...body, tolerance: TOLERANCES[this.#at] })
    if (number !== this.#number) return
    this.isBusy = false
    const isStill = this.drawing.mode === mode && this.drawing.tool === "smart" && this.page.image()?.id === image
    if (found && isStill) this.drawing.put(found.shape, "found")
    else if (problem && isStill) this.page.onHint(wordsOf(problem), { level: "warn" })
    this.page.onChange()
  }
}

/** What to do where nothing is found: every other tool works without the server. */
function wordsOf({ status, message }) {
  if (status === 0) return "Finding a region needs the line, and it is away. Draw the outline, or paint it; both are kept."
  return message
}
