/** Before and after, over all and per class, with intervals. */
import { h, icon, svg } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { className } from "./registry_state.js"
import { classRows, figuresOf, fromTo, setsOf, share } from "./training_state.js"

const HEIGHT = 34
const SIGNS = { better: "arrow-up", worse: "arrow-down", same: "" }
const percent = (value) => `${(value * 100).toFixed(1)}%`

/** @param {HTMLElement} place @param {object} result of a run; drawn once it is there */
export function drawBeside(place, result) {
  const sets = setsOf(result)
  if (place.childElementCount || !sets.length) return
  place.replaceChildren(...sets.map(([key, title, note]) => panelOf(result.compared[key], { title, note, base: result.compared.base, key })))
}

function panelOf(measured, { title, note, base, key }) {
  const { pictures, defects } = measured.after
  return h("section", { class: "panel beside", "aria-labelledby": `beside-${key}` },
    h("header", { class: "panel__head" }, h("h2", { id: `beside-${key}` }, title), h("p", { class: "muted" }, `${note} ${countText(pictures)} pictures, ${countText(defects)} defects; version ${base} before, this one after, each with its own thresholds.`)),
    h("div", { class: "figures beside__figures" }, figuresOf(measured).map(([before, after, words, level]) => h("div", { class: "figure beside__figure", "data-change": level }, h("b", {}, after), h("span", {}, words), h("small", { class: "muted" }, `before ${before}`)))),
    h("div", { class: "table-scroll" }, h("table", { class: "table beside__table" },
      h("thead", {}, h("tr", {}, ["Class", "Defects", "Recall, 0 to 100 %", "Before, after", "Found, lost", "", "Precision"].map((word, at) => h("th", { class: at === 1 ? "number" : at === 2 ? "beside__track-head" : "" }, word)))),
      h("tbody", {}, classRows(measured).map(rowOf)))))
}

function rowOf({ code, defects, before, after, gained, lost, verdict, level, precision }) {
  return h("tr", { "data-change": level },
    h("td", {}, className(code)), h("td", { class: "number" }, countText(defects)),
    h("td", { class: "beside__cell" }, trackOf(before, after)), h("td", { title: `before ${share(before)}, after ${share(after)}` }, fromTo(before, after)),
    h("td", { class: "number" }, `+${gained} −${lost}`), h("td", { class: "beside__verdict" }, h("span", {}, SIGNS[level] ? icon(SIGNS[level], "small") : null, verdict)), h("td", { class: "muted", title: `before ${share(precision[0])}, after ${share(precision[1])}` }, fromTo(...precision)))
}

/** Two intervals on one scale of 0 to 1: above hollow what was, below full what is. */
function trackOf(before, after) {
  const line = (kind, x1, x2, y) => svg("line", { class: `beside__${kind}`, x1: percent(x1), x2: percent(x2), y1: y, y2: y })
  const parts = [line("ground", 0, 1, HEIGHT / 2)]
  for (const [estimate, kind, y] of [[before, "before", 10], [after, "after", HEIGHT - 10]]) {
    if (estimate.value !== null) parts.push(line(kind, estimate.low, estimate.high, y), svg("circle", { class: `beside__dot beside__dot--${kind}`, cx: percent(estimate.value), cy: y, r: 5 }))
  }
  return svg("svg", { class: "beside__track", height: HEIGHT, role: "img", "aria-label": `before ${share(before)}, after ${share(after)}` }, ...parts)
}
