/** Shapes as the server has them: {kind, …} in pixels of the image. Where they lie, what is under a point, and how they move. No DOM. */

export const KINDS = ["box", "rotated", "polygon", "mask", "point", "tag"]
export const MOST_POINTS = 1000
const MOST_LOOPS = 20
const radians = (degrees) => (degrees * Math.PI) / 180
const clamp = (value, low, high) => Math.max(low, Math.min(high, value))
const thousandth = (value) => Math.round(value * 1000) / 1000
export const rounded = ([x, y]) => [thousandth(x), thousandth(y)]

/** The corners of a turned box: top left, top right, bottom right, bottom left before it is turned. */
export function cornersOf({ center_px: [x, y], size_px: [width, height], angle_deg: angle }) {
  const [cos, sin] = [Math.cos(radians(angle)), Math.sin(radians(angle))]
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([right, down]) => {
    const [dx, dy] = [(right * width) / 2, (down * height) / 2]
    return [x + dx * cos - dy * sin, y + dx * sin + dy * cos]
  })
}

export function around(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top]
}

/** The corners of what has straight sides; null of what has none. */
export function outlineOf(shape) {
  switch (shape.kind) {
    case "box": {
      const [x, y, width, height] = shape.bbox_px
      return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    }
    case "rotated": return cornersOf(shape)
    case "polygon": return shape.points_px
    default: return null
  }
}

/** The box around a shape within its image, as the server derives it. */
export function boxOf(shape, { width_px: widthPx, height_px: heightPx }) {
  if (shape.kind === "tag") return [0, 0, widthPx, heightPx]
  if (shape.kind === "point") return [clamp(Math.floor(shape.at_px[0]), 0, widthPx - 1), clamp(Math.floor(shape.at_px[1]), 0, heightPx - 1), 1, 1]
  if (shape.bbox_px) return shape.bbox_px
  const [x, y, width, height] = around(outlineOf(shape))
  const [left, top] = [Math.max(0, x), Math.max(0, y)]
  return [left, top, Math.min(widthPx, x + width) - left, Math.min(heightPx, y + height) - top].map(thousandth)
}

/** Even-odd: whether a point is inside an outline. */
export function isInside(points, [px, py]) {
  let isIn = false
  for (let at = 0, before = points.length - 1; at < points.length; before = at, at += 1) {
    const [[ax, ay], [bx, by]] = [points[at], points[before]]
    if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) isIn = !isIn
  }
  return isIn
}

export function distanceToSide([px, py], [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2
  const share = length ? clamp(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length, 0, 1) : 0
  return Math.hypot(px - ax - share * (bx - ax), py - ay - share * (by - ay))
}

/** Whether a point is on a shape, or as near to it as `slackPx`. A tag is everywhere, and in nobody's way. */
export function isOn(shape, point, slackPx = 0) {
  if (shape.kind === "tag") return false
  if (shape.kind === "point") return Math.hypot(shape.at_px[0] - point[0], shape.at_px[1] - point[1]) <= Math.max(slackPx, 1)
  const outline = outlineOf(shape)
  if (!outline) {
    const [x, y, width, height] = shape.bbox_px
    return point[0] >= x - slackPx && point[0] <= x + width + slackPx && point[1] >= y - slackPx && point[1] <= y + height + slackPx
  }
  if (isInside(outline, point)) return true
  return outline.some((corner, at) => distanceToSide(point, corner, outline[(at + 1) % outline.length]) <= slackPx)
}

/** The shape moved by whole or part pixels, as far as its image goes. A tag stays. */
export function moved(shape, [dx, dy], size) {
  const { width_px: widthPx, height_px: heightPx } = size
  if (shape.kind === "tag") return shape
  if (shape.kind === "rotated") return { ...shape, center_px: rounded([clamp(shape.center_px[0] + dx, 0, widthPx), clamp(shape.center_px[1] + dy, 0, heightPx)]) }
  const [x, y, width, height] = shape.kind === "point" ? [...shape.at_px, 0, 0] : shape.bbox_px ?? around(shape.points_px)
  const whole = shape.bbox_px ? Math.round : (value) => value
  const [right, down] = [whole(clamp(dx, -x, widthPx - width - x)), whole(clamp(dy, -y, heightPx - height - y))]
  if (shape.kind === "point") return { ...shape, at_px: rounded([x + right, y + down]) }
  if (shape.kind === "polygon") return { ...shape, points_px: shape.points_px.map(([px, py]) => rounded([px + right, py + down])) }
  return { ...shape, bbox_px: [x + right, y + down, width, height] }
}

/** The shape with its middle at a place, as far as its image goes. */
export function movedTo(shape, [cx, cy], size) {
  const [x, y, width, height] = boxOf(shape, size)
  return moved(shape, [Math.round(cx - x - width / 2), Math.round(cy - y - height / 2)], size)
}

// Outlines ------------------------------------------------------------------------------------------------------------

const side = ([ax, ay], [bx, by], [px, py]) => Math.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax))

/** The first two sides that cross, by the corners they begin at; null where none do. That they touch is no crossing. */
export function crossing(points) {
  const count = points.length
  for (let one = 0; one < count; one += 1) {
    const [a, b] = [points[one], points[(one + 1) % count]]
    for (let other = one + 2; other < count; other += 1) {
      const [c, d] = [points[other], points[(other + 1) % count]]
      if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return [one, other]
    }
  }
  return null
}

export function areaOf(points) {
  return Math.abs(points.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = points[(at + 1) % points.length]
    return sum + x * nextY - y * nextX
  }, 0)) / 2
}

/** Of an outline drawn in one go the largest loop: where it ends is rarely where it began. */
export function uncrossed(points) {
  let left = points
  // Bounded: where two sides meet is known as exactly as numbers are.
  for (let turn = 0; turn < MOST_LOOPS; turn += 1) {
    const found = crossing(left)
    if (!found) break
    const [one, other] = found
    const there = meeting(left[one], left[one + 1], left[other], left[(other + 1) % left.length])
    const [inner, outer] = [[there, ...left.slice(one + 1, other + 1)], [...left.slice(0, one + 1), there, ...left.slice(other + 1)]]
    left = areaOf(inner) >= areaOf(outer) ? inner : outer
  }
  return left
}

function meeting([ax, ay], [bx, by], [cx, cy], [dx, dy]) {
  const share = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / ((bx - ax) * (dy - cy) - (by - ay) * (dx - cx))
  return [ax + share * (bx - ax), ay + share * (by - ay)]
}

/** An outline with fewer points, none of the others farther from it (Douglas and Peucker). */
export function simplified(points, withinPx) {
  if (points.length < 4) return points
  const far = points.reduce((best, point, at) => (Math.hypot(point[0] - points[0][0], point[1] - points[0][1]) > Math.hypot(points[best][0] - points[0][0], points[best][1] - points[0][1]) ? at : best), 0)
  const kept = [...keptOf(points.slice(0, far + 1), withinPx).slice(0, -1), ...keptOf([...points.slice(far), points[0]], withinPx).slice(0, -1)]
  return kept.length < 3 ? points : kept
}

function keptOf(line, withinPx) {
  const [first, last] = [line[0], line.at(-1)]
  let [far, apart] = [0, withinPx]
  for (let at = 1; at < line.length - 1; at += 1) {
    const distance = distanceToSide(line[at], first, last)
    if (distance > apart) [far, apart] = [at, distance]
  }
  return far ? [...keptOf(line.slice(0, far + 1), withinPx).slice(0, -1), ...keptOf(line.slice(far), withinPx)] : [first, last]
}
