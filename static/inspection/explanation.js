/** Why the model saw the meant defect: asked, followed, and drawn over the image as heat. */
import { h, icon, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { themeColours } from "../shared/paint.js"
import { alphasOf, progressOf, summaryOf } from "./explanation_state.js"

const FOLLOW_MS = 1000
const FIRST_OPACITY = 0.6

export class Explanations {
  #known = new Map()
  #pictures = new Map()
  #meant = null
  #isShown = false
  #following = null
  #opacity = FIRST_OPACITY

  /** @param {HTMLElement} panel where it is said @param {{mayAsk: boolean, onDraw: () => void}} page */
  constructor(panel, { mayAsk, onDraw }) {
    Object.assign(this, { panel, mayAsk, onDraw })
    this.button = h("button", { class: "button", type: "button", onclick: () => this.toggle() }, icon("flame", "small"), h("span", {}, "Why this?"), h("kbd", {}, "E"))
    this.bar = h("progress", { class: "progress", max: 1, "aria-label": "How far it is", hidden: true })
    this.words = h("p", { class: "muted small", role: "status" })
    this.range = h("input", { class: "range", type: "range", min: 0.1, max: 1, step: 0.05, value: FIRST_OPACITY, "aria-label": "Opacity of the heat" })
    this.range.addEventListener("input", () => { this.#opacity = Number(this.range.value); this.onDraw() })
    panel.replaceChildren(this.button, this.bar, this.words, this.range)
    document.addEventListener("live:explanation.changed", ({ detail }) => { if (detail.data.detection === this.#meant?.id && this.#isShown) this.#ask() })
  }

  /** Another defect is meant. What is shown goes on for it where it is known already. */
  about(detection) {
    if (detection?.id === this.#meant?.id) return
    this.#meant = detection
    // What a person has added no model has found.
    this.panel.hidden = !detection || detection.confidence === null || !this.mayAsk
    if (!this.#known.has(detection?.id)) this.#isShown = false
    this.#say()
  }

  /** Show why, or show it no longer. */
  toggle() {
    if (this.panel.hidden) return
    this.#isShown = !this.#isShown
    this.#say()
    if (this.#isShown && !this.#now) this.#ask(true)
    this.onDraw()
  }

  get #now() {
    return this.#known.get(this.#meant?.id)
  }

  async #ask(isFirst = false) {
    const { id } = this.#meant
    clearTimeout(this.#following)
    const path = `detections/${id}/explanation/`
    const [answer, problem] = await outcome(isFirst ? postJson(path) : getJson(path))
    if (answer) this.#known.set(id, answer)
    if (this.#meant?.id !== id) return
    if (problem) this.#isShown = false
    this.#say(problem)
    if (answer && !progressOf(answer).isOver) this.#following = setTimeout(() => this.#meant?.id === id && this.#ask(), FOLLOW_MS)
    if (answer?.state === "failed") this.#known.delete(id)
    this.onDraw()
  }

  #say(problem = null) {
    const explanation = this.#isShown ? this.#now : null
    const { words, share } = progressOf(explanation)
    const isDone = explanation?.state === "done"
    this.button.setAttribute("aria-pressed", String(this.#isShown))
    this.bar.hidden = !this.#isShown || !explanation || progressOf(explanation).isOver
    if (share === null) this.bar.removeAttribute("value")
    else this.bar.value = share
    setText(this.words, problem ? problem.message : isDone ? summaryOf(explanation) : words)
    this.range.hidden = !isDone
  }

  /** @param {CanvasRenderingContext2D} context in CSS pixels @param {{x: number, y: number, scale: number}} place of the image on the screen */
  draw(context, { x: left, y: top, scale }, imageId) {
    const explanation = this.#isShown ? this.#now : null
    if (explanation?.state !== "done" || this.#meant.image !== imageId) return
    const [x, y, w, h] = explanation.region_px
    const box = [left + x * scale, top + y * scale, w * scale, h * scale]
    context.save()
    // Below the boxes, which are drawn already.
    context.globalCompositeOperation = "destination-over"
    context.globalAlpha = this.#opacity
    context.drawImage(this.#picture(explanation), ...box)
    context.globalAlpha = 1
    context.strokeStyle = themeColours()["image-ink"]
    context.setLineDash([2, 4])
    context.strokeRect(...box)
    context.restore()
  }

  /** The heat as a picture of a pixel a place, made once; the browser makes it smooth when it is drawn larger. */
  #picture(explanation) {
    if (this.#pictures.has(explanation.id)) return this.#pictures.get(explanation.id)
    const [rows, columns] = [explanation.heat.length, explanation.heat[0].length]
    const canvas = new OffscreenCanvas(columns, rows)
    const context = canvas.getContext("2d")
    context.fillStyle = themeColours().heat
    context.fillRect(0, 0, columns, rows)
    const pixels = context.getImageData(0, 0, columns, rows)
    alphasOf(explanation).forEach((alpha, at) => { pixels.data[at * 4 + 3] = alpha })
    context.putImageData(pixels, 0, 0)
    this.#pictures.set(explanation.id, canvas)
    return canvas
  }
}
