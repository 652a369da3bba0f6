/** How far people agree: two by two, by class, by shift; a cell leads to what its two people said differently. */
import { h, setAttribute, setText } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { cellText, isPair, matrixOf, numberText, plotRows, rangeText, saidOf, stepped, walkOrder } from "./agreement_state.js"
import { drawEvidence } from "./evidence.js"
import { historyView } from "./history_view.js"
import { drawIntervals } from "./interval_plot.js"
import { bindNumbers } from "./numbers_table.js"
import { keepInAddress, windowChoice } from "./window_choice.js"

const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
loadClasses()
const AXIS = { from: 0, to: 1, limit: 0.6, text: numberText }
const SHIFT_WORDS = { early: "Early", late: "Late", night: "Night" }
const nameOf = (code) => (code === "nuisance" ? "Nuisance" : classNamed(code).name)
const questions = turns()
let report = null
let pair = null
let shown = []

function cellElement(cell) {
  if (cell.kind === "self") return h("td", { class: "cell cell--self" }, h("span", { class: "muted small", title: cellText(cell) }, String(cell.items)))
  if (cell.kind === "none") return h("td", { class: "cell cell--none" }, h("span", { class: "visually-hidden" }, cellText(cell)), "–")
  return h("td", { class: "cell" }, h("button", { type: "button", class: "cell__open", "data-level": cell.level, "data-first": cell.first, "data-second": cell.second, "aria-label": cellText(cell), title: cellText(cell), onclick: () => choose(cell.pair) },
    h("b", {}, numberText(cell.estimate.value)), h("small", {}, rangeText(cell.estimate) || `${cell.items} items`)))
}

function drawMatrix() {
  const rows = matrixOf(report)
  const head = h("tr", {}, h("td", {}), rows.map(({ person }) => h("th", { scope: "col" }, h("span", { class: "clip" }, person.username))))
  find("#matrix").replaceChildren(h("table", { class: "matrix" }, h("thead", {}, head), h("tbody", {}, rows.map(({ person, cells }) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: `/review/scorecard/?reviewer=${encodeURIComponent(person.username)}` }, person.username)), cells.map(cellElement))))))
  markPair()
}

function markPair() {
  for (const button of document.querySelectorAll(".cell__open")) setAttribute(button, "aria-pressed", pair && isPair(pair, button.dataset.first, button.dataset.second) ? "true" : "false")
}

function draw() {
  const isEmpty = report.items === 0
  find("#agreement").hidden = isEmpty
  find("#agreement-empty").hidden = !isEmpty
  setText(find("#said"), saidOf(report))
  for (const button of document.querySelectorAll(".command[data-action]")) button.disabled = isEmpty
  if (isEmpty) return
  drawMatrix()
  drawIntervals(find("#classes"), plotRows(report.classes, ({ class_code: code }) => nameOf(code)), { ...AXIS, name: "Kappa by class", valueTitle: "Kappa" })
  drawIntervals(find("#shifts"), plotRows(report.shifts, ({ shift, from_hour: hour }) => `${SHIFT_WORDS[shift]}, from ${hour}:00`), { ...AXIS, name: "Kappa by shift", valueTitle: "Kappa" })
}

async function load(days) {
  const turn = questions.take()
  const [answer, problem] = await outcome(getJson(`review/agreement/?days=${days}`))
  if (!questions.counts(turn)) return
  showTrouble(find("#trouble"), problem, { what: "The figures could not be loaded.", retry: () => load(days) })
  if (problem) return
  report = answer
  draw()
  const asked = new URLSearchParams(location.search)
  const [first, second] = [asked.get("first"), asked.get("second")]
  const again = first && report.pairs.find((one) => isPair(one, first, second))
  if (again) choose(again)
  else close()
}

async function choose(chosen) {
  if (!chosen) return
  pair = chosen
  markPair()
  const { first, second, differ, items } = chosen
  keepInAddress({ first, second })
  find("#differences").hidden = false
  setText(find("#differences-title"), `${first} and ${second}: ${differ ? `where they differ` : "no difference"}`)
  setText(find("#differences-said"), `${differ} of ${items} that both saw`)
  const [answer, problem] = await outcome(getJson(`review/agreement/tasks/?${new URLSearchParams({ days: report.days, first, second })}`))
  if (pair !== chosen) return
  showTrouble(find("#trouble"), problem, { what: "What they differ about could not be loaded.", retry: () => choose(chosen) })
  if (problem) return
  shown = answer.results
  setText(find("#differences-said"), shown.length < differ ? `The newest ${shown.length} of ${differ}, of ${items} that both saw` : `${differ} of ${items} that both saw`)
  drawEvidence(find("#evidence"), shown, { onOpen })
  find("#differences").scrollIntoView({ block: "nearest" })
}

function close() {
  pair = null
  shown = []
  find("#differences").hidden = true
  keepInAddress({ first: null, second: null })
  markPair()
}

const onOpen = find("#large") && historyView({ tasks: () => shown })
if (known.mayRead) {
  for (const button of document.querySelectorAll(".command[data-action]")) button.addEventListener("click", () => choose(stepped(walkOrder(report), pair ?? {}, button.dataset.action === "next" ? 1 : -1)))
  bindNumbers(find("#as-tables"))
  find("#differences-close").addEventListener("click", close)
  load(windowChoice((days) => load(days)))
}
