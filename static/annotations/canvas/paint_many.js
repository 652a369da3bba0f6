/** Many shapes onto one canvas, some at a time: whoever paints may stop in between, and go on with the next frame. */
import { addLines, paintShape } from "./paint.js"

/** What is smaller on the screen is a dot. */
const SPECK_PX = 4
/** A path all over the screen takes a painter far longer than its parts. */
const IN_A_PATH = 16

/**
 * @param {{shape: object, box: number[], colour: string, width?: number, dash?: number[]}[]} items
 * @param {{size: object, rim: string}} how size of the image; rim: colour of the rim around lines
 * @param {number} atOnce so many between two rests
 */
export function* paintMany(context, items, place, { size, rim }, atOnce = Infinity) {
  const looks = Map.groupBy(items, ({ colour, width = 2, dash = [] }) => `${colour} ${width} ${dash}`)
  let painted = 0
  // In one order everywhere: what lies above what is the same on both sides of a tile's edge.
  for (const [, alike] of [...looks].sort(([one], [other]) => (one < other ? -1 : 1))) for (let at = 0; at < alike.length; at += atOnce) {
    const some = alike.slice(at, at + atOnce)
    paintSome(context, some, place, { size, rim })
    painted += some.length
    if (painted < atOnce) continue
    yield
    painted = 0
  }
}

/** Boxes are drawn as such, other lines some in a path. */
function paintSome(context, alike, place, { size, rim }) {
  const [{ colour, width = 2, dash = [] }] = alike
  const kinds = Map.groupBy(alike, ({ shape, box }) => wayOf(shape, Math.max(box[2], box[3]) * place.scale))
  for (const { shape } of kinds.get("own") ?? []) paintShape(context, shape, { place, size, colour, width })
  const paths = pathsOf(kinds.get("lines") ?? [], place)
  context.setLineDash(dash)
  for (const [style, line] of [[rim, width + 2], [colour, width]]) {
    context.strokeStyle = style
    context.lineWidth = line
    for (const { box: [x, y, w, h] } of kinds.get("box") ?? []) context.strokeRect(place.x + x * place.scale, place.y + y * place.scale, w * place.scale, h * place.scale)
    for (const path of paths) context.stroke(path)
  }
  context.setLineDash([])
  context.fillStyle = colour
  for (const { box: [x, y] } of kinds.get("speck") ?? []) context.fillRect(Math.round(place.x + x * place.scale), Math.round(place.y + y * place.scale), SPECK_PX, SPECK_PX)
}

/** How a shape is painted: by its own means, as a speck, as a box, or by its lines. */
function wayOf({ kind }, sidePx) {
  if (kind === "mask" || kind === "tag") return "own"
  if (kind !== "point" && sidePx < SPECK_PX) return "speck"
  return kind === "box" ? "box" : "lines"
}

function pathsOf(items, place) {
  const paths = []
  for (let at = 0; at < items.length; at += IN_A_PATH) {
    const path = new Path2D()
    for (const { shape } of items.slice(at, at + IN_A_PATH)) addLines(path, shape, place)
    paths.push(path)
  }
  return paths
}
