/** The wafer map: disc, notch down, dies, edge exclusion, fields of view, and what was found. Wheel zooms, drag moves. */
import { drawShape, fitCanvas, onGround, themeColours } from "../shared/paint.js"
import { classNamed } from "../shared/signs.js"
import { clustered, dieAt, dieBox, fieldOfView, gridLines, isDieOnWafer, zoneAt } from "./wafer_geometry.js"
import { SORTS, hovered, selected, visible } from "./wafer_state.js"

const MARK_PX = 5
const NEAR_PX = 13
const LEAST_FIELD_PX = 9
const MARGIN = 1.08
const RIM = "rgb(0 0 0 / 0.75)"

export class WaferMap {
  /** @param {{onHover: (id: ?string) => void, onSelect: (id: string) => void, onPlace: (place: ?object) => void}} hooks */
  constructor(canvas, geometry, hooks) {
    Object.assign(this, { canvas, geometry, hooks, state: null, marks: [], view: null, die: null })
    this.lines = gridLines(geometry)
    new ResizeObserver(() => this.draw()).observe(canvas.parentElement)
    canvas.addEventListener("pointermove", (event) => this.#moved(event))
    canvas.addEventListener("pointerleave", () => this.#left())
    canvas.addEventListener("pointerdown", (event) => this.#pressed(event))
    canvas.addEventListener("pointerup", (event) => this.#released(event))
    canvas.addEventListener("dblclick", () => this.fit())
    canvas.addEventListener("wheel", (event) => this.#wheeled(event), { passive: false })
    document.addEventListener("waferdeck:display", () => this.draw())
  }

  show(state) {
    this.state = state
    this.draw()
  }

  fit() {
    this.view = null
    this.draw()
  }

  /** Zooms to the die of a place. */
  zoomTo([xUm, yUm]) {
    const { width, height } = this.#size()
    const [, , dieWidth, dieHeight] = dieBox([0, 0], this.geometry)
    this.view = { xUm, yUm, umPerPx: Math.max(dieWidth / width, dieHeight / height) * 3 }
    this.draw()
  }

  /** Die and zone of a place in µm, or null off the wafer. */
  placeOf(place) {
    const die = dieAt(place, this.geometry)
    const isOn = Math.hypot(...place) < this.geometry.diameterUm / 2 && isDieOnWafer(die, this.geometry)
    return isOn ? { die, place, zone: zoneAt(place, this.geometry) } : null
  }

  #size() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement
    return { width: Math.max(1, width), height: Math.max(1, height) }
  }

  #view() {
    const { width, height } = this.#size()
    return this.view ?? { xUm: 0, yUm: 0, umPerPx: (this.geometry.diameterUm * MARGIN) / Math.min(width, height) }
  }

  #toScreen([xUm, yUm]) {
    const { width, height } = this.#size()
    const { xUm: cx, yUm: cy, umPerPx } = this.#view()
    return [width / 2 + (xUm - cx) / umPerPx, height / 2 - (yUm - cy) / umPerPx]
  }

  #toUm(x, y) {
    const { width, height } = this.#size()
    const { xUm, yUm, umPerPx } = this.#view()
    return [xUm + (x - width / 2) * umPerPx, yUm - (y - height / 2) * umPerPx]
  }

  draw() {
    const { width, height } = this.#size()
    const context = fitCanvas(this.canvas, width, height)
    const colours = themeColours()
    const { umPerPx } = this.#view()
    const [cx, cy] = this.#toScreen([0, 0])
    const radius = this.geometry.diameterUm / 2 / umPerPx
    this.#disc(context, colours, cx, cy, radius)
    context.save()
    context.clip(this.outline)
    this.#dies(context, colours)
    context.restore()
    this.#edge(context, colours, cx, cy, radius)
    if (!this.state) return
    this.#fields(context, colours)
    this.#detections(context, colours)
  }

  #disc(context, colours, cx, cy, radius) {
    const notch = Math.asin(Math.min(0.5, Math.max(4 / radius, 0.012)))
    this.outline = new Path2D()
    this.outline.arc(cx, cy, radius, Math.PI / 2 + notch, Math.PI / 2 - notch + Math.PI * 2)
    this.outline.lineTo(cx, cy + radius * (1 - notch * 1.6))
    this.outline.closePath()
    context.fillStyle = colours.wafer
    context.fill(this.outline)
    context.strokeStyle = colours["line-strong"]
    context.lineWidth = 1.5
    context.stroke(this.outline)
  }

