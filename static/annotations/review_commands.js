/** Keys and buttons of the review. Every act has both, and what a key does is said on its button. */
import { setAttribute, setText } from "../shared/dom.js"
import { bind, keyText } from "../shared/keys.js"
import { NOT_WHILE_DRAWING } from "./review_state.js"

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const ARROWS = Object.keys(WAYS)
const SHIFTED = ARROWS.map((key) => `Shift+${key}`)
const PAN_SHARE = 0.25
const GROUP = { decide: "Decide", way: "Way", view: "Picture" }
/** Act, keys, what it does, group. What is done once stays done once however long its key is held. */
const ACTS = [
  ["confirm", ["Enter", " "], "Confirm: it is what the model says", "decide"],
  ["nuisance", ["x"], "Nuisance: nothing is wrong here", "decide"],
  ["reclass", ["t"], "Another class, by its name", "decide"],
  ["redraw", ["e"], "Draw the box anew", "decide"],
  ["missed", ["m"], "Add what the model has missed: draw, then the class's key", "decide"],
  ["split", ["d"], "Split: two defects in one box", "decide"],
  ["merge", ["j"], "Merge: several boxes, one defect", "decide"],
  ["comment", ["c"], "Comment, kept with the decision", "decide"],
  ["undo", ["u", "Ctrl+z"], "Undo", "way"],
  ["redo", ["y", "Ctrl+Shift+z"], "Redo", "way"],
  ["skip", ["s"], "Skip, with a reason", "way"],
  ["hold", ["h"], "Put the wafer on hold, with a reason", "way"],
  ["previous", ["p", "ArrowLeft"], "Back to what I decided, skipped or passed over", "way"],
  ["next", ["n", "ArrowRight"], "On to what waits", "way"],
  ["defect", ["z"], "Back to the defect", "view"],
  ["fit", ["f", "0"], "The whole image", "view"],
  ["closer", ["+", "="], "Closer", "view"],
  ["farther", ["-"], "Farther", "view"],
  ["boxes", ["o"], "Boxes on or off", "view"],
  ["levels", ["b"], "Brightness and contrast", "view"],
]

/**
 * @param {Object<string, () => void>} acts what each does, by its name
 * @param {{classes: object[], choose: (code: string, event) => void, editor: Drawing, arrow: (key: string, way: number[]) => void, zoom: ReviewZoom, escape: () => void}} page
 *   arrow: what an arrow does to what is drawn
 */
export function bindReview(acts, { classes, choose, editor, arrow, zoom, escape }) {
  for (const [name, keys, label, group] of ACTS) bind({ action: `review.${name}`, keys, label, group: GROUP[group], isOnce: group !== "view", ...(NOT_WHILE_DRAWING.has(name) && { when: () => !editor.mode }), run: (event) => acts[name](event) })
  for (const { code, key, name } of classes) if (key) bind({ keys: [key], label: name, group: "It is of the class", isOnce: true, run: (event) => choose(code, event) })
  bind({ keys: ["Escape"], label: "The model's box again; closes what is open", group: GROUP.decide, run: escape })
  bind({ keys: SHIFTED, label: "Move the picture", group: GROUP.view, run: ({ key }) => zoom.panBy(...WAYS[key].map((way) => way * PAN_SHARE)) })
  const isDrawn = () => Boolean(editor.mode && editor.shape)
  bind({ keys: ARROWS, label: "While drawing: what is drawn by a pixel; a copy to another die", group: GROUP.decide, when: isDrawn, run: ({ key }) => arrow(key, WAYS[key]) })
  bind({ keys: SHIFTED, label: "While drawing: its size by a pixel", group: GROUP.decide, when: isDrawn, run: ({ key }) => editor.grow(WAYS[key]) })
  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", (event) => acts[button.dataset.action](event))
  }
  document.addEventListener("mousedown", leaveFocus)
  drawKeys()
  document.addEventListener("waferdeck:keys", drawKeys)
}

/** A button that a pointer has pressed would keep the focus, and take Enter and Space from the next defect. */
function leaveFocus(event) {
  if (!event.target.closest("button") || event.target.closest("dialog")) return
  event.preventDefault()
  document.activeElement?.blur()
}

function drawKeys() {
  for (const button of document.querySelectorAll("[data-action]")) {
    const key = keyText(`review.${button.dataset.action}`)
    setText(button.querySelector("kbd, .command__key"), key)
    setAttribute(button, "aria-keyshortcuts", key)
  }
}

/** The levels: open or shut, and what they set. */
export function bindLevels(panel, button, zoom) {
  const look = { brightness: 1, contrast: 1 }
  panel.addEventListener("input", ({ target }) => {
    look[target.name] = Number(target.value)
    zoom.setLevels(look)
  })
  panel.querySelector("button").addEventListener("click", () => {
    Object.assign(look, { brightness: 1, contrast: 1 })
    for (const input of panel.querySelectorAll("input")) input.value = 1
    zoom.setLevels(look)
  })
  return () => {
    if (panel.contains(document.activeElement)) document.activeElement.blur()
    panel.hidden = !panel.hidden
    setAttribute(button, "aria-pressed", String(!panel.hidden))
  }
}
