/** An outline that is being drawn: whether it can be closed as it is. No DOM. */
import { areaOf, crossing, rounded, simplified, uncrossed } from "./shapes.js"

const LEAST_AREA_PX = 1

/** An outline whose corners were set one by one. @returns {{points?: number[][], why?: string}} */
export function closed(points) {
  if (points.length < 3 || areaOf(points) < LEAST_AREA_PX) return { why: "An outline has three corners or more." }
  if (crossing(points)) return { why: "Its sides cross. Take the last corner back, or begin anew with Escape." }
  return { points }
}

/** One that was drawn in one go: its largest loop, with as few corners as show it. @param {number} withinPx how far it may be off */
export function closedDrawn(points, withinPx) {
  const { points: few } = closed(simplified(uncrossed(points), withinPx))
  return few ? { points: few.map(rounded) } : closed(points)
}
