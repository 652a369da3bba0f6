/** What was drawn last, once more on another picture. No DOM. */
import { boxOf, moved, movedTo } from "./shapes.js"

const BESIDE_PX = 4

/**
 * The place that was said last in a sitting: {shape, task, isMissed}; null where nothing was drawn.
 *
 * @param {object[]} trail of the sitting, the latest last @param {Map} tasks by id
 */
export function lastDrawn(trail, tasks) {
  for (const entry of trail.toReversed()) {
    const place = entry.kind === "missed" ? entry : entry.kind === "decide" && entry.said.verdict === "defect" ? entry.said : {}
    if (place.bbox_px) return { shape: place.shape ?? { kind: "box", bbox_px: place.bbox_px }, task: tasks.get(entry.task), isMissed: entry.kind === "missed" }
  }
  return null
}

/**
 * A copy for the task on the screen. Drawn anew it lies around the middle of what the model found there: form and size are what is
 * copied. Of something missed the place is what repeats, from image to image of a wafer: it lies where the last one lay, or, on the
 * very same image, beside it.
 *
 * @returns {{shape?: object, why?: string}} why there is none
 */
export function copied(last, { task, isMissed }) {
  if (!last?.task) return { why: "Nothing was drawn before." }
  const { image } = task
  if (!isMissed) {
    const [x, y, width, height] = task.bbox_px
    return { shape: movedTo(fitting(last.shape, image), [x + width / 2, y + height / 2], image) }
  }
  const isSamePlace = last.task.wafer?.id === task.wafer?.id && last.task.image.width_px === image.width_px && last.task.image.height_px === image.height_px
  if (!isSamePlace) return { why: "The last one was drawn on another wafer, where places do not repeat." }
  if (last.task.image.id !== image.id) return { shape: last.shape }
  return { shape: moved(last.shape, [boxOf(last.shape, image)[2] + BESIDE_PX, 0], image) }
}

/** A shape that was drawn on a larger image must not be larger than this one. */
function fitting(shape, image) {
  const [, , width, height] = boxOf(shape, image)
  return width <= image.width_px && height <= image.height_px ? shape : { kind: "box", bbox_px: [0, 0, Math.min(width, image.width_px), Math.min(height, image.height_px)] }
}
