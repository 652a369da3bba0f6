/** One box cut in two, and several boxes taken for one. Boxes are [x, y, width, height] in pixels of the image. No DOM. */

const LEAST_PX = 2
/** So many others have a key of their own. */
const MOST_OTHERS = 9
/** A short word beside a box, or in it, wants so much. */
const LABEL_ROOM_PX = 44

/** A cut across the longer side, in the middle. @returns {{axis: 0|1, at: number}} axis 0: left and right; at: pixels from its beginning */
export function firstCut([, , width, height]) {
  return width >= height ? { axis: 0, at: width / 2 } : { axis: 1, at: height / 2 }
}

/** The cut moved by so many pixels; both parts stay wide enough to be seen. */
export function movedCut(box, { axis, at }, by) {
  return { axis, at: Math.max(LEAST_PX, Math.min(box[2 + axis] - LEAST_PX, at + by)) }
}

/** The cut the other way. */
export function turnedCut(box, { axis }) {
  return { axis: 1 - axis, at: box[3 - axis] / 2 }
}

/** The two parts that a cut makes. */
export function partsOf([x, y, width, height], { axis, at }) {
  return axis === 0 ? [[x, y, at, height], [x + at, y, width - at, height]] : [[x, y, width, at], [x, y + at, width, height - at]]
}

/** The box round all of them. */
export function around(boxes) {
  const [x, y] = [0, 1].map((axis) => Math.min(...boxes.map((box) => box[axis])))
  const [right, bottom] = [0, 1].map((axis) => Math.max(...boxes.map((box) => box[axis] + box[2 + axis])))
  return [x, y, right - x, bottom - y]
}

/** Where a word about a box is written: in its corner, or where it would hide the box, beside it. Pixels of a picture so wide. @returns {[number, number]} left end and foot of the word */
export function labelPlace([x, y, width, height], pictureWidth) {
  if (width >= LABEL_ROOM_PX && height >= LABEL_ROOM_PX) return [x + 6, y + 22]
  const isRoom = x + width + LABEL_ROOM_PX <= pictureWidth
  return [isRoom ? x + width + 6 : Math.max(0, x - LABEL_ROOM_PX), y + height / 2 + 7]
}

/** Others on the image that may be of the same defect, the nearest first. */
export function nearest(box, others, most = MOST_OTHERS) {
  const gap = (other) => Math.hypot(...[0, 1].map((axis) => Math.max(0, other[axis] - box[axis] - box[2 + axis], box[axis] - other[axis] - other[2 + axis])))
  return others.map((other) => ({ other, gap: gap(other.bbox_px) })).sort((a, b) => a.gap - b.gap).slice(0, most).map(({ other }) => other)
}
