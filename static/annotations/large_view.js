/** One decision, large: the picture, who said what and when, what was done with it and why. */
import { cropSquare } from "../inspection/crops.js"
import { ageElement } from "../shared/ages.js"
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { confidenceText, durationText, lengthText } from "../shared/formats.js"
import { accountName, classNamed, layerName, waferName } from "../shared/signs.js"
import { finalOf, stepWords, storyOf } from "./decided_state.js"
import { drawVoiceCrop } from "./opinion_overlay.js"
import { unionOf } from "./opinions_state.js"
import { swatch } from "./review_details.js"
import { annotationWords, verdictWords } from "./review_words.js"

const CROP_PX = 640
const CONTEXT = 1.6
const nameOf = (code) => classNamed(code).name
const fact = (name, value) => (value === null || value === undefined || value === "" ? [] : [h("dt", {}, name), h("dd", {}, value)])

export class LargeView {
  /** @param {HTMLDialogElement} dialog @param {{onStep: (by: number) => void, onToggle: () => void, onReopen: () => void, onClosed: () => void}} hooks */
  constructor(dialog, hooks) {
    Object.assign(this, { dialog, id: null })
    const acts = { previous: () => hooks.onStep(-1), next: () => hooks.onStep(1), toggle: hooks.onToggle, reopen: hooks.onReopen, close: () => dialog.close() }
    for (const button of dialog.querySelectorAll("[data-large]")) button.addEventListener("click", () => acts[button.dataset.large]())
    dialog.addEventListener("keydown", (event) => {
      const key = { ArrowLeft: "previous", ArrowRight: "next", " ": event.target.closest("button, a") ? "" : "toggle", r: "reopen", Enter: event.target.closest("button, a") ? "" : "close" }[event.key]
      const button = key && dialog.querySelector(`[data-large=${key}]`)
      if (!button || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      if (!button.disabled && !button.hidden) acts[key]()
    })
    dialog.addEventListener("close", () => { this.id = null; hooks.onClosed() })
  }

  get isOpen() { return this.dialog.open }

  /** @param {object} task @param {{place: string, isMeant: ?boolean, note: string}} how isMeant: null where there is nothing to mean */
  show(task, { place, isMeant, note }) {
    const isNew = this.id !== task.id || this.revision !== task.revision
    Object.assign(this, { id: task.id, revision: task.revision })
    const find = (selector) => this.dialog.querySelector(selector)
    if (isNew) this.#draw(task, find)
    setText(find("#large-place"), place)
    find("#large-note").hidden = !note
    setText(find("#large-note p"), note)
    const toggle = find("[data-large=toggle]")
    toggle.hidden = isMeant === null
    setText(toggle.querySelector("span"), isMeant ? "Take it out" : "Put it in")
    setAttribute(toggle, "aria-pressed", String(!isMeant))
    if (!this.dialog.open) this.dialog.showModal()
    if (isNew) this.dialog.dispatchEvent(new Event("drawn"))
  }

  #draw(task, find) {
    const final = finalOf(task)
    const box = task.annotation?.bbox_px ?? task.bbox_px
    find("#large-title").replaceChildren(...(final === "nuisance" ? ["Nuisance"] : [swatch(final), nameOf(final)]))
    find("#large-canvas").getContext("2d").clearRect(0, 0, CROP_PX, CROP_PX)
    const [x, y, width, height] = unionOf([box, task.bbox_px])
    const around = [x - (width * (CONTEXT - 1)) / 2, y - (height * (CONTEXT - 1)) / 2, width * CONTEXT, height * CONTEXT]
    const voice = final === "nuisance" ? null : { letter: "", dash: [], at: 0, code: final, shape: task.annotation?.shape ?? task.shape }
    drawVoiceCrop(find("#large-canvas"), { image: task.image, around, voice, box })
    this.crop = { task, box, square: cropSquare(around, task.image) }
    find("#large-facts").replaceChildren(...factsOf(task))
    find("#large-story").replaceChildren(...storyOf(task).map((one) => h("li", {}, icon(one.what === "step" ? "circle-check" : "message-square", "small"), h("span", {}, h("b", {}, accountName(one.author)), ` ${wordsOf(one)} `, ageElement(one.made_at, { class: "muted nowrap" }), one.took_ms ? h("span", { class: "muted" }, ` · looked ${durationText(one.took_ms)}`) : "", (one.comment || one.reason) && h("q", {}, one.comment || one.reason)))))
  }
}

function wordsOf(one) {
  if (one.what === "step") return stepWords(one.state)
  if (one.layer === "adjudication") return one.verdict === "withdrawn" ? "took the ruling back" : `decided between them: ${verdictWords(one, nameOf)}`
  return annotationWords(one, nameOf)
}

function factsOf(task) {
  const { detection, wafer, lot } = task
  const run = detection?.run
  return [
    fact("The model said", detection ? `${nameOf(detection.class_code)} ${confidenceText(detection.confidence)}` : "nothing: a person found it"),
    fact("Size", detection ? lengthText(detection.size_um) : null),
    fact("Wafer", h("a", { href: `/wafers/${wafer.id}/${run ? `?run=${run}` : ""}` }, `${waferName(wafer.code, task.image.file_name).name}${wafer.slot === null ? "" : ` · slot ${wafer.slot}`}`)),
    fact("Lot", lot?.code), fact("Layer", layerName(task.layer)), fact("Tool", task.tool ?? "by hand"),
    fact("Model", detection?.model && `${detection.model} ${detection.version}`),
  ].flat()
}
