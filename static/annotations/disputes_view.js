/** The list of disputes, and the words about the chosen one. */
import { ageElement, setAge } from "../shared/ages.js"
import { glyph, h, keyed, setAttribute, setText } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { withReason } from "../shared/reasons.js"
import { recall, remember } from "../shared/remembered.js"
import { accountName, classNamed, layerName, waferName } from "../shared/signs.js"
import { chosen, noteOf, placeOf, reasonOf } from "./disputes_state.js"
import { differenceWords, disputedAt, voicesOf } from "./opinions_state.js"
import { swatch } from "./review_details.js"

const find = (selector) => document.querySelector(selector)
const nameOf = (code) => classNamed(code).name
const severityOf = (task) => task.detection?.severity ?? classNamed(task.class_code).severity
const waferOf = ({ wafer, image }) => waferName(wafer.code, image.file_name).name

export function drawList(state, onChoose) {
  keyed(find("#quarrels"), state.rows, {
    key: ({ id }) => id,
    create: (task) => {
      const button = h("button", { class: "quarrel", type: "button", "data-id": task.id, onclick: () => onChoose(task.id) })
      const row = h("li", {}, button)
      fillRow(button, task)
      return row
    },
    update: (row, task) => fillRow(row.firstElementChild, task),
  })
  for (const [id, row] of find("#quarrels").keyedElements) setAttribute(row.firstElementChild, "aria-current", id === state.at ? "true" : null)
  setText(find("#disputes-count"), state.rows.length ? `${countText(state.rows.length)}${state.next ? "+" : ""} to decide` : "All queues")
  find("#disputes-more").hidden = !state.next
}

function fillRow(button, task) {
  if (button.dataset.revision === String(task.revision)) return setAge(button.querySelector("time"), disputedAt(task))
  button.dataset.revision = task.revision
  const severity = severityOf(task)
  button.replaceChildren(
    h("span", { class: "quarrel__what" }, glyph(severity, `shape shape--${severity}`), swatch(task.class_code), h("b", { class: "clip" }, nameOf(task.class_code)), ageElement(disputedAt(task), { class: "push muted small" })),
    h("span", { class: "quarrel__where muted small clip" }, [waferOf(task), task.lot?.code].filter(Boolean).join(" · ")),
    ...differenceWords(task, nameOf).map((words) => h("span", { class: "quarrel__how small" }, words)))
  return undefined
}

/** Keeps the chosen row in sight, without moving what one reads. */
export function reveal(id) {
  find("#quarrels").keyedElements?.get(id)?.scrollIntoView({ block: "nearest", inline: "nearest" })
}

export function drawHead(task) {
  const wafer = `/wafers/${task.wafer.id}/${task.detection?.run ? `?run=${task.detection.run}` : ""}`
  const severity = severityOf(task)
  const words = differenceWords(task, nameOf)
  find("#dispute-head").replaceChildren(
    h("h2", {}, glyph(severity, `shape shape--${severity}`), words.join(" · ") || "They differ"),
    h("p", { class: "muted" }, h("a", { href: wafer }, `${waferOf(task)}${task.wafer.slot === null ? "" : ` · slot ${task.wafer.slot}`}`), ` · ${[`lot ${task.lot?.code}`, layerName(task.layer) && `layer ${layerName(task.layer)}`, task.tool, task.recipe && `${task.recipe.code} v${task.recipe.version}`].filter(Boolean).join(" · ")}`))
}

export function drawNote(state, { isOwn }) {
  const text = noteOf(state) ?? (isOwn ? "One of these opinions is yours, so another lead has to decide between them." : null)
  find("#dispute-note").hidden = !text
  setText(find("#dispute-note p"), text ?? "")
}

/** Whose box goes with another class: the model's unless another is chosen. */
export function drawBoxChoice(task) {
  const place = find("#box-of")
  if (!place) return
  const options = [["M", "The model’s"], ...voicesOf(task).filter(({ box }) => box).map(({ letter, said }) => [letter, `${accountName(said.author)}’s`])]
  place.replaceChildren(...options.map(([letter, title], at) => h("label", { title }, h("input", { type: "radio", name: "box", value: letter, checked: at === 0, "aria-label": title }), letter)))
}

/** Whose place is to stand, as it is sent: a box, or the shape that was drawn. */
export function placeChosen(task) {
  const letter = find("#box-of input:checked")?.value
  const voice = voicesOf(task).find((one) => one.letter === letter)
  return voice?.shape ? { shape: voice.shape } : { bbox_px: voice?.box ?? task.bbox_px }
}

/** What can be done, and what was written. The field is left alone while somebody is typing in it. */
export function drawActs(state, { isBusy, isOwn }) {
  const task = chosen(state)
  const place = placeOf(state)
  const may = { previous: place > 0, next: task && (place < state.rows.length - 1 || state.next), undo: state.trail.length > 0 && !isBusy, nuisance: task && !isBusy && !isOwn, reclass: task && !isBusy && !isOwn }
  for (const [name, is] of Object.entries(may)) {
    const button = find(`[data-action=${name}]`)
    if (button) button.disabled = !is
  }
  for (const button of document.querySelectorAll("[data-take]")) button.disabled = isBusy || isOwn
  const field = find("#reason")
  if (field && field.value !== reasonOf(state)) field.value = reasonOf(state)
}

/** Reasons that were given before are offered again. */
export function drawReasons() {
  find("#reasons")?.replaceChildren(...(recall("dispute-reasons").reasons ?? []).map((value) => h("option", { value })))
}

export function keepReason(text) {
  remember("dispute-reasons", { reasons: withReason(recall("dispute-reasons").reasons ?? [], text) })
  drawReasons()
}
