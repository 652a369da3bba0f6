/** Shapes on a canvas: their lines with a rim that stands off any ground, and the handles of the one that is drawn. */
import { themeColours } from "../../shared/paint.js"
import { toolFor } from "./drawing.js"
import { handlesOf, turnHandle } from "./handles.js"
import { bitmapOf, edgesOf } from "./mask.js"
import { cornersOf, outlineOf } from "./shapes.js"

const HANDLE_PX = 9
/** So many would hide the line that they are on. */
const MANY_HANDLES = 24
const POINT_PX = 11
const FILL = 0.28
const EDGE_PX = 1.75
/** From the edge of the screen to the frame of what is meant as a whole. */
const FRAME_PX = 8
const HAIR = [4, 4]
/** Painted pixels as pictures, kept as long as their shape is. */
const pictures = new WeakMap()

const toScreen = ({ x, y, scale }) => ([px, py]) => [x + px * scale, y + py * scale]

/** Adds a shape's lines to a path, in pixels of the screen. Painted regions have none. */
export function addLines(path, shape, place) {
  const at = toScreen(place)
  if (shape.kind === "point") {
    const [x, y] = at(shape.at_px)
    path.moveTo(x - POINT_PX, y)
    path.lineTo(x + POINT_PX, y)
    path.moveTo(x, y - POINT_PX)
    path.lineTo(x, y + POINT_PX)
    path.moveTo(x + POINT_PX / 2, y)
    path.arc(x, y, POINT_PX / 2, 0, Math.PI * 2)
    return
  }
  const outline = outlineOf(shape)
  if (!outline) return
  outline.forEach((corner, index) => (index ? path.lineTo(...at(corner)) : path.moveTo(...at(corner))))
  path.closePath()
}

/**
 * A shape in a colour.
 *
 * @param {{size: object, view?: number[]}} how size: of the image, for a tag's frame; view: width and height of the screen, in which
 *   the frame is seen however near one looks
 */
export function paintShape(context, shape, { place, size, colour, width = 2, dash = [], view = null }) {
  if (shape.kind === "mask") return paintBitmap(context, shape, bitmapOf, { place, colour })
  const path = new Path2D()
  if (shape.kind === "tag") path.rect(...frameOf(size, place, view))
  else addLines(path, shape, place)
  for (const [style, line] of [[themeColours()["image-rim"], width + 2], [colour, width]]) {
    context.strokeStyle = style
    context.lineWidth = line
    context.setLineDash(shape.kind === "tag" ? [14, 8] : dash)
    context.stroke(path)
  }
  context.setLineDash([])
  return undefined
}

/** The edge of the image on the screen, where that is out of sight the edge of what is seen. */
export function frameOf({ width_px: widthPx, height_px: heightPx }, { x, y, scale }, view) {
  const [right, down] = view ? view.map((side) => side - FRAME_PX) : [Infinity, Infinity]
  const least = view ? FRAME_PX : -Infinity
  const [left, top] = [Math.max(x, least), Math.max(y, least)]
  return [left, top, Math.max(0, Math.min(x + widthPx * scale, right) - left), Math.max(0, Math.min(y + heightPx * scale, down) - top)]
}

/**
 * Painted pixels over the picture, see-through, with an edge that stands off a bright picture as well as a dark one.
 *
 * @param {(source) => object} read the bitmap of the source
 */
export function paintBitmap(context, source, read, { place, colour }) {
  const kept = pictures.get(source)
  const picture = kept?.colour === colour ? kept : pictureOf(read(source), colour)
  if (picture && source.kind) pictures.set(source, picture)
  if (!picture) return
  const [x, y, width, height] = picture.box
  context.save()
  context.translate(place.x + x * place.scale, place.y + y * place.scale)
  context.scale(place.scale, place.scale)
  context.imageSmoothingEnabled = false
  context.drawImage(picture.canvas, 0, 0, width, height)
  context.lineJoin = context.lineCap = "round"
  for (const [style, line] of [[themeColours()["image-rim"], EDGE_PX + 2.5], [colour, EDGE_PX]]) {
    context.strokeStyle = style
    context.lineWidth = line / place.scale
    context.stroke(picture.edge)
  }
  context.restore()
}

