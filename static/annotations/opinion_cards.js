/** All opinions of a dispute side by side: who, what, where, why, how long they looked. */
import { ageElement } from "../shared/ages.js"
import { h, icon, svg } from "../shared/dom.js"
import { confidenceText, durationText } from "../shared/formats.js"
import { accountName, classNamed, scoreBar } from "../shared/signs.js"
import { drawVoiceCrop } from "./opinion_overlay.js"
import { groundOf, voicesOf } from "./opinions_state.js"
import { swatch } from "./review_details.js"

const CROP_PX = 232
const LAST_KEY = 9
const nameOf = (code) => classNamed(code).name

/**
 * @param {HTMLElement} list
 * @param {object} task
 * @param {{mayTake: boolean, isOwn: boolean, me: string, onTake: (voice) => void, onMeant: (letter: ?string) => void}} how
 */
export function drawCards(list, task, how) {
  const around = groundOf(task)
  const cards = voicesOf(task).map((voice) => opinionCard(voice, task, around, how))
  list.replaceChildren(...cards, ...(task.detection ? [modelCard(task, around)] : []))
}

/** The picture with their box in it, and their letter with the line it is drawn by. @param {?object} voice null: the model */
function cropOf(task, around, voice, box) {
  const canvas = h("canvas", { width: CROP_PX, height: CROP_PX })
  drawVoiceCrop(canvas, { image: task.image, around, voice, box })
  const line = voice ? svg("path", { d: "M0 5h36", "stroke-dasharray": voice.dash.join(" ") || null }) : svg("path", { d: "M8 1H1v8h7M28 1h7v8h-7" })
  const isDrawn = !voice || voice.box
  return h("div", { class: "opinion__crop", "aria-hidden": "true" }, canvas, h("span", { class: "opinion__mark" }, h("b", {}, voice?.letter ?? "M"), isDrawn ? svg("svg", { viewBox: "0 0 36 10" }, line) : h("small", {}, "no box")))
}

function opinionCard(voice, task, around, { mayTake, isOwn, me, onTake, onMeant }) {
  const { said, code, at } = voice
  const who = accountName(said.author)
  const key = at < LAST_KEY ? String(at + 1) : ""
  const take = mayTake && h("button", { class: "button button--wide opinion__take", type: "button", "data-take": at, disabled: isOwn, "aria-keyshortcuts": key || null, onclick: () => onTake(voice) }, h("kbd", { "aria-hidden": "true" }, key), h("span", { class: "clip" }, `Take ${who}’s`))
  const name = `${voice.letter}, ${who}: ${code ? nameOf(code) : "nuisance"}`
  return h("article", { class: "opinion", "aria-label": name, onpointerenter: () => onMeant(voice.letter), onpointerleave: () => onMeant(null) },
    cropOf(task, around, voice, voice.box),
    h("div", { class: "opinion__words" },
      h("p", { class: "opinion__who clip", title: who }, said.author === me ? `${who} (you)` : who),
      h("p", { class: "opinion__what" }, code ? swatch(code) : null, h("b", {}, code ? nameOf(code) : "Nuisance")),
      said.comment && h("q", { class: "small", title: said.comment }, said.comment),
      h("p", { class: "muted small opinion__when" }, said.took_ms !== null && h("span", {}, `looked ${durationText(said.took_ms)}`), h("span", {}, icon("clock", "small"), ageElement(said.made_at)))),
    take)
}

function modelCard(task, around) {
  const { detection, bands } = task
  return h("article", { class: "opinion opinion--model", "aria-label": "The model" }, cropOf(task, around, null, task.bbox_px),
    h("div", { class: "opinion__words" },
      h("p", { class: "opinion__who clip" }, "The model"),
      h("p", { class: "opinion__what" }, swatch(task.class_code), h("b", {}, nameOf(task.class_code))),
      h("p", { class: "opinion__score" }, h("span", { class: "small" }, confidenceText(detection.confidence)), scoreBar(detection.confidence, { reviewFrom: bands?.review_from, rejectFrom: bands?.reject_from, band: detection.band })),
      h("p", { class: "muted small clip" }, [detection.model, detection.version].filter(Boolean).join(" "))))
}
