/** A box that is drawn by a pointer or by keys: handles, moving, growing by a pixel. Boxes are [x, y, width, height] in pixels of the image. No DOM. */

const LEAST_PX = 2
/** Where each of the eight handles sits: 0 left or top, 0.5 between, 1 right or bottom. */
export const HANDLES = { nw: [0, 0], n: [0.5, 0], ne: [1, 0], e: [1, 0.5], se: [1, 1], s: [0.5, 1], sw: [0, 1], w: [0, 0.5] }

export function handlePoint([x, y, width, height], name) {
  const [right, down] = HANDLES[name]
  return [x + width * right, y + height * down]
}

/**
 * What of a box lies under a point: a handle's name, "move" inside it, else "new".
 *
 * @param {number} slackPx how near to a handle is near enough
 */
export function grip(box, [px, py], slackPx) {
  if (!box) return "new"
  const distances = Object.keys(HANDLES).map((name) => {
    const [hx, hy] = handlePoint(box, name)
    return [Math.hypot(hx - px, hy - py), name]
  }).sort((a, b) => a[0] - b[0])
  const [x, y, width, height] = box
  const isInside = px >= x && px <= x + width && py >= y && py <= y + height
  // In a small box the handles would leave nothing to move it by.
  const near = isInside ? Math.min(slackPx, Math.min(width, height) / 3) : slackPx
  if (distances[0][0] <= near) return distances[0][1]
  return isInside ? "move" : "new"
}

/** The box after its grip was dragged from one point to another. */
export function dragged(box, name, from, to, size) {
  if (name === "new") return between(from, to, size)
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const [x, y, width, height] = box
  if (name === "move") return within([x + dx, y + dy, width, height], size)
  const [right, down] = HANDLES[name]
  const edges = [x + (right === 0 ? dx : 0), y + (down === 0 ? dy : 0), x + width + (right === 1 ? dx : 0), y + height + (down === 1 ? dy : 0)]
  return between([edges[0], edges[1]], [edges[2], edges[3]], size)
}

/** The box with these two corners, whichever way they were drawn, on whole pixels inside the image. */
export function between(a, b, { width_px: widthPx, height_px: heightPx }) {
  const span = (from, to, most) => {
    const low = clamp(Math.round(Math.min(from, to)), 0, most - LEAST_PX)
    const high = clamp(Math.round(Math.max(from, to)), low + LEAST_PX, most)
    return [low, high - low]
  }
  const [x, width] = span(a[0], b[0], widthPx)
  const [y, height] = span(a[1], b[1], heightPx)
  return [x, y, width, height]
}

/** The box moved as little as brings it into the image, on whole pixels. */
export function within([x, y, width, height], { width_px: widthPx, height_px: heightPx }) {
  const [w, h] = [clamp(Math.round(width), LEAST_PX, widthPx), clamp(Math.round(height), LEAST_PX, heightPx)]
  return [clamp(Math.round(x), 0, widthPx - w), clamp(Math.round(y), 0, heightPx - h), w, h]
}

export function moved([x, y, width, height], [right, down], size) {
  return within([x + right, y + down, width, height], size)
}

export function grown([x, y, width, height], [wider, higher], size) {
  return within([x, y, width + wider, height + higher], size)
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value))
}
