/** What is told about the task on the screen: why, what the model says, where it is, what was said of it before. */
import { ageElement } from "../shared/ages.js"
import { glyph, h, icon, setAttribute, setText } from "../shared/dom.js"
import { confidenceText, countText, lengthText, plural } from "../shared/formats.js"
import { accountName, bandElement, classCountsText, classNamed, layerName, scoreBar } from "../shared/signs.js"
import { addedOf, boxOf, current, isWhole, left, mayDo, othersOf, paceS, saidOf, workOf } from "./review_state.js"
import { annotationWords, drawnWords, leftText, paceText, verdictWords } from "./review_words.js"

const find = (selector) => document.querySelector(selector)
const nameOf = (code) => classNamed(code).name
const fact = (name, value) => (value === null || value === undefined || value === "" ? [] : [h("dt", {}, name), h("dd", {}, value)])

export function swatch(code) {
  const element = h("span", { class: "swatch" })
  element.style.setProperty("--swatch", `var(--class-${code})`)
  return element
}

export function drawHead(state, { isAway = "" } = {}) {
  const task = current(state)
  const said = saidOf(state)
  setText(find("#left"), leftText(left(state), state.isMore))
  setText(find("#pace"), paceText(paceS(state)))
  if (!task) return
  setText(find("#why-title"), said ? "You have decided this" : isAway || "Why you see this")
  if (said) find("#why").replaceChildren(verdictWords(said, nameOf), said.comment ? `, “${said.comment}”` : "", " · ", ageElement(new Date(said.atMs).toISOString(), { class: "muted" }))
  else setText(find("#why"), task.why)
}

export function drawSide(state) {
  const task = current(state)
  if (state.open !== null) for (const part of ["#meant", "#facts", "#past"]) find(part).hidden = !task
  if (!task) return
  find("#meant").replaceChildren(...meantParts(task, state))
  find("#facts").replaceChildren(factsOf(task, state))
  find("#past").replaceChildren(...pastOf(task))
  setText(find("#image-name"), [`${task.image.width_px} × ${task.image.height_px} px`, task.image.pixel_um && `${task.image.pixel_um} µm a pixel`, task.image.file_name].filter(Boolean).join(" · "))
}

/** The large buttons, as far as they mean something for the task. While something is drawn, letters are the tools'. @param {{parts?: ?number}} how parts: of a split that is drawn */
export function drawDecisions(task, { isDrawing = false, parts = null } = {}) {
  for (const button of document.querySelectorAll(".decision")) button.disabled = !mayDo(button.dataset.action, task, isDrawing)
  setText(find("[data-action=confirm] span"), isWhole(task) ? "Nothing missing" : "Confirm")
  setText(find("#confirm-class"), task?.class_code ? nameOf(task.class_code) : "")
  if (parts === null) return
  setText(find("[data-action=confirm] span"), "Split")
  setText(find("#confirm-class"), plural(parts, "part"))
}

function wholeParts(task, state) {
  const added = addedOf(state).length
  return [h("div", { class: "meant__head" }, h("h2", {}, "The whole image")), workNote(task, state),
    h("p", {}, "Random audit: chance drew this image, to measure how good the model is. What the model found is outlined. Add every defect that it missed; then say that nothing is missing."),
    added > 0 && h("p", { class: "muted" }, `Added by me: ${added}`)].filter(Boolean)
}

function meantParts(task, state) {
  const { detection } = task
  if (isWhole(task)) return wholeParts(task, state)
  const severity = detection?.severity ?? classNamed(task.class_code).severity
  const head = h("div", { class: "meant__head" }, glyph(severity, `shape shape--${severity}`), h("h2", {}, nameOf(task.class_code)), h("span", { class: "muted" }, severity),
    detection && h("span", { class: "push" }, bandElement({ state: "done", band: detection.band })))
  if (!detection) return [head, workNote(task, state), h("p", { class: "muted" }, "A person found this; the model had not.")].filter(Boolean)
  const bands = { reviewFrom: task.bands?.review_from, rejectFrom: task.bands?.reject_from, band: detection.band }
  return [head, workNote(task, state),
    h("div", { class: "meant__score" }, h("b", {}, confidenceText(detection.confidence)), h("span", { class: "muted small" }, "confidence"), scoreBar(detection.confidence, bands),
      h("span", { class: "muted small" }, thresholdWords(task))),
    h("ol", { class: "top3 top3--keys", "aria-label": "Three likeliest classes" }, (detection.top3 ?? []).map(({ class_code: code, confidence }) => h("li", {}, swatch(code), h("span", { class: "clip" }, nameOf(code)), h("b", {}, confidenceText(confidence)), h("kbd", {}, classNamed(code).key || "–"))))].filter(Boolean)
}