  #dies(context, colours) {
    const { diameterUm } = this.geometry
    context.beginPath()
    for (const xUm of this.lines[0]) {
      const half = Math.sqrt(Math.max(0, diameterUm ** 2 / 4 - xUm ** 2))
      context.moveTo(...this.#toScreen([xUm, half]))
      context.lineTo(...this.#toScreen([xUm, -half]))
    }
    for (const yUm of this.lines[1]) {
      const half = Math.sqrt(Math.max(0, diameterUm ** 2 / 4 - yUm ** 2))
      context.moveTo(...this.#toScreen([-half, yUm]))
      context.lineTo(...this.#toScreen([half, yUm]))
    }
    context.strokeStyle = colours["wafer-line"]
    context.lineWidth = 1
    context.stroke()
    const meant = selected(this.state ?? { byId: new Map() })?.die
    if (meant) this.#die(context, meant, colours["ink-3"], null)
    if (this.die) this.#die(context, this.die, colours["ink-2"], colours.raised)
  }

  #die(context, die, stroke, fill) {
    const [left, bottom, width, height] = dieBox(die, this.geometry)
    const [x, y] = this.#toScreen([left, bottom + height])
    const { umPerPx } = this.#view()
    if (fill) {
      context.fillStyle = fill
      context.fillRect(x, y, width / umPerPx, height / umPerPx)
    }
    context.strokeStyle = stroke
    context.lineWidth = 1.5
    context.strokeRect(x, y, width / umPerPx, height / umPerPx)
  }

  #edge(context, colours, cx, cy, radius) {
    const { diameterUm, edgeExclusionUm } = this.geometry
    context.setLineDash([3, 4])
    context.beginPath()
    context.arc(cx, cy, radius * (1 - (2 * edgeExclusionUm) / diameterUm), 0, Math.PI * 2)
    context.strokeStyle = colours["ink-3"]
    context.lineWidth = 1
    context.stroke()
    context.setLineDash([])
  }

  #fields(context, colours) {
    const { umPerPx } = this.#view()
    for (const image of this.state.run?.images ?? []) {
      const field = fieldOfView(image)
      if (!field) continue
      const [x, y] = this.#toScreen([field[0], field[1] + field[3]])
      const width = Math.max(LEAST_FIELD_PX, field[2] / umPerPx)
      const height = Math.max(LEAST_FIELD_PX, field[3] / umPerPx)
      const isCurrent = image.id === this.state.imageId
      context.strokeStyle = isCurrent ? colours.ink : colours["ink-3"]
      context.lineWidth = isCurrent ? 2 : 1
      context.strokeRect(x - (width - field[2] / umPerPx) / 2, y - (height - field[3] / umPerPx) / 2, width, height)
    }
  }

  #detections(context, colours) {
    const placed = visible(this.state).sort(SORTS.severity).filter(({ wafer_x_um: x }) => x !== null && x !== undefined)
    const points = placed.map((item) => {
      const [x, y] = this.#toScreen([item.wafer_x_um, item.wafer_y_um])
      return { x, y, item }
    })
    this.marks = clustered(points, NEAR_PX)
    context.font = `600 11px ${getComputedStyle(document.body).fontFamily}`
    context.textBaseline = "middle"
    for (const { x, y, items } of this.marks.toReversed()) {
      const colour = onGround(classNamed(items[0].class_code).colour, colours.darken)
      drawShape(context, items[0].severity, x, y, MARK_PX + Math.min(3, Math.log2(items.length)), colour, RIM)
      if (items.length === 1) continue
      context.lineWidth = 3
      context.strokeStyle = colours.wafer
      context.strokeText(String(items.length), x + 14, y)
      context.fillStyle = colours.ink
      context.fillText(String(items.length), x + 14, y)
    }
    this.#ring(context, selected(this.state), colours.ink, 3)
    this.#ring(context, hovered(this.state), colours.ink, 1.5)
  }

  #ring(context, detection, colour, lineWidth) {
    const mark = detection && this.marks.find(({ items }) => items.includes(detection))
    if (!mark) return
    context.beginPath()
    context.arc(mark.x, mark.y, 12, 0, Math.PI * 2)
    context.strokeStyle = colour
    context.lineWidth = lineWidth
    context.stroke()
  }

  // Pointer ------------------------------------------------------------------------------------------------------------

  #markAt(x, y) {
    return this.marks.find((mark) => Math.hypot(mark.x - x, mark.y - y) < NEAR_PX) ?? null
  }

  #moved(event) {
    const { offsetX: x, offsetY: y } = event
    if (this.drag) return this.#dragged(x, y)
    const place = this.placeOf(this.#toUm(x, y))
    this.die = place?.die ?? null
    this.canvas.classList.toggle("is-pointing", Boolean(this.#markAt(x, y)))
    this.hooks.onPlace(place)
    this.hooks.onHover(this.#markAt(x, y)?.items[0].id ?? null)
    this.draw()
  }

  #left() {
    this.die = null
    this.hooks.onPlace(null)
    this.hooks.onHover(null)
    this.draw()
  }

  #pressed(event) {
    this.drag = { x: event.offsetX, y: event.offsetY, from: this.#view(), isMoved: false }
    this.canvas.setPointerCapture(event.pointerId)
  }

  #dragged(x, y) {
    const { from } = this.drag
    const [dx, dy] = [x - this.drag.x, y - this.drag.y]
    if (!this.drag.isMoved && Math.hypot(dx, dy) < 4) return
    this.drag.isMoved = true
    this.view = { ...from, xUm: from.xUm - dx * from.umPerPx, yUm: from.yUm + dy * from.umPerPx }
    this.draw()
  }

  #released(event) {
    const isClick = this.drag && !this.drag.isMoved
    this.drag = null
    const mark = isClick && this.#markAt(event.offsetX, event.offsetY)
    if (!mark) return
    // Clicking again goes through what lies in the same place.
    const at = mark.items.findIndex(({ id }) => id === this.state.selectedId)
    this.hooks.onSelect(mark.items[(at + 1) % mark.items.length].id)
  }

  #wheeled(event) {
    event.preventDefault()
    const [xUm, yUm] = this.#toUm(event.offsetX, event.offsetY)
    const { width, height } = this.#size()
    const umPerPx = Math.min((this.geometry.diameterUm * MARGIN) / Math.min(width, height), Math.max(0.05, this.#view().umPerPx * 1.0016 ** event.deltaY))
    this.view = { umPerPx, xUm: xUm - (event.offsetX - width / 2) * umPerPx, yUm: yUm + (event.offsetY - height / 2) * umPerPx }
    if (umPerPx >= (this.geometry.diameterUm * MARGIN) / Math.min(width, height)) this.view = null
    this.draw()
  }
}
