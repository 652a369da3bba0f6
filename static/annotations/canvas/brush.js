/** A brush: how wide it is, whether it takes away, and the stroke on its way. No DOM. */
import { bitmapOf, emptyBitmap, isSendable, maskOf, stroked } from "./mask.js"

const RADII = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]

export class Brush {
  #at = 5
  #last = null
  erases = false
  /** What is painted right now, before the stroke is ended; null between strokes. */
  bitmap = null

  get radiusPx() { return RADII[this.#at] }

  resize(steps) { this.#at = Math.max(0, Math.min(RADII.length - 1, this.#at + steps)) }

  /** @param {?object} shape what is painted so far @param {object} size of the image */
  begin(shape, point, size) {
    this.bitmap = shape?.kind === "mask" ? bitmapOf(shape) : emptyBitmap()
    this.#last = point
    this.go(point, size)
  }

  go(point, size) {
    this.bitmap = stroked(this.bitmap, this.#last, point, this.radiusPx, { erases: this.erases, size })
    this.#last = point
  }

  /** @returns {{mask: ?object, isTooMuch: boolean}} what is painted, null of nothing; isTooMuch: the server would not take it */
  end() {
    const mask = maskOf(this.bitmap)
    this.bitmap = null
    return { mask, isTooMuch: Boolean(mask) && !isSendable(mask) }
  }

  cancel() { this.bitmap = null }
}
