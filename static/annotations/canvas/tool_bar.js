/** The tools beside the picture while something is drawn: a large button each, with its key, and what the tool in hand can be set to. */
import { setAttribute, setText } from "../../shared/dom.js"
import { bind, keyText } from "../../shared/keys.js"
import { recall, remember } from "../../shared/remembered.js"

const GROUP = "While drawing"
const TURN_DEG = 1
/** Act, keys, what it does. */
const ACTS = [
  ["box", ["r"], "Box"],
  ["rotated", ["q"], "Rotated box: drag it, its corners, or the round handle that turns it"],
  ["polygon", ["v"], "Outline: corner by corner, or in one go"],
  ["brush", ["w"], "Brush; once more: eraser"],
  ["point", ["d"], "Point"],
  ["tag", ["i"], "The whole image"],
  ["smart", ["a"], "Scribble or tap, and the region is found"],
  ["again", ["k"], "The shape I drew last, here"],
  ["die", ["l"], "The shape I drew last on this image, on the next die; an arrow says on which side"],
  ["smaller", ["["], "Brush smaller; found region tighter"],
  ["larger", ["]"], "Brush larger; found region wider"],
  ["snapping", ["j"], "Snapping on or off"],
]
/** What is done at once, where the others are tools in hand. */
const ONCE = new Set(["again", "die", "larger", "smaller", "close"])
const REPEATED = new Set(["smaller", "larger"])
export const HINTS = {
  box: "Drag the box, its handles, or a new one.",
  rotated: "Drag a corner, the round handle, or a new one. < and > turn it.",
  polygon: "Tap corner by corner, or draw it in one go.",
  brush: "Paint the defect. The brush once more takes away.",
  point: "Tap where it is.",
  tag: "Meant is the whole image.",
  smart: "Scribble over the defect, or tap it.",
}

export class ToolBar {
  /**
   * @param {HTMLElement} element
   * @param {Drawing} drawing
   * @param {{again: () => void, die: () => void, tune: (steps: number) => boolean, onTool: () => void}} hooks tune: whether it had something to tune
   */
  constructor(element, drawing, hooks) {
    Object.assign(this, { element, drawing, hooks })
    drawing.isSnapping = recall("drawing").snapping !== "off"
    for (const button of element.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.act(button.dataset.tool))
    document.addEventListener("waferdeck:keys", () => this.draw())
  }

  /** Binds the keys; after those of the page, which they stand in for while something is drawn. */
  bind() {
    const { drawing } = this
    const isDrawing = () => Boolean(drawing.mode)
    for (const [name, keys, label] of ACTS) bind({ action: `drawing.${name}`, keys, label, group: GROUP, when: isDrawing, isOnce: !REPEATED.has(name), run: () => this.act(name) })
    bind({ keys: ["<", ">"], label: "Turn by a degree", group: GROUP, when: () => drawing.shape?.kind === "rotated", run: ({ key }) => drawing.turn(key === ">" ? TURN_DEG : -TURN_DEG) })
    bind({ keys: ["Enter"], label: "Close the outline", group: GROUP, when: () => Boolean(drawing.open), run: () => drawing.close() })
    bind({ keys: ["Backspace", "Delete"], label: "Take the last corner back, or the one under the pointer", group: GROUP, when: isDrawing, run: () => drawing.back(drawing.pointer) })
  }

  act(name) {
    const { drawing } = this
    if (name === "again") this.hooks.again()
    else if (name === "die") this.hooks.die()
    else if (name === "larger" || name === "smaller") {
      const steps = name === "larger" ? 1 : -1
      if (!this.hooks.tune(steps)) drawing.resize(steps)
    } else if (name === "close") drawing.close()
    else if (name === "snapping") {
      drawing.isSnapping = !drawing.isSnapping
      remember("drawing", { snapping: drawing.isSnapping ? "on" : "off" })
    } else drawing.setTool(name)
    this.hooks.onTool()
    this.draw()
  }

  draw() {
    const { element, drawing } = this
    element.hidden = !drawing.mode
    if (!drawing.mode) return
    const isSized = drawing.tool === "brush" || this.hooks.tune(0)
    for (const button of element.querySelectorAll("[data-tool]")) {
      const name = button.dataset.tool
      const key = keyText(`drawing.${name}`)
      setText(button.querySelector("kbd"), key)
      setAttribute(button, "aria-keyshortcuts", key)
      if (name === "snapping") setAttribute(button, "aria-pressed", String(drawing.isSnapping))
      else if (!ONCE.has(name)) setAttribute(button, "aria-pressed", String(drawing.tool === name))
      if (name === "larger" || name === "smaller") button.hidden = !isSized
      if (name === "close") button.hidden = !drawing.open
    }
    setText(element.querySelector("[data-tool=brush] span"), drawing.erases ? "Eraser" : "Brush")
    setAttribute(element, "data-erases", String(drawing.erases))
  }
}
