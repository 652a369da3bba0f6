/** Drawing on the picture: the box of the task anew, or one around what the model has missed. */
import { dragged, grip, grown, moved } from "./box_edit.js"

const REACH_PX = 12
const GLOVE_REACH_PX = 28

export class BoxEditor {
  #drag = null

  /** @param {{placement: () => ?object, size: () => object, onChange: (mode: string, box: number[]) => void}} hooks */
  constructor(hooks) {
    this.hooks = hooks
    /** null, "redraw" or "missed". */
    this.mode = null
    this.box = null
  }

  begin(mode, box) {
    Object.assign(this, { mode, box })
    this.#drag = null
  }

  end() {
    this.begin(null, null)
  }

  #reach() {
    const reachPx = document.documentElement.dataset.glove === "on" ? GLOVE_REACH_PX : REACH_PX
    return reachPx / (this.hooks.placement()?.scale ?? 1)
  }

  /** @returns {boolean} whether the pointer is drawing: then the picture stays where it is */
  press(point) {
    if (!this.mode || !point) return false
    this.#drag = { hold: grip(this.box, point, this.#reach()), from: point, box: this.box }
    return true
  }

  drag(point) {
    if (!this.#drag || !point) return Boolean(this.mode)
    const { hold, from, box } = this.#drag
    this.#set(dragged(box, hold, from, point, this.hooks.size()))
    return true
  }

  release() {
    const wasDrawing = Boolean(this.#drag)
    this.#drag = null
    return wasDrawing
  }

  nudge(way) { if (this.box) this.#set(moved(this.box, way, this.hooks.size())) }

  grow(way) { if (this.box) this.#set(grown(this.box, way, this.hooks.size())) }

  #set(box) {
    this.box = box
    this.hooks.onChange(this.mode, box)
  }
}
