/** What part of an image is seen for a task: the zoom stays from one to the next. Pixels of the image and of the screen. No DOM. */

/** A box is so much of the view, seen for the first time. */
const SHARE = 0.25
const LEAST_CONTEXT_PX = 96
/** Between these the zoom one has chosen shows the defect: larger it does not fit, smaller it is a speck. */
const LARGEST_SHARE = 0.85
const SMALLEST_PX = 20

/**
 * How a defect is seen first: in the middle, with what is around it.
 *
 * @param {number[]} box left, top, width, height
 * @param {number[]} view width and height of what it is seen in
 * @param {number} mostPx what there is to see: around a large defect there is nothing but the image's edge
 * @returns {{scale: number, offset: number[]}} screen pixels per image pixel; from the defect's middle to the view's, in image pixels
 */
export function firstView([, , width, height], view, mostPx = Infinity) {
  const size = Math.max(width, height)
  const side = Math.max(Math.min(size / SHARE, mostPx), size / LARGEST_SHARE, LEAST_CONTEXT_PX)
  return { scale: Math.min(...view) / side, offset: [0, 0] }
}

/** The view of a task: as it was for the one before, unless the defect would not be seen in it. */
export function viewFor(kept, box, view, mostPx) {
  if (!kept) return firstView(box, view, mostPx)
  const [, , width, height] = box
  const { scale, offset } = kept
  const isTooLarge = width * scale > view[0] * LARGEST_SHARE || height * scale > view[1] * LARGEST_SHARE
  const isSpeck = Math.max(width, height) * scale < SMALLEST_PX
  if (isTooLarge || isSpeck) return firstView(box, view, mostPx)
  const isInSight = [0, 1].every((axis) => Math.abs(offset[axis]) * scale + (box[2 + axis] * scale) / 2 <= view[axis] / 2)
  return isInSight ? kept : { scale, offset: [0, 0] }
}

export function isSameView(a, b) {
  if (!a || !b) return a === b
  const near = (p, q, slack) => Math.abs(p - q) <= slack
  return near(a.scale / b.scale, 1, 1e-3) && [0, 1].every((axis) => near(a.offset[axis] * a.scale, b.offset[axis] * b.scale, 0.5))
}
