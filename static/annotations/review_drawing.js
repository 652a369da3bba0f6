/** Drawing on the picture of the review: tools, what they draw, and what else lies over the picture. */
import { toast } from "../shared/toast.js"
import { Begun } from "./begun.js"
import { copied, lastDrawn } from "./canvas/copying.js"
import { Drawing, toolFor } from "./canvas/drawing.js"
import { ShapeLayer } from "./canvas/layer.js"
import { RegionFinder } from "./canvas/region_finder.js"
import { onNextDie } from "./canvas/next_die.js"
import { guidesOf } from "./canvas/snapping.js"
import { HINTS, ToolBar } from "./canvas/tool_bar.js"
import { addedOf, boxOf, current, shapeOf } from "./review_state.js"

const REACH_PX = 12
const GLOVE_REACH_PX = 28
const THEN = { redraw: "Then decide. Escape puts the model's back.", missed: "Then press its class.", split: "Then press the class of this part." }

export class Desk {
  /** The copy on another die, while its side is chosen: {last, side, put}. */
  #die = null
  /** Parts of a split that are drawn and named: {class_code, bbox_px, shape}. */
  parts = []
  #marked = { added: null, parts: null, all: [] }

  /**
   * @param {HTMLElement} toolbar
   * @param {{zoom: () => ReviewZoom, get: () => object, onDrawn: (mode: string, place: {box: ?number[], shape: ?object}) => void, drawImage: () => void, showMode: () => void}} page
   *   shape: null of a box alone
   */
  constructor(toolbar, page) {
    this.page = page
    this.begun = new Begun(() => this.#unsaid)
    this.layer = new ShapeLayer(page.drawImage)
    this.drawing = new Drawing({
      size: () => page.zoom().image, slackPx: () => this.reachPx, guides: () => guidesOf(this.#neighbours, page.zoom().image),
      onChange: (mode) => { this.#note(); page.onDrawn(mode, this.place) }, onHint: toast, onScribble: (points) => this.finder.find(points), onDraw: () => { this.#note(); page.drawImage() },
    })
    this.finder = new RegionFinder(this.drawing, { image: () => page.zoom().image, onHint: toast, onChange: page.showMode })
    this.tools = new ToolBar(toolbar, this.drawing, { again: () => this.again(), die: () => this.nextDie(), tune: (steps) => this.finder.tune(steps), onTool: page.showMode })
  }

  get mode() { return this.drawing.mode }

  /** What is drawn, as it is said: a box, and a shape where it is more. */
  get place() {
    const { box, shape } = this.drawing
    return { box, shape: shape?.kind === "box" ? null : shape }
  }

  /** How near to a handle is near enough, in pixels of the image: a gloved finger wants more room. */
  get reachPx() {
    return (document.documentElement.dataset.glove === "on" ? GLOVE_REACH_PX : REACH_PX) / (this.page.zoom().placement()?.scale ?? 1)
  }

  get hint() {
    if (!this.mode) return ""
    if (this.#isOnDie) return `On the next die. An arrow, or Next die once more: to another side. ${THEN[this.mode]}`
    if (this.mode === "split" && !this.drawing.shape && !this.drawing.open) return `Draw part ${this.parts.length + 1}, then press its class.${this.parts.length > 1 ? " Enter splits." : ""}`
    if (this.finder.isBusy) return "Looking for the region."
    if (this.drawing.open) return "Tap the first corner, or Enter, closes it. Backspace takes the last one back."
    if (this.finder.tune(0) && this.drawing.shape) return "Smaller and Larger look tighter or wider, Outline moves its corners. Scribble again for another."
    return `${HINTS[this.drawing.tool]} ${THEN[this.mode]}`
  }

  get #neighbours() {
    const state = this.page.get()
    return [...(current(state)?.others ?? []), ...addedOf(state)].map(({ bbox_px: box }) => box)
  }

  /** What only this page has of it; null where it is the server's, or nothing. */
  get #unsaid() {
    const { mode, shape, open } = this.drawing
    const { parts } = this
    if (!mode || (!open && !parts.length && (mode === "redraw" || !shape))) return null
    return { mode, shape: mode === "redraw" ? null : shape, open, parts }
  }

  #note() {
    if (this.mode) this.begun.later.soon(this.page.get().at)
  }

  toggle(mode) {
    if (this.mode === mode) this.leave()
    else this.#begin(mode)
  }

  #begin(mode) {
    this.leave()
    const state = this.page.get()
    const begun = this.begun.of(state.at, mode)
    this.parts = begun?.parts ?? []
    this.drawing.begin(mode, mode === "redraw" ? shapeOf(state) ?? { kind: "box", bbox_px: boxOf(state) } : begun?.shape ?? null)
    if (begun?.open) this.drawing.goOnWith(begun.open)
  }

