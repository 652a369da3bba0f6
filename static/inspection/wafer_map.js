/** The wafer map: disc, notch down, dies, edge exclusion, fields of view, and what was found. Wheel zooms, drag moves. */
import { fitCanvas } from "../shared/paint.js"
import { dieAt, dieBox, gridLines, isDieOnWafer, zoneAt } from "./wafer_geometry.js"
import { NEAR_PX, paintMap } from "./wafer_map_painter.js"

const MARGIN = 1.08

export class WaferMap {
  /** @param {{onHover: (id: ?string) => void, onSelect: (id: string) => void, onPlace: (place: ?object) => void, onDrawn?: (context: CanvasRenderingContext2D, marks: object[]) => void}} hooks */
  constructor(canvas, geometry, hooks) {
    Object.assign(this, { canvas, geometry, hooks, state: null, marks: [], view: null, die: null })
    this.lines = gridLines(geometry)
    new ResizeObserver(() => this.draw()).observe(canvas.parentElement)
    canvas.addEventListener("pointermove", (event) => this.#moved(event))
    canvas.addEventListener("pointerleave", () => this.#left())
    canvas.addEventListener("pointerdown", (event) => this.#pressed(event))
    canvas.addEventListener("pointerup", (event) => this.#released(event))
    canvas.addEventListener("pointercancel", () => { this.drag = null })
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
    this.marks = paintMap(context, {
      geometry: this.geometry, lines: this.lines, state: this.state, die: this.die, umPerPx: this.#view().umPerPx, toScreen: (place) => this.#toScreen(place),
    })
    this.hooks.onDrawn?.(context, this.marks)
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
