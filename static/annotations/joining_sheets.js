/** The sheets that cut one box in two, and that take several for one: a picture, large buttons, and a key for everything. */
import { drawCrop } from "../inspection/crops.js"
import { h, setAttribute } from "../shared/dom.js"
import { confidenceText } from "../shared/formats.js"
import { themeColours } from "../shared/paint.js"
import { classColour, classNamed } from "../shared/signs.js"
import { around, firstCut, labelPlace, movedCut, nearest, partsOf, turnedCut } from "./joining_state.js"
import { swatch } from "./review_details.js"

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }
const COARSE = 8
const nameOf = (code) => classNamed(code).name
const find = (selector) => document.querySelector(selector)

/** Draws the part of a task's image round some boxes, with those boxes in it. @param {{box: number[], code: string, label?: string, isFaint?: boolean}[]} marks */
async function drawBoxes(canvas, image, region, marks) {
  const place = await drawCrop(canvas, image, region)
  if (!place) return
  const context = canvas.getContext("2d")
  const colours = themeColours()
  for (const { box: [x, y, width, height], code, label, isFaint } of marks) {
    context.setLineDash(isFaint ? [5, 5] : [])
    for (const [colour, line] of [[colours["image-rim"], 5], [classColour(code), 2.5]]) {
      context.strokeStyle = colour
      context.lineWidth = line
      context.strokeRect(place.x + x * place.scale, place.y + y * place.scale, width * place.scale, height * place.scale)
    }
    if (!label) continue
    const labelAt = labelPlace([place.x + x * place.scale, place.y + y * place.scale, width * place.scale, height * place.scale], canvas.width)
    context.font = `700 20px ${getComputedStyle(document.body).fontFamily}`
    // A dashed rim would leave a label in shreds.
    context.setLineDash([])
    context.lineWidth = 4
    context.strokeStyle = colours["image-rim"]
    context.strokeText(label, ...labelAt)
    context.fillStyle = colours["image-ink"]
    context.fillText(label, ...labelAt)
  }
  context.setLineDash([])
}

class JoiningSheet {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog
    this.canvas = dialog.querySelector("canvas")
    dialog.addEventListener("close", () => this.answer(dialog.returnValue === "yes" ? this.result() : dialog.returnValue || null))
    dialog.querySelector("[data-yes]").addEventListener("click", () => this.finish())
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close(""))
    dialog.addEventListener("keydown", (event) => this.pressed(event))
  }

  open() {
    this.dialog.returnValue = ""
    this.draw()
    this.dialog.showModal()
    return new Promise((resolve) => { this.answer = resolve })
  }

  finish() { if (this.isReady()) this.dialog.close("yes") }

  pressed(event) {
    if (event.key === "Enter" && !event.target.closest("[data-close]")) this.finish()
    else if (!this.key(event)) return
    event.preventDefault()
  }
}

/** One box becomes two. */
export class SplitSheet extends JoiningSheet {
  /** @param {{code: string, key: string}[]} classes */
  constructor(classes) {
    super(find("#split"))
    this.classes = classes
    this.dialog.addEventListener("click", ({ target }) => this.clicked(target.closest("button")?.dataset ?? {}))
  }

  /** @returns {Promise<?{class_code: string, bbox_px: number[], other: {class_code: string, bbox_px: number[]}}|"draw">} draw: no cut parts them */
  ask(task, box, code) {
    Object.assign(this, { task, box, codes: [code, code], cut: firstCut(box), part: 1 })
    return this.open()
  }

  isReady() { return true }

  result() {
    const [first, second] = partsOf(this.box, this.cut)
    return { class_code: this.codes[0], bbox_px: first, other: { class_code: this.codes[1], bbox_px: second } }
  }

