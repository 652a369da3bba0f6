/** Golden sets of a site, what versions must reach, and the validations by them. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { walkRows } from "../shared/rows.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { GatesForm, RegisterGolden, ValidateForm } from "./golden_forms.js"
import { rowOf } from "./golden_state.js"
import { limitsOf, progressOf, standingOf } from "./validation_state.js"

const SETTLE_MS = 300
const WHY = ["It is too easy: every version passes", "A version has learned from its images", "Its labels were wrong"]
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const wanted = new URLSearchParams(location.search)
let golden = []
let models = []
let gates = null
let pages = 1

const registering = known.mayRegister && new RegisterGolden(find("#register-golden"), { taken: () => golden.map(({ name }) => name), onDone: (made) => { toast(`${made.name} measures versions of ${made.model} from now on.`); refresh() } })
const validating = known.mayValidate && new ValidateForm(find("#validate-sheet"))
const gating = known.mayGate && new GatesForm(find("#gates-sheet"), { onDone: (made) => { toast(`Gates ${made.number} hold from now on.`); refreshGates() } })
const askWhy = known.mayRegister && reasonAsker(find("#retire-reason"), { key: "reasons:golden-retired", usual: WHY })

function createGolden(one) {
  const row = h("tr", {},
    h("td", {}, h("b", {}, one.name), h("small", {})), h("td", {}, one.model), h("td", { class: "number" }), h("td", { class: "number" }),
    h("td", {}, ageElement(one.registered_at), h("small", {}, `by ${accountName(one.registered_by)}`)), h("td", { class: "golden__acts" }))
  updateGolden(row, one)
  return row
}

function updateGolden(row, one) {
  const { images, defects, note, isRetired } = rowOf(one)
  const [name, , imageCell, defectCell, , acts] = row.children
  row.toggleAttribute("data-retired", isRetired)
  setText(name.querySelector("small"), isRetired ? `Retired: ${one.retired_because}` : note)
  setText(imageCell, images)
  setText(defectCell, defects)
  acts.replaceChildren(...(isRetired ? [] : actsOf(one)))
}

function actsOf(one) {
  return [
    known.mayValidate && h("button", { class: "button", type: "button", "aria-label": `Measure a version by ${one.name}`, onclick: () => validating.open(inUse(), { id: one.id }) }, icon("gauge", "small"), "Validate"),
    known.mayRegister && h("button", { class: "button button--quiet button--icon", type: "button", "aria-label": `Retire ${one.name}`, title: "Retire", onclick: () => retire(one) }, icon("archive", "small")),
  ].filter(Boolean)
}

const inUse = () => golden.filter(({ retired_at: at }) => !at)

async function retire({ id, name }) {
  const reason = await askWhy(`Retire ${name}`)
  if (!reason) return
  const [, problem] = await outcome(postJson(`golden-sets/${id}/retire/`, { reason }))
  if (problem) toast(problem.message, { level: "warn" })
  await refresh()
}

function createRun(run) {
  const row = h("tr", {}, h("td", {}, h("a", { class: "table__link", href: `/validations/${run.id}/` }, h("span", {}, `${run.model} ${run.version}`), h("small", {}, `on ${run.golden_set.name}`))),
    h("td", {}, h("span", {}), h("progress", { class: "progress", max: 1, "aria-label": "How far it is" }), h("small", { class: "muted" })), h("td", { class: "number" }), h("td", {}, ageElement(run.requested_at), h("small", { class: "muted" }, ` by ${accountName(run.requested_by)}`)))
  updateRun(row, run)
  return row
}

function updateRun(row, run) {
  const { word, kind } = standingOf(run)
  const [, state, gate] = row.children
  const [sign, bar, note] = state.children
  sign.className = `band band--${kind}`
  setText(sign, word)
  const isUnderWay = ["queued", "running"].includes(run.state)
  const { words, share } = progressOf(run)
  bar.hidden = !isUnderWay
  if (share === null) bar.removeAttribute("value")
  else bar.value = share
  setText(note, isUnderWay ? words : run.error?.detail ?? "")
  setText(gate, run.gate_number === null ? "–" : String(run.gate_number))
}

function drawGates() {
  find("#gates-panel").hidden = !gates
  if (!gates) return
  setText(find("#gates-title"), `What versions of ${gates.model} must reach`)
  setText(find("#gates-note"), gates.number ? `Gates ${gates.number}, by ${accountName(gates.changed_by)}: ${gates.reason}` : "What every model begins with; nobody has changed it.")
  find("#gates").replaceChildren(...limitsOf(gates.limits).flatMap(([name, words]) => [h("dt", {}, name), h("dd", {}, words)]))
}

async function refreshGates() {
  const [first] = models
  if (!first) return
  const [answer] = await outcome(getJson(`models/${first.name}/gates/`))
  gates = answer ?? gates
  drawGates()
}

async function someRuns() {
  const found = []
  let path = "validations/"
  for (let page = 0; page < pages && path; page += 1) {
    const answer = await getJson(path)
    found.push(...answer.results)
    path = answer.next
  }
  return { found, next: path }
}

async function refreshRuns() {
  const [answer, problem] = await outcome(someRuns())
  showTrouble(find("#golden-trouble"), problem, { what: "The validations could not be loaded.", retry: refresh })
  if (!answer) return
  find("#runs-panel").hidden = answer.found.length === 0
  keyed(find("#runs"), answer.found, { key: ({ id }) => id, create: createRun, update: updateRun })
  find("#runs-more").hidden = !answer.next
}

async function refresh() {
  const [[answer, problem], [named]] = await Promise.all([outcome(getJson("golden-sets/?limit=100")), outcome(getJson("models/"))])
  showTrouble(find("#golden-trouble"), problem, { what: golden.length ? "What stands below is from before." : "The golden sets could not be loaded.", retry: refresh })
  find("#golden-loading")?.remove()
  if (!answer) return
  golden = answer.results
  models = named?.results ?? models
  keyed(find("#golden"), golden, { key: ({ id }) => id, create: createGolden, update: updateGolden })
  find("#golden-table").hidden = golden.length === 0
  find("#golden-empty").hidden = golden.length > 0
  for (const button of document.querySelectorAll("[data-validate]")) button.disabled = inUse().length === 0
  await Promise.all([refreshRuns(), refreshGates()])
}

for (const button of document.querySelectorAll("[data-register]")) button.addEventListener("click", () => registering.open(models))
for (const button of document.querySelectorAll("[data-validate]")) button.addEventListener("click", () => validating.open(inUse()))
for (const button of document.querySelectorAll("[data-gates]")) button.addEventListener("click", () => gates && gating.open(gates))
find("#runs-more").addEventListener("click", () => { pages += 1; refreshRuns() })
walkRows(() => [...document.querySelectorAll("#runs .table__link")], "validation")
document.addEventListener("live:validation.changed", soon(refreshRuns, SETTLE_MS))
document.addEventListener("live:resync", refresh)
await refresh()
if (validating && wanted.has("version") && inUse().length) validating.open(inUse().filter(({ model }) => !wanted.get("model") || model === wanted.get("model")), { version: wanted.get("version") })
