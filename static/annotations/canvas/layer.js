/**
 * Thousands of shapes over a picture, at the speed of panning. Few are drawn afresh each time. Many are painted once onto a sheet,
 * a few ms of every frame, while the sheet of before is shown, moved and scaled, until the new one has all that is in sight.
 */
import { paintMany } from "./paint_many.js"
import { boxOf } from "./shapes.js"
import { Sheet } from "./sheet.js"
import { SpatialIndex } from "./spatial_index.js"

/** Up to so many in sight are drawn afresh with every frame. */
const FEW = 200
/** A scaled sheet is good enough while the picture zooms. */
const MOST_SCALED = 1.6
const REST_MS = 90
/** Of a frame of 16 ms: the rest is the picture's, and the page's. */
const BUDGET_MS = 5
const AT_ONCE = 64

export class ShapeLayer {
  #index = new SpatialIndex([])
  #sheet = null
  /** What comes in its place once it shows all that is in sight. */
  #next = null
  #isResting = false
  #lastScale = null
  #timer = null
  #frame = 0

  /** @param {() => void} redraw asks for another frame */
  constructor(redraw) {
    this.redraw = redraw
    /** What the last frame did, for whoever measures. */
    this.drawn = { isWhole: true, count: 0 }
  }

  /**
   * @param {{shape: object, colour: string, width?: number, dash?: number[]}[]} items
   * @param {object} size of the image
   * @param {string} rim colour of the rim around lines
   */
  setShapes(items, size, rim) {
    const isOther = size !== this.size
    Object.assign(this, { items, size, rim })
    this.#index = new SpatialIndex(items.map((item, at) => ({ ...item, at, box: boxOf(item.shape, size) })))
    // On the same image those of before are shown while these are painted.
    if (isOther) this.#sheet = null
    else if (this.#sheet) this.#sheet.isPast = true
    this.#next = null
  }

  /** Items under a point, the smallest first. */
  at([x, y], slackPx) {
    return this.#index.within([x - slackPx, y - slackPx, 2 * slackPx, 2 * slackPx]).sort((a, b) => a.box[2] * a.box[3] - b.box[2] * b.box[3])
  }

  /** @param {{x: number, y: number, scale: number}} place of the picture on the screen @param {number[]} view width and height */
  draw(context, place, view) {
    if (place.scale !== this.#lastScale) this.#isResting = false
    this.#lastScale = place.scale
    const isToRenew = this.#isToRenew(place, view)
    if (isToRenew && this.#isFew(place, view)) return this.#paintFresh(context, place, view)
    if (isToRenew && !this.#isNear(this.#next, place)) this.#next = this.#sheetAt(place.scale)
    const isDone = this.#paintSome(place, view)
    this.#sheet.lay(context, place, view)
    this.drawn = { isWhole: isDone, count: this.items.length }
    if (!isDone) this.#again()
    if (this.#sheet.scale !== place.scale) this.#restSoon()
    return undefined
  }

  /** Whether the sheet will not do any longer: it is of other shapes, or too coarse, or the picture rests at another scale. */
  #isToRenew(place, view) {
    const sheet = this.#sheet
    if (!sheet || sheet.isPast || sheet.ratio !== ratioNow()) return true
    if (sheet.scale === place.scale) return false
    return this.#isResting || !this.#isNear(sheet, place) || !sheet.shows(place, view)
  }

  #isNear(sheet, { scale }) {
    if (!sheet) return false
    const by = scale / sheet.scale
    return by === 1 || (!this.#isResting && by <= MOST_SCALED && by >= 1 / MOST_SCALED)
  }

  #isFew({ x, y, scale }, [width, height]) {
    this.seen = this.#index.within([-x / scale, -y / scale, width / scale, height / scale])
    return this.seen.length <= FEW
  }

  #paintFresh(context, place) {
    this.#sheet = this.#next = null
    for (const _ of paintMany(context, this.seen, place, this)) { /* All at once. */ }
    this.drawn = { isWhole: true, count: this.seen.length }
  }

  #sheetAt(scale) {
    const ratio = ratioNow()
    const { size, rim } = this
    const index = this.#index
    const paint = (context, box, place) => paintMany(context, index.within(box).sort((a, b) => a.at - b.at), place, { size, rim }, AT_ONCE)
    const sheet = new Sheet(scale, { paint, ratio, canvasOf: (sidePx) => new OffscreenCanvas(sidePx, sidePx), flush })
    this.#sheet ??= sheet
    return sheet
  }

  /** As much as a frame has time for. @returns {boolean} whether all is painted */
  #paintSome(place, view) {
    const until = performance.now() + BUDGET_MS
    const isOver = () => performance.now() > until
    const sheet = this.#next ?? this.#sheet
    const isDone = sheet.paint(place, view, isOver)
    if (this.#next?.shows(place, view)) {
      this.#sheet = this.#next
      this.#next = null
    }
    return isDone
  }

  #again() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.redraw()
    })
  }

  #restSoon() {
    clearTimeout(this.#timer)
    if (this.#isResting) return
    this.#timer = setTimeout(() => {
      this.#isResting = true
      this.redraw()
    }, REST_MS)
  }
}

const ratioNow = () => globalThis.devicePixelRatio || 1

let small = null
/** Painting is put off until somebody wants to see it: a look at one pixel has it done now. */
function flush(canvas) {
  small ??= new OffscreenCanvas(1, 1).getContext("2d")
  small.drawImage(canvas, 0, 0, 1, 1)
}