  /** Turns to something else; what is begun is there again when one comes back. */
  leave() {
    this.begun.later.keep()
    this.#end()
  }

  /** What is begun is said, or given up. @param {string} id of its task */
  over(id) {
    this.begun.later.forget(id)
    this.begun.put(id, null)
    this.#end()
  }

  #end() {
    this.drawing.end()
    this.parts = []
  }

  /** What is drawn is a part of that class; the next is drawn by the same tool. */
  takePart(code) {
    const { box, shape } = this.place
    const { tool } = this.drawing
    this.#turnTo([...this.parts, { class_code: code, bbox_px: box, shape }], tool)
  }

  /** The last part is not taken yet, and may be drawn otherwise. @returns {boolean} whether there was one */
  untakePart() {
    const last = this.parts.at(-1)
    if (!last) return false
    const shape = last.shape ?? { kind: "box", bbox_px: last.bbox_px }
    this.#turnTo(this.parts.slice(0, -1), toolFor(shape), shape)
    return true
  }

  #turnTo(parts, tool, shape = null) {
    this.parts = parts
    this.drawing.begin("split", shape, tool)
    this.#note()
    this.page.showMode()
  }

  /** Shapes that lie beside the one that is drawn. The same list while they are the same. */
  marks(added) {
    if (added !== this.#marked.added || this.parts !== this.#marked.parts) this.#marked = { added, parts: this.parts, all: this.parts.length ? [...added, ...this.parts] : added }
    return this.#marked.all
  }

  /** What was drawn last, once more. */
  again() {
    const state = this.page.get()
    const { shape, why } = copied(lastDrawn(state.trail, state.tasks), { task: current(state), isMissed: this.mode === "missed" })
    if (!shape) return toast(why)
    this.drawing.setTool(toolFor(shape))
    return this.drawing.put(shape)
  }

  /** Whether what is drawn lies where `nextDie` has put it. */
  get #isOnDie() { return Boolean(this.#die) && this.drawing.shape === this.#die.put }

  /** What was drawn last on this image, on the die beside it. @param {?string} side null: the next one round */
  nextDie(side = null) {
    const state = this.page.get()
    const { image, die_pitch_px: pitch } = current(state)
    const isAgain = this.#isOnDie
    if (!isAgain && this.drawing.shape && this.mode === "missed") return toast("Press the class of what is drawn, then copy it.")
    const last = isAgain ? this.#die.last : this.#lastHere(state)
    const { shape, side: at, why } = onNextDie(last, { pitch, size: image, side, after: isAgain ? this.#die.side : null })
    if (!shape) return toast(why)
    this.drawing.setTool(toolFor(shape))
    this.drawing.put(shape)
    this.#die = { last, side: at, put: this.drawing.shape }
    return this.page.showMode()
  }

  /** Of this image; where nothing was drawn on it, what the task is about. */
  #lastHere(state) {
    const task = current(state)
    const here = state.trail.filter((entry) => state.tasks.get(entry.task)?.image.id === task.image.id)
    const box = boxOf(state)
    return lastDrawn(here, state.tasks) ?? (box && { shape: shapeOf(state) ?? { kind: "box", bbox_px: box } })
  }

  /** An arrow: to the die on that side while one is chosen, else by a pixel. */
  arrow(key, way) {
    if (this.#isOnDie) this.nextDie(key)
    else this.drawing.nudge(way)
  }
}
