/** The blast radius: every wafer that was touched, in sum and one by one. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { minuteText, momentText } from "../shared/formats.js"
import { API, getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { accountName, bandElement, classCountsText, classNamed, layerName, loadClasses, waferName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { lastedText } from "../models_admin/timeline_state.js"
import { placeName } from "../models_admin/registry_state.js"
import { RerunSheet } from "./rerun_sheet.js"
import { askedIn, figuresOf, questionOf, servedText, standsText, stateText, stepText, sumsNote } from "./touched_state.js"

const SETTLE_MS = 400
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const { deployment } = known
const form = find("#filters")
const rerun = known.mayRerun ? new RerunSheet(find("#rerun-sheet"), known) : null
let question = null
let sums = null
let rows = []
let next = null
let turn = 0

function drawDeployment() {
  const place = (one) => `${one.slot === "fallback" ? "Fallback of " : ""}${placeName(one)}`
  setText(find("#standing"), `${stateText(deployment.state)}${deployment.error ? `: ${deployment.error}` : ""}`)
  setText(find("#served-line"), servedText(deployment, { nameOf: placeName, timeOf: minuteText }))
  find("#served").replaceChildren(...deployment.tenures.map((one) => h("tr", {}, h("td", {}, h("b", {}, place(one).replace(/^e/, "E")), h("small", { class: "muted" }, one.taken_by ? `by ${accountName(one.taken_by)}` : "by whom is unknown")),
    h("td", {}, one.since_known ? null : "at the latest ", minute(one.since)), h("td", {}, one.until ? minute(one.until) : h("b", {}, "now")), h("td", { class: "number" }, lastedText(one, Date.now())))))
  find("#served").closest(".table-scroll").hidden = deployment.tenures.length === 0
  find("#served-none").hidden = deployment.tenures.length > 0
  find("#steps").replaceChildren(...deployment.steps.map((step) => h("li", {}, minute(step.at), h("span", {}, stepText(step), h("small", { class: "muted" }, `by ${accountName(step.by)}`)))))
}

/** A moment without its seconds; exact on hover. */
const minute = (moment) => h("time", { datetime: moment, title: momentText(moment) }, minuteText(moment))

function create(row) {
  const element = h("tr", {}, h("td", {}, h("a", { class: "table__link", href: `${row.url}?run=${row.newest_run}` }, h("span", {}, waferName(row.wafer.code).name), h("small", {}, `lot ${row.lot}`))),
    h("td", {}), h("td", {}), h("td", { class: "touched__by" }), h("td", {}), h("td", {}))
  update(element, row)
  return element
}

function update(element, row) {
  const [, judged, said, by, calls, stands] = element.children
  const [word, level] = standsText(row)
  judged.replaceChildren(ageElement(row.judged_at), h("small", { class: "muted" }, ` ${row.tools.join(", ")}${row.layers.map(layerName).filter(Boolean).length ? ` · ${row.layers.map(layerName).filter(Boolean).join(", ")}` : ""}`))
  said.replaceChildren(bandElement({ state: "done", band: row.band }))
  by.replaceChildren(h("span", {}, row.versions.map((version) => version.split(" ").at(-1)).join(", ")), h("small", { class: "muted" }, ` ${row.recipes.join(", ")}${row.degraded ? " · by the fallback" : ""}`))
  calls.replaceChildren(row.detections ? h("span", {}, classCountsText(row.by_class)) : h("span", { class: "faint" }, "nothing found"))
  stands.replaceChildren(...[h("span", { class: level }, word), row.hold && h("span", { class: "held", title: row.hold.reason }, icon("hand", "small"), "On hold")].filter(Boolean))
}

function draw() {
  find("#wafers-loading")?.remove()
  keyed(find("#wafers"), rows, { key: ({ wafer }) => wafer.id, create, update })
  find("#list").querySelector(".table-scroll").hidden = rows.length === 0
  find("#wafers-none").hidden = rows.length > 0
  find("#more").hidden = !next
}

function drawSums() {
  find("#totals").hidden = !sums || sums.runs === 0
  if (!sums) return
  find("#figures").replaceChildren(...figuresOf(sums).map(([value, words, level]) => h("p", { class: "figure", "data-level": level || null }, h("b", {}, value), h("span", {}, words))))
  const note = sumsNote(sums, (code) => classNamed(code).name.toLowerCase())
  find("#totals-note").hidden = !note
  setText(find("#totals-note"), note)
}

async function refresh() {
  const mine = (turn += 1)
  const values = Object.fromEntries(new FormData(form))
  question = questionOf(values, deployment?.id)
  find("#clear").hidden = !Object.values(values).some(Boolean)
  find("#nothing-chosen").hidden = question !== null
  find("#list").hidden = question === null
  const command = find("[data-command=rerun]")
  if (command) command.disabled = question === null
  const csv = find("#csv")
  setAttribute(csv, "aria-disabled", question === null ? "true" : null)
  if (question) csv.href = `${API}/touched/csv/?${question}`
  else csv.removeAttribute("href")
  if (question === null) {
    ;[sums, rows, next] = [null, [], null]
    return drawSums()
  }
  const [[page, problem], [counted]] = await Promise.all([outcome(getJson(`touched/?${question}`)), outcome(getJson(`touched/totals/?${question}`))])
  if (mine !== turn) return undefined
  showTrouble(find("#touched-trouble"), problem, { what: "What was touched could not be loaded.", retry: refresh })
  if (!page) return undefined
  ;[rows, next, sums] = [page.results, page.next, counted]
  draw()
  return drawSums()
}

async function more() {
  const [page, problem] = await outcome(getJson(next))
  showTrouble(find("#touched-trouble"), problem, { what: "More could not be loaded.", retry: more })
  if (!page) return
  rows = [...rows, ...page.results]
  next = page.next
  draw()
}

function changed() {
  const values = Object.entries(Object.fromEntries(new FormData(form))).filter(([, value]) => value)
  history.replaceState(null, "", values.length ? `?${new URLSearchParams(values)}` : location.pathname)
  refresh()
}

loadClasses()
if (deployment) drawDeployment()
for (const [name, value] of Object.entries(askedIn(location.search))) form.elements[name].value = value
form.addEventListener("input", soon(changed, SETTLE_MS))
form.addEventListener("submit", (event) => event.preventDefault())
find("#clear").addEventListener("click", () => { form.reset(); for (const field of form.elements) if (field.name) field.value = ""; changed() })
find("#more").addEventListener("click", more)
find("[data-command=rerun]")?.addEventListener("click", () => rerun.open(question, sums))
walkRows(() => [...find("#wafers").querySelectorAll(".table__link")], "wafer")
document.addEventListener("live:wafer.held", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
refresh()
