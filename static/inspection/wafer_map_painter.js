/** Draws the wafer map on a canvas: the same state gives the same picture. */
import { drawShape, onGround, themeColours } from "../shared/paint.js"
import { classColour } from "../shared/signs.js"
import { clustered, dieBox, fieldOfView } from "./wafer_geometry.js"
import { SORTS, hovered, selected, visible } from "./wafer_state.js"

export const NEAR_PX = 13
const MARK_PX = 5
const LEAST_FIELD_PX = 9
const RING_PX = 12

/**
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {{geometry, lines: number[][], state: ?object, die: ?number[], umPerPx: number, toScreen: (place: number[]) => number[]}} map
 * @returns {{x: number, y: number, items: object[]}[]} the marks, for the pointer
 */
export function paintMap(context, map) {
  const colours = themeColours()
  const [cx, cy] = map.toScreen([0, 0])
  const radius = map.geometry.diameterUm / 2 / map.umPerPx
  const outline = disc(context, colours, { cx, cy, radius })
  context.save()
  context.clip(outline)
  dies(context, colours, map)
  context.restore()
  edge(context, colours, { cx, cy, radius: radius * (1 - (2 * map.geometry.edgeExclusionUm) / map.geometry.diameterUm) })
  if (!map.state) return []
  fields(context, colours, map)
  return detections(context, colours, map)
}

function disc(context, colours, { cx, cy, radius }) {
  const notch = Math.asin(Math.min(0.5, Math.max(4 / radius, 0.012)))
  const outline = new Path2D()
  outline.arc(cx, cy, radius, Math.PI / 2 + notch, Math.PI / 2 - notch + Math.PI * 2)
  outline.lineTo(cx, cy + radius * (1 - notch * 1.6))
  outline.closePath()
  context.fillStyle = colours.wafer
  context.fill(outline)
  context.strokeStyle = colours["line-strong"]
  context.lineWidth = 1.5
  context.stroke(outline)
  return outline
}

function dies(context, colours, map) {
  const half = (at) => Math.sqrt(Math.max(0, map.geometry.diameterUm ** 2 / 4 - at ** 2))
  context.beginPath()
  for (const xUm of map.lines[0]) {
    context.moveTo(...map.toScreen([xUm, half(xUm)]))
    context.lineTo(...map.toScreen([xUm, -half(xUm)]))
  }
  for (const yUm of map.lines[1]) {
    context.moveTo(...map.toScreen([-half(yUm), yUm]))
    context.lineTo(...map.toScreen([half(yUm), yUm]))
  }
  context.strokeStyle = colours["wafer-line"]
  context.lineWidth = 1
  context.stroke()
  const meant = map.state && selected(map.state)?.die
  if (meant) die(context, map, meant, { stroke: colours["ink-3"] })
  if (map.die) die(context, map, map.die, { stroke: colours["ink-2"], fill: colours.raised })
}

function die(context, { geometry, umPerPx, toScreen }, which, { stroke, fill = null }) {
  const [left, bottom, width, height] = dieBox(which, geometry)
  const box = [...toScreen([left, bottom + height]), width / umPerPx, height / umPerPx]
  if (fill) {
    context.fillStyle = fill
    context.fillRect(...box)
  }
  context.strokeStyle = stroke
  context.lineWidth = 1.5
  context.strokeRect(...box)
}

function edge(context, colours, { cx, cy, radius }) {
  context.setLineDash([3, 4])
  context.beginPath()
  context.arc(cx, cy, Math.max(0, radius), 0, Math.PI * 2)
  context.strokeStyle = colours["ink-3"]
  context.lineWidth = 1
  context.stroke()
  context.setLineDash([])
}

function fields(context, colours, { state, umPerPx, toScreen }) {
  for (const image of state.run?.images ?? []) {
    const field = fieldOfView(image)
    if (!field) continue
    const [x, y] = toScreen([field[0] + field[2] / 2, field[1] + field[3] / 2])
    const width = Math.max(LEAST_FIELD_PX, field[2] / umPerPx)
    const height = Math.max(LEAST_FIELD_PX, field[3] / umPerPx)
    const isCurrent = image.id === state.imageId
    context.strokeStyle = isCurrent ? colours.ink : colours["ink-3"]
    context.lineWidth = isCurrent ? 2 : 1
    context.strokeRect(x - width / 2, y - height / 2, width, height)
  }
}

function detections(context, colours, { state, toScreen }) {
  const placed = visible(state).sort(SORTS.severity).filter(({ wafer_x_um: x }) => x !== null && x !== undefined)
  const marks = clustered(placed.map((item) => {
    const [x, y] = toScreen([item.wafer_x_um, item.wafer_y_um])
    return { x, y, item }
  }), NEAR_PX)
  context.font = `600 11px ${getComputedStyle(document.body).fontFamily}`
  context.textBaseline = "middle"
  for (const { x, y, items } of marks.toReversed()) {
    const colour = onGround(classColour(items[0].class_code), colours.darken)
    drawShape(context, items[0].severity, x, y, MARK_PX + Math.min(3, Math.log2(items.length)), colour, colours["image-rim"])
    if (items.length === 1) continue
    context.lineWidth = 3
    context.strokeStyle = colours.wafer
    context.strokeText(String(items.length), x + RING_PX + 3, y)
    context.fillStyle = colours.ink
    context.fillText(String(items.length), x + RING_PX + 3, y)
  }
  ring(context, marks, selected(state), { colour: colours.ink, width: 3 })
  ring(context, marks, hovered(state), { colour: colours.ink, width: 1.5 })
  return marks
}

function ring(context, marks, detection, { colour, width }) {
  const mark = detection && marks.find(({ items }) => items.includes(detection))
  if (!mark) return
  context.beginPath()
  context.arc(mark.x, mark.y, RING_PX, 0, Math.PI * 2)
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke()
}
