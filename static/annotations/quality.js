/** How often the model is wrong: from what chance drew, beside what reviewers happened to see. */
import { h, setText } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { drawIntervals } from "./interval_plot.js"
import { glance, neededWords, rateRows, saidOf, scaleOf } from "./quality_state.js"
import { bindNumbers } from "./numbers_table.js"
import { keepInAddress, windowChoice } from "./window_choice.js"

const SETTLE_MS = 30_000
const find = (selector) => document.querySelector(selector)
loadClasses()
const questions = turns()
const asked = new URLSearchParams(location.search)
const chosen = { tool: asked.get("tool"), version: asked.get("version") }
let days = 30

const ofClass = ({ class_code: code }) => ({ key: code, label: classNamed(code).name, code })
const ofPart = ({ tool, version }) => ({ key: tool ?? version, label: tool ?? version })

function plot(selector, rows, name) {
  if (rows.length) drawIntervals(find(selector), rows, { ...scaleOf(rows), text: (value) => `${Math.round(value * 100)} %`, name, besideName: "of what was reviewed", valueTitle: "Audit", besideTitle: "Of what was reviewed", noteTitle: "Audited" })
  else find(selector).replaceChildren(h("p", { class: "muted" }, "Nothing that can be counted."))
}

function figure({ value, unit, label, range, beside }) {
  return h("div", { class: "figure" }, h("b", {}, value, value === "–" ? null : h("small", {}, unit)), h("span", {}, label), h("span", { class: "muted small" }, range || "nothing drawn yet"), h("span", { class: "muted small" }, beside))
}

function draw(report) {
  const isEmpty = report.images.complete + report.images.waiting === 0
  find("#quality").hidden = isEmpty
  find("#quality-empty").hidden = !isEmpty
  setText(find("#needed"), neededWords(report.needed))
  find("#thin").hidden = isEmpty || report.overall.missed.answers >= report.needed[0].answers
  setText(find("#thin p"), `Few were drawn so far, so the intervals are wide. ${neededWords(report.needed)}`)
  setText(find("#said"), isEmpty ? "How often the model is wrong in use." : saidOf(report))
  if (isEmpty) return
  find("#figures").replaceChildren(...glance(report).map(figure))
  const { classes, tools, versions } = report
  plot("#missed", rateRows(classes, "missed", ofClass), "Missed by class")
  plot("#false", rateRows(classes, "false_calls", ofClass), "False calls by class")
  plot("#missed-by", rateRows([...tools, ...versions], "missed", ofPart), "Missed by tool and model")
  plot("#false-by", rateRows([...tools, ...versions], "false_calls", ofPart), "False calls by tool and model")
}

/** What there is to choose from, of the whole window. */
function fillChoices({ tools, versions }) {
  for (const [name, all] of [["tool", tools.map(({ tool }) => tool)], ["version", versions.map(({ version }) => version)]]) {
    const choice = find(`#${name}`)
    const names = chosen[name] && !all.includes(chosen[name]) ? [chosen[name], ...all] : all
    choice.replaceChildren(choice.options[0], ...names.map((one) => h("option", { value: one, selected: one === chosen[name] }, one)))
  }
}

async function load() {
  const turn = questions.take()
  const query = new URLSearchParams({ days, ...(chosen.tool && { tool: chosen.tool }), ...(chosen.version && { version: chosen.version }) })
  const [report, problem] = await outcome(getJson(`review/quality/?${query}`))
  if (!questions.counts(turn)) return
  showTrouble(find("#trouble"), problem, { what: "The figures could not be loaded.", retry: load })
  if (problem) return
  fillChoices(report)
  draw(report)
}

for (const name of ["tool", "version"]) {
  find(`#${name}`).addEventListener("change", ({ target }) => {
    chosen[name] = target.value || null
    keepInAddress({ [name]: chosen[name] })
    load()
  })
}
bindNumbers(find("#as-tables"))
days = windowChoice((now) => { days = now; load() })
document.addEventListener("live:task.decided", soon(load, SETTLE_MS))
load()
