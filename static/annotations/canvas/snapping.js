/** Places that a pointer is drawn to: the image's edges, the edges of other boxes, whole pixels. No DOM. */

/** The nearest of some values, where it is near enough. */
function nearest(value, candidates, slackPx) {
  let [best, apart] = [null, slackPx]
  for (const one of candidates) {
    const distance = Math.abs(one - value)
    if (distance <= apart) [best, apart] = [one, distance]
  }
  return best
}

/**
 * Lines to snap to. Only what is near a place counts: an edge at the other end of the image draws nobody.
 *
 * @param {number[][]} boxes of other shapes
 */
export function guidesOf(boxes, { width_px: widthPx, height_px: heightPx }) {
  return { xs: [0, widthPx, ...boxes.flatMap(([x, , width]) => [x, x + width])], ys: [0, heightPx, ...boxes.flatMap(([, y, , height]) => [y, y + height])] }
}

/**
 * The place a point snaps to, and the lines it has snapped to.
 *
 * @returns {{point: number[], lines: {x: ?number, y: ?number}}}
 */
export function snapped([x, y], { xs, ys }, slackPx) {
  const [toX, toY] = [nearest(x, xs, slackPx), nearest(y, ys, slackPx)]
  return { point: [toX ?? x, toY ?? y], lines: { x: toX, y: toY } }
}
