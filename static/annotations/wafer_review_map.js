/** The wafer map to choose on: a line drawn around marks chooses what is in it, a click what is in one mark. */
import { themeColours } from "../shared/paint.js"
import { WaferMap } from "../inspection/wafer_map.js"
import { NEAR_PX } from "../inspection/wafer_map_painter.js"
import { finalOf, inSight } from "./wafer_review_state.js"
import { isInside } from "./wafer_sheet_layout.js"

const LEAST_PX = 5
const RING_PX = 12
const NOTHING_HIDDEN = new Set()

export class WholeMap {
  #line = null
  #state = null

  /** @param {HTMLCanvasElement} canvas @param {{onHover: (id: ?string) => void, onPlace: (place: ?object) => void, onChoose: (ids: string[]) => void}} hooks */
  constructor(canvas, geometry, hooks) {
    Object.assign(this, { canvas, hooks, isLasso: true })
    this.map = new WaferMap(canvas, geometry, { ...hooks, onSelect: (id) => hooks.onChoose(this.#markOf(id)), onDrawn: (context, marks) => this.#paint(context, marks) })
    const host = canvas.parentElement
    // Before the map itself, which would move.
    const on = (name, run) => host.addEventListener(name, (event) => { if (this.isLasso && event.target === canvas) run(event) }, { capture: true })
    on("pointerdown", (event) => this.#press(event))
    on("pointermove", (event) => this.#drag(event))
    on("pointerup", (event) => this.#release(event))
    on("pointercancel", () => this.#end())
  }

  /** @param {?string} pointedAt in the sheet */
  show(state, pointedAt = null) {
    this.#state = state
    this.map.show(asMapState(state, pointedAt ?? state.focus))
  }

  #markOf(id) {
    return this.map.marks.find(({ items }) => items.some((item) => item.id === id))?.items.map((item) => item.id) ?? []
  }

  #press(event) {
    if (event.button !== 0) return
    event.stopPropagation()
    this.#line = [[event.offsetX, event.offsetY]]
    this.canvas.setPointerCapture(event.pointerId)
  }

  #drag(event) {
    if (!this.#line) return
    event.stopPropagation()
    this.#line.push([event.offsetX, event.offsetY])
    this.map.draw()
  }

  #release(event) {
    if (!this.#line) return
    event.stopPropagation()
    const line = this.#line
    const [x, y] = line[0]
    const isClick = line.every(([px, py]) => Math.hypot(px - x, py - y) < LEAST_PX)
    const marks = this.map.marks.filter((mark) => (isClick ? Math.hypot(mark.x - x, mark.y - y) < NEAR_PX : isInside([mark.x, mark.y], line)))
    this.#end()
    const ids = (isClick ? marks.slice(0, 1) : marks).flatMap(({ items }) => items.map(({ id }) => id))
    if (ids.length) this.hooks.onChoose(ids)
  }

  #end() {
    this.#line = null
    this.map.draw()
  }

  /** What is chosen, over the marks; a broken ring where only some of a mark are. And the line that is being drawn. */
  #paint(context, marks) {
    const { ink } = themeColours()
    context.strokeStyle = ink
    for (const { x, y, items } of marks) {
      const count = items.filter(({ id }) => this.#state?.chosen.has(id)).length
      if (!count) continue
      context.lineWidth = 2.5
      context.setLineDash(count < items.length ? [4, 4] : [])
      context.beginPath()
      context.arc(x, y, RING_PX, 0, Math.PI * 2)
      context.stroke()
    }
    context.setLineDash([])
    if (!this.#line) return
    context.beginPath()
    for (const point of this.#line) context.lineTo(...point)
    context.lineWidth = 1.5
    context.setLineDash([5, 4])
    context.stroke()
    context.setLineDash([])
  }
}

/** As the map of the wafer page reads it: what is in sight, by what it is said to be. */
function asMapState(state, ringed) {
  const byId = new Map(inSight(state).map((id) => [id, marked(state, state.items.get(id))]))
  const imageId = state.items.get(state.focus)?.image ?? null
  return { run: { images: [...state.images.values()] }, byId, imageId, selectedId: null, hoverId: ringed, hidden: NOTHING_HIDDEN, threshold: 0, sort: "severity" }
}

function marked(state, item) {
  const code = finalOf(state, item)
  return { ...item, id: item.task, class_code: code, severity: code === "nuisance" ? "nuisance" : item.severity }
}
