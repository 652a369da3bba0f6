/**
 * Drawing one shape: which tool, what a pointer does with it, and the way back through what was drawn here and is not said yet.
 * Places are pixels of the image. No DOM.
 */
import { boxOf, MOST_POINTS, moved, rounded } from "./shapes.js"
import { dragged, gripOf, grown, spanned, turnable, turnedBy, withoutCorner } from "./handles.js"
import { Brush } from "./brush.js"
import { closed, closedDrawn } from "./open_outline.js"
import { snapped } from "./snapping.js"
import { WayBack } from "./way_back.js"

export const TOOLS = ["box", "rotated", "polygon", "brush", "point", "tag", "smart"]
const LEAST_DRAWN = 8
const KIND_OF = { brush: "mask" }
const TOOL_OF = { mask: "brush" }

export const toolFor = (shape) => (shape ? TOOL_OF[shape.kind] ?? shape.kind : "box")

export class Drawing {
  #way = new WayBack()
  #gesture = null
  #brush = new Brush()

  /**
   * @param {{size: () => object, slackPx: () => number, guides: () => object, onChange: (mode: string, shape: ?object) => void,
   *   onHint: (text: string) => void, onScribble: (points: number[][]) => void, onDraw: () => void}} hooks slackPx: how near is near
   *   enough; onChange: what is drawn is another; onDraw: something else is to be seen
   */
  constructor(hooks) {
    Object.assign(this, { hooks, mode: null, tool: "box", shape: null, open: null, lines: null, pointer: null, isSnapping: true })
  }

  /** @param {?string} mode null: nothing is drawn; "redraw"; "missed" */
  begin(mode, shape = null, tool = toolFor(shape)) {
    // Without a tool in hand: the brush taken once more would erase.
    Object.assign(this, { mode, shape, tool: null, open: null, lines: null, pointer: null })
    this.#way.clear()
    this.#gesture = null
    this.#brush.cancel()
    this.#brush.erases = false
    if (mode) this.setTool(tool)
  }

  end() { this.begin(null) }

  /** An outline that was begun before. */
  goOnWith(open) {
    this.setTool("polygon")
    this.open = open
    this.hooks.onDraw()
  }

  get box() { return this.shape && boxOf(this.shape, this.hooks.size()) }

