/** Numbers with their intervals, one under the other on one scale: how sure something is, is seen before it is read. */
import { h, icon, keyed, svg } from "../shared/dom.js"
import { showNumbers } from "./numbers_table.js"
import { swatch } from "./review_details.js"

const HEIGHT = 28
const MIDDLE = HEIGHT / 2
const percent = (share) => `${(share * 100).toFixed(2)}%`

/**
 * @param {HTMLElement} place
 * @param {{key: string, label: string, code?: ?string, estimate: object, level?: string, beside?: ?number, note?: string, text?: string, onOpen?: () => void}[]} rows beside: a
 *   second value without an interval, drawn hollow
 * @param {{from?: number, to?: number, marks?: number[], limit?: ?number, text: (value: number) => string, noteTitle?: string, name: string, valueTitle?: string, besideName?: string, besideTitle?: string}} axis
 *   valueTitle, besideTitle: what the values are called over the table of the numbers
 */
export function drawIntervals(place, rows, axis) {
  const { from = 0, to = 1, marks = [0, 0.5, 1] } = axis
  const at = (value) => Math.min(1, Math.max(0, (value - from) / (to - from)))
  let list = place.querySelector(".intervals")
  if (!list) {
    list = h("ul", { class: "intervals", "aria-label": axis.name })
    const head = h("div", { class: "intervals__axis", "aria-hidden": "true" }, h("span", {}), svg("svg", { class: "intervals__track", height: 18 }), h("span", {}), h("span", { class: "muted small" }, axis.noteTitle ?? "Items"))
    place.replaceChildren(h("div", { class: "intervals__plot" }, head, list))
  }
  place.querySelector(".intervals__axis svg").replaceChildren(...marks.map((mark) => svg("text", { x: percent(at(mark)), y: 13, "text-anchor": at(mark) === 0 ? "start" : at(mark) === 1 ? "end" : "middle" }, axis.text(mark))))
  keyed(list, rows.map((row) => ({ ...row, look: JSON.stringify([row, from, to]) })), {
    key: ({ key, look }) => `${key} ${look}`,
    create: (row) => rowElement(row, { at, marks, axis }),
  })
  showNumbers(place, { name: axis.name, head: headOf(axis), rows: rows.map((row) => cellsOf(row, axis)) })
}

const hasBeside = (axis) => Boolean(axis.besideTitle)

function headOf(axis) {
  return ["", axis.valueTitle ?? "Value", "95 % from", "to", axis.noteTitle ?? "Items", ...(hasBeside(axis) ? [axis.besideTitle] : [])]
}

function cellsOf({ label, estimate: { value, low, high }, note = "", beside = null }, axis) {
  const number = (one) => ({ text: one === null ? "unknown" : axis.text(one), value: one })
  return [{ text: label, value: label }, number(value), number(low), number(high), { text: note, value: note }, ...(hasBeside(axis) ? [number(beside)] : [])]
}

function rowElement(row, { at, marks, axis }) {
  const { label, code, estimate, level = "good", beside = null, note = "", onOpen } = row
  const said = row.text ?? (estimate.value === null ? "–" : axis.text(estimate.value))
  const range = estimate.low === null ? "no interval" : `${axis.text(estimate.low)} to ${axis.text(estimate.high)}`
  const words = `${label}: ${estimate.value === null ? "unknown" : said}, ${range}${beside === null ? "" : `, ${axis.besideName ?? "naive"} ${axis.text(beside)}`}${note ? `, ${note} items` : ""}`
  const parts = [
    h("span", { class: "intervals__label" }, code && code !== "nuisance" ? swatch(code) : null, h("span", { class: "clip" }, label)),
    svg("svg", { class: "intervals__track", height: HEIGHT, "aria-hidden": "true" }, ...trackOf({ estimate, beside, level, at, marks, limit: axis.limit ?? null })),
    h("b", { class: "intervals__value" }, said), h("span", { class: "intervals__note muted small" }, note),
  ]
  const attributes = { class: "intervals__row", "data-level": level, title: words }
  const body = onOpen ? h("button", { ...attributes, type: "button", "aria-label": words, onclick: onOpen }, parts, icon("chevron-right", "small")) : h("div", { ...attributes, role: "img", "aria-label": words }, parts)
  return h("li", {}, body)
}

function trackOf({ estimate: { value, low, high }, beside, level, at, marks, limit }) {
  const line = (kind, x1, x2, y1 = MIDDLE, y2 = MIDDLE) => svg("line", { class: `intervals__${kind}`, x1: percent(x1), x2: percent(x2), y1, y2 })
  const parts = [line("ground", 0, 1), ...marks.map((mark) => line("mark", at(mark), at(mark), MIDDLE - 4, MIDDLE + 4))]
  if (limit !== null) parts.push(line("limit", at(limit), at(limit), 2, HEIGHT - 2))
  if (low !== null) parts.push(line("span", at(low), at(high)), line("end", at(low), at(low), MIDDLE - 6, MIDDLE + 6), line("end", at(high), at(high), MIDDLE - 6, MIDDLE + 6))
  if (beside !== null && value !== null) parts.push(line("between", at(value), at(beside)))
  if (beside !== null) parts.push(svg("circle", { class: "intervals__beside", cx: percent(at(beside)), cy: MIDDLE, r: 5 }))
  if (value !== null) parts.push(signOf(level, percent(at(value))))
  return parts
}

/** What is too little is a square and what says hardly anything is small: colour alone tells nothing. */
function signOf(level, x) {
  if (level === "poor") return svg("rect", { class: "intervals__dot", x, y: MIDDLE - 5, width: 10, height: 10, transform: "translate(-5 0)" })
  return svg("circle", { class: "intervals__dot", cx: x, cy: MIDDLE, r: level === "unsure" ? 4 : 5.5 })
}
