/**
 * Thousands of shapes over a picture, at the speed of panning. Few are drawn afresh each time. Many are drawn once onto a sheet
 * somewhat larger than the screen, which is moved, and scaled for a moment, until what it shows is no longer what is wanted.
 */
import { addLines, paintShape } from "./paint.js"
import { boxOf } from "./shapes.js"
import { SpatialIndex } from "./spatial_index.js"

/** Up to so many in sight are drawn afresh with every frame. */
const FEW = 300
/** What is smaller on the screen is a dot. */
const SPECK_PX = 4
const MARGIN = 0.25
/** A scaled sheet is good enough while the picture zooms. */
const MOST_SCALED = 1.6
const REST_MS = 90
const AT_ONCE = 16

export class ShapeLayer {
  #index = new SpatialIndex([])
  #sheet = null
  #timer = null

  /** @param {() => void} redraw asks for another frame, once a moving picture has come to rest */
  constructor(redraw) {
    this.redraw = redraw
    /** What the last frame did, for whoever measures. */
    this.drawn = { isFresh: true, count: 0 }
  }

  /**
   * @param {{shape: object, colour: string, width?: number, dash?: number[]}[]} items
   * @param {object} size of the image
   * @param {string} rim colour of the rim around lines
   */
  setShapes(items, size, rim) {
    this.items = items
    this.size = size
    this.rim = rim
    this.#index = new SpatialIndex(items.map((item) => ({ ...item, box: boxOf(item.shape, size) })))
    this.#sheet = null
  }

  /** Items under a point, the smallest first. */
  at([x, y], slackPx) {
    return this.#index.within([x - slackPx, y - slackPx, 2 * slackPx, 2 * slackPx]).sort((a, b) => a.box[2] * a.box[3] - b.box[2] * b.box[3])
  }

  /** @param {{x: number, y: number, scale: number}} place of the picture on the screen @param {number[]} view width and height */
  draw(context, place, view) {
    if (this.#fits(place, view)) return this.#lay(context, place)
    const seen = this.#inSight(place, view, 0)
    if (seen.length <= FEW) {
      this.#sheet = null
      this.drawn = { isFresh: true, count: seen.length }
      return this.#paint(context, seen, place)
    }
    this.#fill(place, view)
    return this.#lay(context, place)
  }

  #inSight({ x, y, scale }, [width, height], margin) {
    const [right, down] = [width * margin, height * margin]
    return this.#index.within([(-x - right) / scale, (-y - down) / scale, (width + 2 * right) / scale, (height + 2 * down) / scale])
  }

  /** Whether the sheet shows all that is in sight, at about its size. A scaled one is drawn anew when the picture rests. */
  #fits(place, [width, height]) {
    const sheet = this.#sheet
    if (!sheet || sheet.width !== width || sheet.height !== height) return false
    const ratio = place.scale / sheet.place.scale
    if (ratio !== 1 && sheet.isResting) return false
    if (ratio > MOST_SCALED || ratio < 1 / MOST_SCALED) return false
    const [left, top] = this.#cornerOf(place)
    return left <= 0 && top <= 0 && left + sheet.canvas.width / sheet.ratio * ratio >= width && top + sheet.canvas.height / sheet.ratio * ratio >= height
  }

  #cornerOf(place) {
    const { place: then, left, top } = this.#sheet
    const ratio = place.scale / then.scale
    return [place.x - (then.x + left) * ratio, place.y - (then.y + top) * ratio]
  }

  #fill(place, [width, height]) {
    const ratio = globalThis.devicePixelRatio || 1
    const [left, top] = [Math.round(width * MARGIN), Math.round(height * MARGIN)]
    const [across, down] = [Math.ceil((width + 2 * left) * ratio), Math.ceil((height + 2 * top) * ratio)]
    const canvas = this.#sheet?.canvas.width === across && this.#sheet.canvas.height === down ? this.#sheet.canvas : new OffscreenCanvas(across, down)
    const sheet = canvas.getContext("2d")
    sheet.setTransform(ratio, 0, 0, ratio, 0, 0)
    sheet.clearRect(0, 0, across, down)
    const seen = this.#inSight(place, [width, height], MARGIN)
    this.#paint(sheet, seen, { ...place, x: place.x + left, y: place.y + top })
    this.#sheet = { canvas, place: { ...place }, left, top, width, height, ratio, isResting: false }
    this.drawn = { isFresh: true, count: seen.length }
  }

  #lay(context, place) {
    const { canvas, ratio, place: then } = this.#sheet
    const scaled = place.scale / then.scale
    const [x, y] = this.#cornerOf(place)
    this.drawn = { ...this.drawn, isFresh: scaled === 1 && place.x === then.x && place.y === then.y }
    context.imageSmoothingEnabled = false
    context.drawImage(canvas, x, y, (canvas.width / ratio) * scaled, (canvas.height / ratio) * scaled)
    if (scaled === 1) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#sheet) this.#sheet.isResting = true
      this.redraw()
    }, REST_MS)
  }

  /** Boxes are drawn as such, other lines some at a time: a path all over the screen takes a painter far longer than its parts. */
  #paint(context, items, place) {
    const looks = Map.groupBy(items, ({ colour, width = 2, dash = [] }) => `${colour} ${width} ${dash}`)
    for (const some of looks.values()) {
      const [{ colour, width = 2, dash = [] }] = some
      const kinds = Map.groupBy(some, ({ shape, box }) => wayOf(shape, Math.max(box[2], box[3]) * place.scale))
      for (const { shape } of kinds.get("own") ?? []) paintShape(context, shape, { place, size: this.size, colour, width })
      context.setLineDash(dash)
      for (const [style, line] of [[this.rim, width + 2], [colour, width]]) {
        context.strokeStyle = style
        context.lineWidth = line
        for (const { box: [x, y, w, h] } of kinds.get("box") ?? []) context.strokeRect(place.x + x * place.scale, place.y + y * place.scale, w * place.scale, h * place.scale)
        for (const path of pathsOf(kinds.get("lines") ?? [], place)) context.stroke(path)
      }
      context.setLineDash([])
      context.fillStyle = colour
      for (const { box: [x, y] } of kinds.get("speck") ?? []) context.fillRect(Math.round(place.x + x * place.scale), Math.round(place.y + y * place.scale), SPECK_PX, SPECK_PX)
    }
  }
}

/** How a shape is painted: by its own means, as a speck, as a box, or by its lines. */
function wayOf({ kind }, sidePx) {
  if (kind === "mask" || kind === "tag") return "own"
  if (kind !== "point" && sidePx < SPECK_PX) return "speck"
  return kind === "box" ? "box" : "lines"
}

function pathsOf(items, place) {
  const paths = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const path = new Path2D()
    for (const { shape } of items.slice(at, at + AT_ONCE)) addLines(path, shape, place)
    paths.push(path)
  }
  return paths
}