function thresholdWords({ threshold, bands }) {
  const reported = threshold === null ? "" : `reported from ${confidenceText(threshold)}, `
  return `${reported}review from ${confidenceText(bands?.review_from)}, reject from ${confidenceText(bands?.reject_from)}`
}

/** What I have begun and not said yet. */
function workNote(task, state) {
  const { bbox_px: box, shape, comment } = workOf(state)
  if (!box && !comment) return null
  return h("p", { class: "begun" }, icon("square-pen", "small"), h("span", {}, box && `${drawnWords(box, shape)}. `, comment && `“${comment}”`))
}

function factsOf(task, state) {
  const { detection, wafer, lot, recipe } = task
  const box = boxOf(state)
  const run = detection?.run ?? task.run
  const others = othersOf(state)
  const counts = Object.fromEntries([...Map.groupBy(others, ({ class_code: code }) => code)].map(([code, list]) => [code, list.length]))
  return h("dl", { class: "facts" },
    fact("Size", detection ? lengthText(detection.size_um) : null),
    fact(isWhole(task) ? "Image" : "Box", `${Math.round(box[2])} × ${Math.round(box[3])} px`),
    fact("Die (col, row)", detection?.die?.join(", ")),
    fact("Die pitch (px)", task.die_pitch_px?.map((px) => countText(Math.round(px))).join(" × ") ?? "not known"),
    fact("Wafer", h("a", { href: `/wafers/${wafer.id}/${run ? `?run=${run}` : ""}` }, `${wafer.code}${wafer.slot === null || wafer.slot === undefined ? "" : ` · slot ${wafer.slot}`}`)),
    fact("Lot", lot?.code), fact("Layer", layerName(task.layer)), fact("Tool", task.tool ?? "by hand"),
    fact("Recipe", recipe && `${recipe.code} v${recipe.version}`), fact("Model", detection?.model && `${detection.model} ${detection.version}`),
    fact("On this image", others.length ? `${classCountsText(counts)}${isWhole(task) ? "" : " besides"}` : isWhole(task) ? "nothing found" : "nothing else"),
    addedOf(state).length ? fact("Added by me", classCountsText(Object.fromEntries([...Map.groupBy(addedOf(state), ({ class_code: code }) => code)].map(([code, list]) => [code, list.length])))) : [])
}

function pastOf(task) {
  const history = task.history ?? []
  if (!history.length) return [h("h3", {}, "History"), h("p", { class: "muted small" }, "Nobody has decided anything about it.")]
  const rows = [...history].reverse().map((one) => h("li", {}, h("b", {}, accountName(one.author)), ` ${annotationWords(one, nameOf)} `, ageElement(one.made_at, { class: "muted" }), one.comment && h("q", {}, one.comment)))
  return [h("h3", {}, "History"), h("ol", { class: "past" }, rows)]
}

/** One button per class, with its colour, name and key; the model's is marked. */
export function drawClassKeys(list, classes, choose) {
  list.replaceChildren(...classes.map(({ code, name, key }) => h("button", { class: "classkey", type: "button", "data-class": code, onclick: (event) => choose(code, event) }, swatch(code), h("span", {}, name), key && h("kbd", { "aria-hidden": "true" }, key))))
}

export function markClass(list, state) {
  const task = current(state)
  const code = saidOf(state)?.class_code ?? task?.class_code
  for (const button of list.children) {
    setAttribute(button, "aria-current", task && button.dataset.class === code ? "true" : null)
    button.disabled = !task
  }
}

/** What the journal says about what is kept and sent. */
export function drawSaved(words) {
  const element = find("#saved")
  setAttribute(element, "data-level", words.level)
  setText(element.querySelector("span"), words.text)
  if (element.dataset.icon !== words.icon) {
    element.dataset.icon = words.icon
    element.querySelector("svg").replaceWith(icon(words.icon, "small"))
  }
}
