/** What a pointer takes hold of at a shape, and the shape after it was dragged there. No DOM. */
import { between, dragged as draggedBox, grip as gripOfBox, grown as grownBox, HANDLES, handlePoint } from "../box_edit.js"
import { areaOf, cornersOf, crossing, distanceToSide, isInside, MOST_POINTS, moved, rounded } from "./shapes.js"

const LEAST_PX = 2
const CORNERS = ["nw", "ne", "se", "sw"]
const near = (points, [px, py], slackPx) => {
  const found = points.map(([x, y], at) => [Math.hypot(x - px, y - py), at]).filter(([apart]) => apart <= slackPx).sort((a, b) => a[0] - b[0])
  return found.length ? found[0][1] : null
}

/** Where the handle is that turns a turned box: above its upper side. */
export function turnHandle(shape, reachPx) {
  const [first, second] = cornersOf(shape)
  const turn = (shape.angle_deg * Math.PI) / 180
  return [(first[0] + second[0]) / 2 + Math.sin(turn) * reachPx * 2, (first[1] + second[1]) / 2 - Math.cos(turn) * reachPx * 2]
}

/** The handles of a shape as places. @param {number} reachPx how near to one is near enough, in pixels of the image */
export function handlesOf(shape, reachPx) {
  switch (shape?.kind) {
    case "box": return Object.keys(HANDLES).map((name) => handlePoint(shape.bbox_px, name))
    case "rotated": return [...cornersOf(shape), turnHandle(shape, reachPx)]
    case "polygon": return shape.points_px
    case "point": return [shape.at_px]
    default: return []
  }
}

/**
 * What of a shape lies under a point: a handle's name, "move" inside it, else "new".
 *
 * @returns {string} of an outline "corner 3", or "side 3" where a new corner is to be
 */
export function gripOf(shape, point, slackPx) {
  switch (shape?.kind) {
    case "box": return gripOfBox(shape.bbox_px, point, slackPx)
    case "rotated": {
      const [tx, ty] = turnHandle(shape, slackPx)
      if (Math.hypot(tx - point[0], ty - point[1]) <= slackPx) return "turn"
      const corner = near(cornersOf(shape), point, inSmall(shape.size_px, slackPx))
      return corner === null ? isInside(cornersOf(shape), point) ? "move" : "new" : CORNERS[corner]
    }
    case "polygon": {
      const points = shape.points_px
      const corner = near(points, point, slackPx)
      if (corner !== null) return `corner ${corner}`
      const at = points.findIndex((one, index) => distanceToSide(point, one, points[(index + 1) % points.length]) <= slackPx / 2)
      if (at >= 0 && points.length < MOST_POINTS) return `side ${at}`
      return isInside(points, point) ? "move" : "new"
    }
    case "point": return near([shape.at_px], point, slackPx) === null ? "new" : "move"
    default: return "new"
  }
}

/** In a small box the handles would leave nothing to move it by. */
function inSmall([width, height], slackPx) {
  return Math.min(slackPx, Math.max(1, Math.min(width, height) / 3))
}

/** The shape after its grip was dragged from one point to another; as it was where it could not be so. */
export function dragged(shape, hold, from, to, size) {
  if (hold === "move" && shape.kind !== "box") return moved(shape, [to[0] - from[0], to[1] - from[1]], size)
  switch (shape.kind) {
    case "box": return { kind: "box", bbox_px: draggedBox(shape.bbox_px, hold, from, to, size) }
    case "rotated": return hold === "turn" ? turned(shape, to) : stretched(shape, hold, to, size)
    case "polygon": return bent(shape, hold, to, size)
    default: return shape
  }
}

/** A new shape between the two ends of a drag. */
export function spanned(kind, from, to, size) {
  const box = between(from, to, size)
  return kind === "rotated" ? turnable({ bbox_px: box }) : { kind: "box", bbox_px: box }
}

/** The same box, to be turned. */
export function turnable({ bbox_px: [x, y, width, height] }) {
  return { kind: "rotated", center_px: [x + width / 2, y + height / 2], size_px: [width, height], angle_deg: 0 }
}

/** A side or a box that grows by a pixel. What has no size stays. */
export function grown(shape, [wider, higher], size) {
  if (shape.kind === "box") return { kind: "box", bbox_px: grownBox(shape.bbox_px, [wider, higher], size) }
  if (shape.kind === "rotated") return { ...shape, size_px: [Math.max(LEAST_PX, shape.size_px[0] + wider), Math.max(LEAST_PX, shape.size_px[1] + higher)] }
  return shape
}

/** Turned so that its upper side points there; near the quarters it stays upright. */
function turned(shape, [x, y]) {
  const [cx, cy] = shape.center_px
  const angle = (Math.atan2(x - cx, cy - y) * 180) / Math.PI
  const quarter = Math.round(angle / 90) * 90
  return { ...shape, angle_deg: Math.round((Math.abs(angle - quarter) < 2 ? quarter : angle) * 10) / 10 }
}

export function turnedBy(shape, degrees) {
  if (shape.kind !== "rotated") return shape
  const angle = shape.angle_deg + degrees
  return { ...shape, angle_deg: Math.round((angle > 180 ? angle - 360 : angle <= -180 ? angle + 360 : angle) * 10) / 10 }
}

/** A corner goes there, and the one across stays. */
function stretched(shape, hold, to, { width_px: widthPx, height_px: heightPx }) {
  const [ax, ay] = cornersOf(shape)[(CORNERS.indexOf(hold) + 2) % 4]
  const turn = (shape.angle_deg * Math.PI) / 180
  const [dx, dy] = [to[0] - ax, to[1] - ay]
  const along = dx * Math.cos(turn) + dy * Math.sin(turn)
  const down = dy * Math.cos(turn) - dx * Math.sin(turn)
  const [width, height] = [Math.max(LEAST_PX, Math.abs(along)), Math.max(LEAST_PX, Math.abs(down))]
  const [right, below] = [(Math.sign(along) || 1) * width, (Math.sign(down) || 1) * height]
  const center = [ax + (right * Math.cos(turn) - below * Math.sin(turn)) / 2, ay + (right * Math.sin(turn) + below * Math.cos(turn)) / 2]
  if (center[0] < 0 || center[1] < 0 || center[0] > widthPx || center[1] > heightPx) return shape
  return { ...shape, center_px: rounded(center), size_px: rounded([width, height]) }
}

function bent(shape, hold, [x, y], { width_px: widthPx, height_px: heightPx }) {
  const [what, number] = hold.split(" ")
  const place = rounded([Math.max(0, Math.min(widthPx, x)), Math.max(0, Math.min(heightPx, y))])
  const at = Number(number)
  const points = what === "corner" ? shape.points_px.with(at, place) : shape.points_px.toSpliced(at + 1, 0, place)
  return crossing(points) || areaOf(points) < 1 ? shape : { ...shape, points_px: points }
}

/** The outline without one of its corners; as it is where three are left. */
export function withoutCorner(shape, at) {
  const points = shape.points_px.toSpliced(at, 1)
  return points.length < 3 || crossing(points) || areaOf(points) < 1 ? shape : { ...shape, points_px: points }
}