  get radiusPx() { return this.#brush.radiusPx }

  get erases() { return this.#brush.erases }

  /** What a brush paints right now, before its stroke is ended. */
  get bitmap() { return this.#brush.bitmap }

  /** Points of a scribble on its way. */
  get scribble() { return this.#gesture?.kind === "scribble" ? this.#gesture.points : null }

  get canUndo() { return Boolean(this.open) || this.#way.canUndo }

  get canRedo() { return this.#way.canRedo }

  setTool(tool) {
    this.#brush.erases = tool === "brush" && this.tool === "brush" && this.mode ? !this.erases : false
    this.tool = tool
    this.open = null
    this.#gesture = null
    if (tool === "tag" && this.mode && this.shape?.kind !== "tag") this.put({ kind: "tag" })
    else if (tool === "rotated" && this.shape?.kind === "box") this.put(turnable(this.shape))
    this.hooks.onDraw()
  }

  resize(steps) {
    this.#brush.resize(steps)
    this.hooks.onDraw()
  }

  /** Another shape, with a way back to the one before. @param {string} step two of a name in a row are one way back */
  put(shape, step = "") {
    this.#way.left(this.shape, step)
    this.#set(shape)
  }

  #set(shape) {
    this.shape = shape
    this.hooks.onChange(this.mode, shape)
  }

  undo() {
    if (this.open) return this.back()
    if (!this.#way.canUndo) return false
    this.#set(this.#way.back(this.shape))
    return true
  }

  redo() {
    if (!this.#way.canRedo) return false
    this.#set(this.#way.forth(this.shape))
    return true
  }

  // Pointer -----------------------------------------------------------------------------------------------------------

  /** @returns {boolean} whether the pointer is drawing: then the picture stays where it is */
  press(point) {
    if (!this.mode || !point) return false
    const slackPx = this.hooks.slackPx()
    if (this.tool === "brush") this.#beginStroke(point)
    else if (this.tool === "smart") this.#gesture = { kind: "scribble", points: [point] }
    else if (this.tool === "polygon") this.#pressOutline(point, slackPx)
    else if (this.tool !== "tag") this.#pressShape(point, slackPx)
    return true
  }

  #pressShape(point, slackPx) {
    const isOwn = this.shape?.kind === (KIND_OF[this.tool] ?? this.tool)
    const hold = isOwn ? gripOf(this.shape, point, slackPx) : "new"
    this.#gesture = { kind: "drag", hold, from: this.#snap(point), shape: this.shape }
    if (this.tool === "point" && hold === "new") this.put({ kind: "point", at_px: this.#inImage(point) })
  }

  #pressOutline(point, slackPx) {
    if (this.open) {
      const [x, y] = this.open[0]
      if (this.open.length > 2 && Math.hypot(x - point[0], y - point[1]) <= slackPx) return this.close()
      this.#gesture = { kind: "outline", isDrawn: false }
      return this.#extend(point)
    }
    const hold = this.shape?.kind === "polygon" ? gripOf(this.shape, point, slackPx) : "new"
    if (hold !== "new") {
      this.#gesture = { kind: "drag", hold, from: point, shape: this.shape }
      return undefined
    }
    this.open = []
    this.#gesture = { kind: "outline", isDrawn: false }
    return this.#extend(point)
  }

  #extend(point) {
    if (this.open.length >= MOST_POINTS) return this.hooks.onHint(`${MOST_POINTS} corners are the most: close it.`)
    this.open = [...this.open, this.#inImage(this.#snap(point))]
    return this.hooks.onDraw()
  }

  drag(point) {
    if (!this.#gesture || !point) return Boolean(this.mode)
    const { kind } = this.#gesture
    this.pointer = point
    if (kind === "drag") this.#dragShape(point)
    else if (kind === "stroke") this.#stroke(point)
    else this.#trace(point)
    return true
  }

  #dragShape(point) {
    const { hold, from, shape } = this.#gesture
    const to = hold === "move" ? point : this.#snap(point)
    const next = this.tool === "point" ? { kind: "point", at_px: this.#inImage(point) }
      : hold === "new" ? spanned(this.tool, from, to, this.hooks.size()) : dragged(shape, hold, from, to, this.hooks.size())
    if (this.#gesture.isMoved || this.tool === "point") this.#set(next)
    else this.put(next)
    this.#gesture.isMoved = true
  }

  /** Along an outline drawn in one go, and along a scribble. */
  #trace(point) {
    const points = this.scribble ?? this.open
    const last = points.at(-1)
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) < this.hooks.slackPx() / 3) return
    if (this.scribble) this.#gesture.points = [...points, point]
    else {
      this.#gesture.isDrawn = true
      this.open = [...points, this.#inImage(point)]
    }
    this.hooks.onDraw()
  }

  release() {
    const gesture = this.#gesture
    this.#gesture = null
    this.lines = null
    if (gesture?.kind === "stroke") this.#endStroke()
    if (gesture?.kind === "scribble") this.hooks.onScribble(gesture.points)
    if (gesture?.kind === "outline" && gesture.isDrawn && this.open.length >= LEAST_DRAWN) this.#ended(closedDrawn(this.open, this.hooks.slackPx() / 8))
    return Boolean(gesture)
  }

  /** Where the pointer is while nothing is pressed: an open outline follows it, and so does the brush. */
  hover(point) {
    if (!this.mode || (!this.open && this.tool !== "brush")) return
    this.pointer = point
    this.hooks.onDraw()
  }

  // Outlines ----------------------------------------------------------------------------------------------------------

  /** Ends the outline that is open. @returns {boolean} whether there was one */
  close() {
    if (!this.open) return false
    this.#ended(closed(this.open))
    return true
  }

  #ended({ points, why }) {
    if (why) return this.hooks.onHint(why)
    this.open = null
    return this.put({ kind: "polygon", points_px: points })
  }

  /** Takes the last corner back; of an outline that is closed the one at a point. */
  back(point = null) {
    if (this.open) {
      this.open = this.open.length > 1 ? this.open.slice(0, -1) : null
      this.hooks.onDraw()
      return true
    }
    if (this.shape?.kind !== "polygon" || !point) return false
    const hold = gripOf(this.shape, point, this.hooks.slackPx())
    if (hold.startsWith("corner")) this.put(withoutCorner(this.shape, Number(hold.slice(7))))
    return true
  }

  /** Lets go of what is begun and not ended. @returns {boolean} whether anything was */
  cancel() {
    const wasBegun = Boolean(this.open || this.#gesture)
    Object.assign(this, { open: null, lines: null })
    this.#gesture = null
    this.#brush.cancel()
    if (wasBegun) this.hooks.onDraw()
    return wasBegun
  }

  // Brush -------------------------------------------------------------------------------------------------------------

  #beginStroke(point) {
    this.#gesture = { kind: "stroke" }
    this.#brush.begin(this.shape, point, this.hooks.size())
    this.pointer = point
    this.hooks.onDraw()
  }

  #stroke(point) {
    this.#brush.go(point, this.hooks.size())
    this.hooks.onDraw()
  }

  #endStroke() {
    const { mask, isTooMuch } = this.#brush.end()
    if (isTooMuch) this.hooks.onHint("Too much is painted for one shape. Draw an outline around it.")
    else if (mask || this.shape?.kind === "mask") this.put(mask)
    else this.hooks.onDraw()
  }

  // Keys --------------------------------------------------------------------------------------------------------------

  nudge(way) { if (this.shape) this.put(moved(this.shape, way, this.hooks.size()), "nudge") }

  grow(way) { if (this.shape) this.put(grown(this.shape, way, this.hooks.size()), "grow") }

  turn(degrees) { if (this.shape) this.put(turnedBy(this.shape, degrees), "turn") }

  // -------------------------------------------------------------------------------------------------------------------

  #snap(point) {
    if (!this.isSnapping) return point
    const { point: place, lines } = snapped(point, this.hooks.guides(), this.hooks.slackPx() / 2)
    this.lines = lines
    return place
  }

  #inImage([x, y]) {
    const { width_px: widthPx, height_px: heightPx } = this.hooks.size()
    return rounded([Math.max(0, Math.min(widthPx, x)), Math.max(0, Math.min(heightPx, y))])
  }
}