function pictureOf({ box, bits }, colour) {
  const [, , width, height] = box
  if (!width || !height) return null
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext("2d")
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
  const image = context.createImageData(width, height)
  const ink = new Uint32Array(image.data.buffer)
  const tone = ((Math.round(255 * FILL) << 24) | (blue << 16) | (green << 8) | red) >>> 0
  for (let at = 0; at < bits.length; at += 1) if (bits[at]) ink[at] = tone
  context.putImageData(image, 0, 0)
  const edge = new Path2D()
  for (const [from, to] of edgesOf(bits, width, height)) {
    edge.moveTo(...from)
    edge.lineTo(...to)
  }
  return { canvas, box, colour, edge }
}

/** What is being drawn, with what it is held by. @param {Drawing} drawing */
export function paintDrawing(context, drawing, { place, size, reachPx, view }) {
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  const { shape, bitmap } = drawing
  if (bitmap) paintBitmap(context, bitmap, (one) => one, { place, colour: ink })
  else if (shape) paintShape(context, shape, { place, size, colour: ink, view })
  if (shape && !bitmap && drawing.tool === toolFor(shape)) paintHandles(context, shape, { place, reachPx })
  if (drawing.open) paintOpen(context, drawing.open, drawing.pointer, place)
  if (drawing.scribble) paintLine(context, drawing.scribble, place, { width: 6 })
  if (drawing.lines) paintGuides(context, drawing.lines, { place, size })
  if (drawing.tool === "brush" && drawing.pointer) {
    const [x, y] = toScreen(place)(drawing.pointer)
    ring(context, x, y, drawing.radiusPx * place.scale, drawing.erases ? [5, 4] : [], rim, ink)
  }
}

function ring(context, x, y, radius, dash, rim, ink) {
  for (const [style, width] of [[rim, 3.5], [ink, 1.5]]) {
    context.beginPath()
    context.arc(x, y, Math.max(1, radius), 0, Math.PI * 2)
    context.setLineDash(dash)
    context.strokeStyle = style
    context.lineWidth = width
    context.stroke()
  }
  context.setLineDash([])
}

function paintHandles(context, shape, { place, reachPx }) {
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  const at = toScreen(place)
  if (shape.kind === "rotated") {
    const [first, second] = cornersOf(shape)
    paintLine(context, [[(first[0] + second[0]) / 2, (first[1] + second[1]) / 2], turnHandle(shape, reachPx)], place, { width: 1.5 })
  }
  const handles = handlesOf(shape, reachPx)
  const side = handles.length > MANY_HANDLES ? HANDLE_PX - 4 : HANDLE_PX
  handles.forEach((handle, index) => {
    const [x, y] = at(handle)
    context.beginPath()
    if (shape.kind === "rotated" && index === 4) context.arc(x, y, HANDLE_PX * 0.7, 0, Math.PI * 2)
    else context.rect(x - side / 2, y - side / 2, side, side)
    context.fillStyle = ink
    context.fill()
    context.strokeStyle = rim
    context.lineWidth = 1.5
    context.stroke()
  })
}

function paintOpen(context, points, pointer, place) {
  paintLine(context, pointer ? [...points, pointer] : points, place, { width: 2 })
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  const [x, y] = toScreen(place)(points[0])
  ring(context, x, y, HANDLE_PX * 0.8, [], rim, ink)
}

function paintLine(context, points, place, { width }) {
  const at = toScreen(place)
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  context.lineCap = context.lineJoin = "round"
  for (const [style, line] of [[rim, width + 2], [ink, width]]) {
    context.beginPath()
    points.forEach((point, index) => (index ? context.lineTo(...at(point)) : context.moveTo(...at(point))))
    context.strokeStyle = style
    context.lineWidth = line
    context.stroke()
  }
  context.lineCap = "butt"
  context.lineJoin = "miter"
}

function paintGuides(context, { x, y }, { place, size }) {
  context.strokeStyle = themeColours()["image-ink"]
  context.lineWidth = 1
  context.setLineDash(HAIR)
  context.beginPath()
  if (x !== null) {
    context.moveTo(place.x + x * place.scale, place.y)
    context.lineTo(place.x + x * place.scale, place.y + size.height_px * place.scale)
  }
  if (y !== null) {
    context.moveTo(place.x, place.y + y * place.scale)
    context.lineTo(place.x + size.width_px * place.scale, place.y + y * place.scale)
  }
  context.stroke()
  context.setLineDash([])
}
