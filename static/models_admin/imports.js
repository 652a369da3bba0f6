/** Imports from an MLflow registry and exports to it: the connection, what is there, a dry run, and what became of each. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { choicesOf, connectionOf, isMoving, planFacts, stateOf, wayText } from "./imports_state.js"

const SETTLE_MS = 300
const FOLLOW_MS = 5000
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const sheet = find("#import-sheet")
let following = null
let wanted = null

async function connect() {
  if (!known.mayLook) return
  const [answer, problem] = await outcome(getJson("imports/connection/", { timeoutMs: 20_000 }))
  showTrouble(find("#imports-trouble"), problem, { what: "The connection could not be asked.", retry: connect })
  if (!answer) return
  const [level, words, note] = connectionOf(answer)
  find("#connection").dataset.level = level
  setText(find("#connection b"), words)
  setText(find("#connection-note"), note)
  find("#sources-panel").hidden = level !== "good"
  if (level === "good") look()
}

async function look() {
  const [answer, problem] = await outcome(getJson("imports/sources/", { timeoutMs: 30_000 }))
  showTrouble(find("#sources-trouble"), problem, { what: "What is there could not be read.", retry: look })
  if (!answer) return
  find("#sources-none").hidden = answer.results.length > 0
  find("#sources").replaceChildren(...answer.results.flatMap((source) => source.versions.length ? source.versions.map((version) => sourceRow(source, version)) : [h("tr", {}, h("td", {}, source.name), h("td", { class: "muted", colspan: 4 }, "No version yet"))]))
}

function sourceRow(source, version) {
  const signs = [...version.aliases, version.stage === "None" ? "" : version.stage].filter(Boolean)
  return h("tr", {}, h("td", {}, source.name), h("td", {}, version.version), h("td", {}, signs.length ? signs.map((sign) => h("span", { class: "band band--queued" }, sign)) : h("span", { class: "muted" }, "–")),
    h("td", { class: "muted" }, version.created_at ? ageElement(version.created_at) : ""),
    h("td", { class: "sources__act" }, known.mayImport ? h("button", { class: "button", type: "button", "aria-label": `Import ${source.name} ${version.version}`, onclick: () => openSheet(source, version) }, icon("download", "small"), "Import") : null))
}

function openSheet(source, version) {
  wanted = { name: source.name }
  setText(sheet.querySelector("h2"), `Import ${source.name} ${version.version}`)
  const { choice, model, number } = sheet.querySelector("form").elements
  const choices = choicesOf(version)
  choice.replaceChildren(...choices.map(([label], at) => h("option", { value: String(at) }, label)))
  choice.onchange = () => { wanted.choice = choices[Number(choice.value)][1]; tryOut() }
  wanted.choice = choices[0][1]
  model.replaceChildren(...known.models.map(({ name }) => h("option", { value: name }, name)))
  number.value = ""
  for (const field of [model, number]) field.onchange = tryOut
  sheet.showModal()
  tryOut()
}

const bodyOf = () => {
  const { model, number } = sheet.querySelector("form").elements
  return { name: wanted.name, ...wanted.choice, model: model.value, ...(number.value.trim() ? { version: number.value.trim() } : {}) }
}

/** What it would do, asked anew with every change. */
async function tryOut() {
  const place = sheet.querySelector("#plan")
  const submit = sheet.querySelector("[type=submit]")
  submit.disabled = true
  place.replaceChildren(h("p", { class: "skeleton" }, "Looking at its files"))
  const [plan, problem] = await outcome(postJson("imports/", { ...bodyOf(), dry_run: true }, { timeoutMs: 30_000 }))
  const faults = problem ? [Object.values(problem.fields ?? {}).flat().join(" ") || problem.message] : plan.faults
  place.replaceChildren(...(plan ? [h("dl", { class: "facts" }, planFacts(plan).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))] : []),
    ...faults.map((fault) => h("p", { class: "field__error" }, icon("octagon-alert", "small"), h("span", {}, fault))))
  submit.disabled = faults.length > 0
}

sheet?.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const [, problem] = await outcome(postJson("imports/", bodyOf(), { timeoutMs: 30_000 }))
  if (problem) toast(problem.message, { level: "warn", requestId: problem.requestId })
  else {
    sheet.close()
    toast("A worker brings it in.")
  }
  refresh()
})

const exporting = find("#export-sheet")
exporting?.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const { version, name, alias } = event.target.elements
  const [model, number] = version.value.split(" ")
  const [, problem] = await outcome(postJson("exports/", { model, version: number, ...(name.value.trim() ? { name: name.value.trim() } : {}), ...(alias.value.trim() ? { alias: alias.value.trim() } : {}) }))
  if (problem) toast(problem.message, { level: "warn", requestId: problem.requestId })
  else {
    exporting.close()
    toast("A worker takes it there.")
  }
  refresh()
})
find("#export")?.addEventListener("click", () => {
  exporting.querySelector("form").elements.version.replaceChildren(...known.models.flatMap(({ name, versions }) => versions.map((version) => h("option", { value: `${name} ${version}` }, `${name} ${version}`))))
  exporting.showModal()
})

function create(row) {
  const element = h("tr", {}, h("td", {}, h("b", {}), h("small", { class: "muted" })), h("td", {}), h("td", { class: "imports__state" }, h("span", {}), h("progress", { class: "progress", max: 1, "aria-label": "How far it is" }), h("small", { class: "muted" })),
    h("td", {}, h("span", {}, ageElement(row.requested_at)), h("small", { class: "muted" }, ` by ${accountName(row.requested_by)}`)))
  update(element, row)
  return element
}

function update(element, row) {
  const { from, to, how } = wayText(row)
  const { word, kind, share, note } = stateOf(row)
  const [what, where, state] = element.children
  setText(what.firstElementChild, from)
  setText(what.lastElementChild, how ? ` ${how}` : "")
  const target = row.way === "import" && row.is_registered ? h("a", { class: "table__link", href: `/models/${row.model}/versions/${row.version}/` }, to) : to
  where.replaceChildren(target)
  state.children[0].className = `band band--${kind}`
  setText(state.children[0], word)
  state.children[1].hidden = row.state !== "running"
  if (share === null) state.children[1].removeAttribute("value")
  else state.children[1].value = share
  setText(state.children[2], note)
}

async function refresh() {
  clearTimeout(following)
  const [answer, problem] = await outcome(getJson("imports/"))
  showTrouble(find("#imports-trouble"), problem, { what: "What was transferred could not be loaded.", retry: refresh })
  find("#imports-loading")?.remove()
  if (!answer) return
  keyed(find("#imports"), answer.results, { key: ({ id }) => id, create, update })
  find("#imports-table").hidden = answer.results.length === 0
  find("#imports-empty").hidden = answer.results.length > 0
  if (answer.results.some(isMoving)) following = setTimeout(refresh, FOLLOW_MS)
}

for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close())
find("#connect")?.addEventListener("click", connect)
document.addEventListener("live:transfer.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
refresh()
connect()
