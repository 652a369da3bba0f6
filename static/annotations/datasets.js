/** The data sets of a site: listed, frozen, followed while workers build them; and labels from elsewhere. */
import { ageElement } from "../shared/ages.js"
import { h, keyed, setText } from "../shared/dom.js"
import { countText, momentText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { accountName, classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { chosenText, splitsText, stateOf, totalOf } from "./datasets_state.js"
import { FreezeForm } from "./freeze_form.js"
import { ImportForm } from "./import_form.js"
import { RulesForm } from "./rules_form.js"
import { Suggestions } from "./suggestions.js"

const SETTLE_MS = 300
const FOLLOW_MS = 1500
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const classes = loadClasses()
const body = find("#datasets")
const nameOf = (code) => classNamed(code).name.toLowerCase()
let rows = []
let pages = 1
let following = null

const freezing = known.mayFreeze && new FreezeForm(find("#freeze-sheet"), { known, classes, codes: () => rows.map(({ code }) => code), onDone: frozen })
const importing = known.mayImport && new ImportForm(find("#import-sheet"), { known })

const rules = known.mayFreeze && new RulesForm(find("#rules-sheet"), { known, classes, onDone: () => suggestions.refresh() })
const suggestions = new Suggestions(find("#training-suggestions"), { mayDecide: known.mayFreeze, sheet: find("#dismiss"), onTake: ({ rule, selection }) => freezing.open({ name: `For training: ${rule}`, selection }) })

function frozen(made) {
  toast(made.state === "ready" ? `${made.code} is there already and says the same.` : `${made.code} is being built.`, { action: { label: "Open", run: () => { location.href = `/datasets/${made.id}/` } } })
  refresh()
}

function create(dataset) {
  const row = h("tr", { "data-id": dataset.id },
    h("td", {}, h("a", { class: "table__link", href: `/datasets/${dataset.id}/` }, h("span", {}), h("small", {}))),
    h("td", { class: "datasets__state" }, h("span", {}), h("progress", { class: "progress", max: 1, "aria-label": `How far ${dataset.code} is` }), h("small", { class: "muted" })),
    h("td", { class: "number" }), h("td", { class: "number datasets__splits muted" }), h("td", { class: "number" }),
    h("td", { class: "datasets__who" }, h("span", {}, ageElement(dataset.created_at)), h("small", { class: "muted" }, `by ${accountName(dataset.created_by)}`)))
  update(row, dataset)
  return row
}

function update(row, dataset) {
  const { word, kind, share } = stateOf(dataset)
  const [, state, images, splits, objects] = row.children
  setText(row.querySelector(".table__link span"), dataset.name ? `${dataset.code} · ${dataset.name}` : dataset.code)
  setText(row.querySelector(".table__link small"), chosenText(dataset.selection, nameOf, momentText))
  const sign = state.firstElementChild
  sign.className = kind === "failed" ? "band band--failed" : kind === "building" ? "band band--running" : "muted"
  setText(sign, kind === "building" ? "Building" : word)
  const bar = state.querySelector("progress")
  bar.hidden = kind !== "building"
  if (share === null) bar.removeAttribute("value")
  else bar.value = share
  setText(state.querySelector("small"), kind === "building" ? word : dataset.error?.detail ?? "")
  setText(images, totalOf(dataset.images) ? countText(totalOf(dataset.images)) : "–")
  setText(splits, splitsText(dataset.images))
  setText(objects, dataset.state === "ready" ? countText(totalOf(dataset.objects)) : "–")
}

async function someRows() {
  const found = []
  let path = "datasets/"
  for (let page = 0; page < pages && path; page += 1) {
    const answer = await getJson(path)
    found.push(...answer.results)
    path = answer.next
  }
  return { found, next: path }
}

let isAsking = false
let isToAskAgain = false
async function refresh() {
  isToAskAgain = isAsking
  if (isAsking) return
  isAsking = true
  const [answer, problem] = await outcome(someRows())
  isAsking = false
  showTrouble(find("#datasets-trouble"), problem, { what: rows.length ? "The data sets below are from before." : "The data sets could not be loaded.", retry: refresh })
  find("#datasets-loading")?.remove()
  if (answer) {
    rows = answer.found
    keyed(body, rows, { key: ({ id }) => id, create, update })
    find("#datasets-table").hidden = rows.length === 0
    find("#datasets-empty").hidden = rows.length > 0
    find("#datasets-more").hidden = !answer.next
  }
  clearTimeout(following)
  // How far they are is not announced step by step.
  if (problem || rows.some(({ state }) => state === "building")) following = setTimeout(refresh, FOLLOW_MS)
  if (isToAskAgain) await refresh()
}

for (const button of document.querySelectorAll("[data-freeze]")) button.addEventListener("click", () => freezing.open())
for (const button of document.querySelectorAll("[data-rules]")) button.addEventListener("click", () => rules.open())
for (const button of document.querySelectorAll("[data-import]")) button.addEventListener("click", () => importing.open())
find("#datasets-more").addEventListener("click", () => { pages += 1; refresh() })
walkRows(() => [...body.querySelectorAll(".table__link")], "data set")
document.addEventListener("live:dataset.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:training.changed", soon(() => suggestions.refresh(), SETTLE_MS))
document.addEventListener("live:resync", () => { refresh(); suggestions.refresh() })
refresh()
suggestions.refresh()
