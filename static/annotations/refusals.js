/** Decisions the server did not take: mine and theirs side by side, until I say which is to stand. Nothing of mine is dropped unasked. */
import { cropSquare, picture } from "../inspection/crops.js"
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { themeColours } from "../shared/paint.js"
import { accountName, classColour, classNamed } from "../shared/signs.js"
import { paintShape } from "./canvas/paint.js"
import { boxOf } from "./canvas/shapes.js"
import { swatch } from "./review_details.js"
import { refusalTitle, verdictWords } from "./review_words.js"

const CROP_PX = 132
const nameOf = (code) => classNamed(code).name

export class Refusals {
  #all = new Map()

  /** @param {HTMLElement} list @param {{taskOf: (id) => ?object, onKeep: (refusal) => void, onSend: (refusal) => void}} hooks */
  constructor(list, hooks) {
    Object.assign(this, { list, hooks })
  }

  /** The newest of a task stands for all that were refused of it. */
  add(refusal) {
    for (const [seq, { edit }] of this.#all) {
      if (edit.task !== refusal.edit.task || edit.kind !== refusal.edit.kind || edit.kind === "missed") continue
      if (seq > refusal.seq) return
      this.#settled(seq, "onForget")
    }
    this.#all.set(refusal.seq, refusal)
    this.#draw()
  }

  #settled(seq, hook) {
    const refusal = this.#all.get(seq)
    this.#all.delete(seq)
    this.hooks[hook](refusal)
    this.#draw()
  }

  #draw() {
    this.list.hidden = this.#all.size === 0
    keyed(this.list, [...this.#all.values()], { key: ({ seq }) => String(seq), create: (refusal) => this.#create(refusal) })
  }

  #create(refusal) {
    const { seq, edit, problem } = refusal
    const theirs = problem.current?.annotation ?? null
    const isDecision = edit.kind !== "missed"
    const place = h("small", { class: "muted" })
    const sides = h("div", { class: "clash__sides" }, side("Mine", edit, isDecision ? verdictWords(edit, nameOf) : `missed: ${nameOf(edit.class_code)}`, refusal.at))
    if (theirs) sides.append(side(accountName(theirs.author), theirs, theirs.verdict === "withdrawn" ? "taken back" : verdictWords(theirs, nameOf), theirs.made_at))
    const element = h("article", { class: "clash" }, h("h3", {}, icon("triangle-alert", "small"), h("span", {}, refusalTitle(problem)), place), sides,
      theirs ? null : h("p", { class: "muted small" }, problem.detail),
      h("div", { class: "clash__acts" },
        h("button", { class: "button", type: "button", onclick: () => this.#settled(seq, "onForget") }, theirs ? "Keep theirs" : "Drop mine"),
        h("button", { class: "button", type: "button", onclick: () => this.#settled(seq, "onSend") }, "Send mine all the same")))
    this.#drawPictures(element, refusal, theirs, place)
    return element
  }

  async #drawPictures(element, { edit }, theirs, place) {
    const [task] = this.hooks.taskOf(edit.task) ? [this.hooks.taskOf(edit.task)] : await outcome(getJson(`review/tasks/${edit.task}/`))
    if (!task) return
    place.textContent = `${task.lot?.code ?? ""} · ${task.wafer.code}`
    const [mine, other] = element.querySelectorAll("canvas")
    const [my, their] = [edit.shape ? boxOf(edit.shape, task.image) : edit.bbox_px ?? task.bbox_px, theirs?.bbox_px ?? task.bbox_px]
    // Both pictures show the same part of the image, with both boxes in it.
    const around = union(my, their)
    drawBox(mine, task.image, around, { box: my, shape: edit.shape, code: edit.class_code })
    if (other) drawBox(other, task.image, around, { box: their, shape: theirs.shape, code: theirs.class_code })
  }
}

function side(who, { class_code: code, verdict, comment }, words, at) {
  return h("figure", { class: "clash__side" }, h("canvas", { width: CROP_PX, height: CROP_PX, "aria-hidden": "true" }),
    h("figcaption", {}, h("b", {}, who), h("span", {}, verdict === "nuisance" || !code ? null : swatch(code), words), at && ageElement(at, { class: "muted small" }), comment && h("q", {}, comment)))
}

function union([ax, ay, aw, ah], [bx, by, bw, bh]) {
  const [x, y] = [Math.min(ax, bx), Math.min(ay, by)]
  return [x, y, Math.max(ax + aw, bx + bw) - x, Math.max(ay + ah, by + bh) - y]
}

async function drawBox(canvas, image, around, { box, shape, code }) {
  const element = await picture(image)
  if (!element) return
  const scale = element.naturalWidth / image.width_px
  const [x, y, side] = cropSquare(around, image)
  const context = canvas.getContext("2d")
  context.imageSmoothingEnabled = false
  context.drawImage(element, x * scale, y * scale, side * scale, side * scale, 0, 0, CROP_PX, CROP_PX)
  const at = CROP_PX / side
  if (shape) return paintShape(context, shape, { place: { x: -x * at, y: -y * at, scale: at }, size: image, colour: code ? classColour(code) : themeColours()["image-ink"] })
  for (const [style, width] of [[themeColours()["image-rim"], 4], [code ? classColour(code) : themeColours()["image-ink"], 2]]) {
    context.strokeStyle = style
    context.lineWidth = width
    context.strokeRect((box[0] - x) * at, (box[1] - y) * at, box[2] * at, box[3] * at)
  }
  return undefined
}
