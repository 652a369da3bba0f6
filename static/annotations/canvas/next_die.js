/** What is drawn on one die, once more on the one beside it, on the same image. No DOM. */
import { boxOf, moved } from "./shapes.js"

/** From one die to the one beside it, by the key that leads there; in the order in which they are tried. */
export const SIDES = { ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowUp: [0, -1] }

/**
 * A shape on the die at a side.
 *
 * @param {number[]} pitch from one die to the next, across and down, in pixels of the image
 * @param {{width_px: number, height_px: number}} size of the image
 * @returns {?object} null where that is not all on the image
 */
export function onDieAt(shape, side, pitch, size) {
  const [x, y, width, height] = boxOf(shape, size)
  const by = SIDES[side].map((dies, axis) => dies * pitch[axis])
  const isOnImage = x + by[0] >= 0 && y + by[1] >= 0 && x + by[0] + width <= size.width_px && y + by[1] + height <= size.height_px
  return isOnImage && shape.kind !== "tag" ? moved(shape, by, size) : null
}

/** Sides at which there is room. */
export function sidesOf(shape, pitch, size) {
  return Object.keys(SIDES).filter((side) => onDieAt(shape, side, pitch, size))
}

/**
 * A copy on the next die: on the side that is asked for, else on the next one round where there is room.
 *
 * @param {?{shape: object}} last what was drawn before on this image
 * @param {{pitch: ?number[], size: object, side?: ?string, after?: ?string}} how side: that is asked for; after: the one of before
 * @returns {{shape?: object, side?: string, why?: string}} why there is none
 */
export function onNextDie(last, { pitch, size, side = null, after = null }) {
  if (!last) return { why: "Nothing was drawn on this image before." }
  if (!pitch) return { why: "How far apart dies lie is not known for this product." }
  const sides = sidesOf(last.shape, pitch, size)
  const apart = pitch.map(Math.round).join(" × ")
  if (!sides.length) return { why: `The next die is beyond this image: dies lie ${apart} px apart.` }
  const to = side ?? sides[(sides.indexOf(after) + 1) % sides.length]
  return sides.includes(to) ? { shape: onDieAt(last.shape, to, pitch, size), side: to } : { why: "The die on that side is beyond this image." }
}