  clicked({ part, step, turn, code, draw }) {
    if (draw !== undefined) return this.dialog.close("draw")
    if (part) this.part = Number(part)
    else if (step) this.cut = movedCut(this.box, this.cut, Number(step))
    else if (turn !== undefined) this.cut = turnedCut(this.box, this.cut)
    else if (code) this.codes[this.part] = code
    else return undefined
    return this.draw()
  }

  key({ key, shiftKey }) {
    const chosen = this.classes.find((one) => one.key === key)
    if (STEPS[key]) this.clicked({ step: STEPS[key] * (shiftKey ? COARSE : 1) })
    else if (key === "r" || key === "R") this.clicked({ turn: "" })
    else if (key === "e" || key === "E") this.clicked({ draw: "" })
    else if (key === " ") this.clicked({ part: String(1 - this.part) })
    else if (chosen) this.clicked({ code: chosen.code })
    else return false
    return true
  }

  draw() {
    const parts = partsOf(this.box, this.cut)
    drawBoxes(this.canvas, this.task.image, this.box, parts.map((box, at) => ({ box, code: this.codes[at], label: String(at + 1) })))
    for (const button of this.dialog.querySelectorAll("[data-part]")) {
      const at = Number(button.dataset.part)
      setAttribute(button, "aria-pressed", String(at === this.part))
      button.replaceChildren(h("span", {}, `Part ${at + 1}`), h("b", {}, swatch(this.codes[at]), nameOf(this.codes[at])), h("small", { class: at === this.part ? null : "muted" }, `${Math.round(parts[at][2])} × ${Math.round(parts[at][3])} px`))
    }
    this.dialog.querySelector(".joining__classes").replaceChildren(...this.classes.map(({ code, name, key }) => h("button", { class: "pick", type: "button", tabindex: -1, "data-code": code, "aria-pressed": String(this.codes[this.part] === code) }, swatch(code), h("span", {}, name), key && h("kbd", {}, key))))
  }
}

/** Several boxes become one. */
export class MergeSheet extends JoiningSheet {
  constructor() {
    super(find("#merge"))
    this.dialog.addEventListener("click", ({ target }) => { const at = target.closest("[data-at]")?.dataset.at; if (at) this.toggle(Number(at)) })
  }

  /** @returns {Promise<?{class_code: string, bbox_px: number[], detections: string[]}>} */
  ask(task, box, code) {
    Object.assign(this, { task, box, code, others: nearest(box, task.others), chosen: new Set() })
    return this.open()
  }

  isReady() { return this.chosen.size > 0 }

  get boxes() { return [this.box, ...[...this.chosen].map((at) => this.others[at].bbox_px)] }

  result() {
    return { class_code: this.code, bbox_px: around(this.boxes), detections: [...this.chosen].map((at) => this.others[at].id) }
  }

  toggle(at) {
    if (!this.others[at]) return
    if (!this.chosen.delete(at)) this.chosen.add(at)
    this.draw()
  }

  key({ key }) {
    if (!/^[1-9]$/.test(key)) return false
    this.toggle(Number(key) - 1)
    return true
  }

  draw() {
    const whole = around(this.boxes)
    const marks = [...this.others.map((other, at) => ({ box: other.bbox_px, code: other.class_code, label: String(at + 1), isFaint: true })), { box: this.box, code: this.code, label: "this", isFaint: true }, { box: whole, code: this.code }]
    drawBoxes(this.canvas, this.task.image, around([this.box, ...this.others.map(({ bbox_px: box }) => box)]), marks)
    this.dialog.querySelector("ul").replaceChildren(...this.others.map((other, at) => h("li", {}, h("button", { class: "pick", type: "button", tabindex: -1, "data-at": at, "aria-pressed": String(this.chosen.has(at)) }, h("kbd", {}, String(at + 1)), swatch(other.class_code), h("span", {}, `${nameOf(other.class_code)} · ${confidenceText(other.confidence)}`), this.chosen.has(at) && h("b", {}, "belongs to it")))))
    const yes = this.dialog.querySelector("[data-yes]")
    yes.disabled = !this.isReady()
  }
}
