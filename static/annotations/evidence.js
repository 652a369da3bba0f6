/** What several people said of one defect, side by side: one row each, the picture of every word in it. */
import { h, icon, keyed } from "../shared/dom.js"
import { ageElement } from "../shared/ages.js"
import { accountName, classNamed, waferName } from "../shared/signs.js"
import { drawVoiceCrop } from "./opinion_overlay.js"
import { differenceWords, groundOf, voicesOf } from "./opinions_state.js"
import { swatch } from "./review_details.js"
import { verdictWords } from "./review_words.js"

const CROP_PX = 184
/** Pictures of rows out of sight are not asked for. */
const AHEAD = "400px"
const lazy = globalThis.IntersectionObserver && new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue
    lazy.unobserve(target)
    drawVoiceCrop(target, target.crop)
  }
}, { rootMargin: AHEAD })
const nameOf = (code) => classNamed(code).name

/**
 * @param {HTMLElement} list
 * @param {object[]} tasks
 * @param {{onOpen: (task: object) => void, wordsOf?: (task: object) => string[], voicesFor?: (task: object) => {who: string, said: object}[], isBlind?: boolean, acts?: (task: object) => Element[], more?: (task: object) => Element[], figures?: (task: object) => Element[]}} hooks
 *   voicesFor: words beside those of the task's history, first in the row; isBlind: and no others; more: beside the words; figures: after the pictures
 */
export function drawEvidence(list, tasks, hooks) {
  keyed(list, tasks, { key: ({ id, revision }) => `${id} ${revision}`, create: (task) => rowOf(task, hooks) })
}

function rowOf(task, { onOpen, voicesFor = () => [], isBlind = false, wordsOf = (one) => differenceWords(isBlind ? { ...one, opinions: voicesFor(one).map(({ said }) => said) } : one, nameOf), acts = () => [], more = () => [], figures = () => [] }) {
  const around = groundOf(task)
  const ruling = task.annotation?.layer === "adjudication" ? task.annotation : null
  const place = [task.lot?.code, waferName(task.wafer.code, task.image.file_name).name, task.tool].filter(Boolean).join(" · ")
  return h("li", { class: "evidence__row", "data-task": task.id },
    h("div", { class: "evidence__words" },
      ...wordsOf(task).map((text) => h("b", {}, text)), ...more(task),
      h("span", { class: "muted small" }, place), task.annotation ? ageElement(task.annotation.made_at, { class: "muted small" }) : null,
      h("div", { class: "row" }, h("button", { class: "button", type: "button", onclick: () => onOpen(task) }, icon("history", "small"), "History"), ...acts(task))),
    h("div", { class: "evidence__voices" },
      ...voicesFor(task).map(({ who, said }) => voiceFigure(task, { around, voice: { letter: "", dash: [], at: 0, code: said.class_code, shape: said.shape }, box: said.bbox_px, who, said })),
      ...(isBlind ? [] : voicesOf(task)).map((voice) => voiceFigure(task, { around, voice, box: voice.box, who: accountName(voice.said.author), said: voice.said })),
      ruling && !isBlind ? voiceFigure(task, { around, voice: { letter: "", dash: [], at: 0, code: ruling.class_code, shape: ruling.shape }, box: ruling.verdict === "defect" ? ruling.bbox_px : null, who: `${accountName(ruling.author)} decided`, said: ruling }) : null,
      task.detection ? voiceFigure(task, { around, voice: null, box: task.bbox_px, who: "The model", said: { verdict: "defect", class_code: task.class_code, comment: "" } }) : null,
      ...figures(task)))
}

/** One picture with a word under it. */
export function voiceFigure(task, { around, voice, box, who, said }) {
  const canvas = h("canvas", { width: CROP_PX, height: CROP_PX, "aria-hidden": "true" })
  canvas.crop = { image: task.image, around, voice, box }
  lazy.observe(canvas)
  return h("figure", { class: voice ? "voice" : "voice voice--model" }, canvas,
    h("figcaption", {}, h("span", { class: "muted small clip" }, who), h("span", { class: "voice__what" }, said.verdict === "nuisance" ? null : swatch(said.class_code), h("b", { class: "clip" }, verdictWords(said, nameOf))), said.comment && h("q", { class: "small clip", title: said.comment }, said.comment)))
}
