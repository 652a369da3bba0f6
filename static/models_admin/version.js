/** One version: where it serves, what was measured, what it is and where it comes from. */
import { ageElement } from "../shared/ages.js"
import { h, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { VariantForm, VariantRuns } from "./variant_form.js"
import { besideParent } from "./variants_state.js"
import { capital, classRows, factsOf, figuresOf, graphFacts, lineageOf, servesText, statusOf } from "./registry_state.js"

const SETTLE_MS = 300
const USUAL = { rejected: ["It misses what it must find", "Too many false alarms", "It is too slow"], archived: ["A newer version has taken its place", "It was an experiment"] }
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
let version = JSON.parse(find("#version").textContent)
const path = `models/${version.model}/versions/${version.version}/`

const facts = (place, rows) => place.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
const linkTo = (number) => h("a", { href: `/models/${version.model}/versions/${number}/` }, number)

function drawStanding() {
  const { word, kind } = statusOf(version.status)
  const text = servesText(version)
  find("#standing").replaceChildren(h("span", { class: `band band--${kind}` }, word), h("span", {}, version.places.length ? capital(text) : `Serves ${text === "nowhere" ? "nowhere" : `nobody: ${text}`}`))
  const isServing = version.places.length > 0
  for (const [id, allowed] of [["#reject", ["candidate", "validated"]], ["#archive", ["validated", "rejected"]]]) {
    const button = find(id)
    if (!button) continue
    button.hidden = !allowed.includes(version.status)
    button.disabled = isServing
    button.title = isServing ? `It ${text}: let another version take its place first.` : ""
  }
}

function rateCell(value) {
  return h("td", {}, typeof value === "number" ? h("span", { class: "rate" }, h("meter", { min: 0, max: 1, value, "aria-hidden": "true" }), value.toFixed(2)) : "–")
}

function drawFigures() {
  const metrics = version.metadata.metrics
  const figures = [...figuresOf(metrics), ...besideParent(metrics?.beside_parent)]
  find("#figures").replaceChildren(...figures.map(([value, words]) => h("div", { class: "figure" }, h("b", {}, value), h("span", {}, words))))
  find("#figures-none").hidden = figures.length > 0
  setText(find("#figures-note"), metrics?.beside_parent?.cpu_ms ? `Beside ${version.parent}, on images that set no ranges. Its accuracy is known once it is validated.` : figures.length ? "By training, on images it had not seen. The weakest class stands first." : "")
  const rows = classRows(metrics)
  find("#classes-table").hidden = rows.length === 0
  find("#classes").replaceChildren(...rows.map(({ name, defects, ap50, recall, precision, threshold }) => h("tr", {}, h("td", {}, name), h("td", { class: "number" }, String(defects)), rateCell(ap50), rateCell(recall), rateCell(precision), h("td", { class: "number" }, threshold?.toFixed(2) ?? "–"))))
}

function drawFacts() {
  facts(find("#facts"), [...factsOf(version), ["SHA-256", h("span", { class: "digest" }, `${version.sha256.slice(0, 12)}…`)], ["Registered", [ageElement(version.created_at), ` ago by ${accountName(version.created_by)}`]]])
  const family = [version.parent && ["Made from", linkTo(version.parent)], version.variants.length && ["Variants", version.variants.flatMap(({ version: number, precision }, at) => [at ? ", " : "", linkTo(number), ` ${precision.toUpperCase()}`])],
    ["Came in", version.intake ? h("a", { href: `/models/${version.model}/intakes/${version.intake}/` }, "through quarantine") : version.metadata.training?.variant_of ? "made here" : "with the product"]].filter(Boolean)
  facts(find("#lineage"), [...family, ...lineageOf(version.metadata)])
  const graph = graphFacts(version.graph)
  facts(find("#graph"), graph.length ? graph : [["Not known", "It came in without being taken apart."]])
  find("#operators").replaceChildren(...Object.entries(version.graph.operators ?? {}).map(([name, count]) => h("li", {}, name, h("small", {}, ` ${count}`))))
}

function draw() {
  drawStanding()
  drawFigures()
  drawFacts()
}

async function refresh() {
  const [answer, problem] = await outcome(getJson(path))
  showTrouble(find("#version-trouble"), problem, { what: "What stands below may be from before.", retry: refresh })
  if (!answer) return
  version = answer
  draw()
}

async function say(status, word) {
  const ask = reasonAsker(find("#status-reason"), { key: `reasons:${status}`, usual: USUAL[status] })
  const reason = await ask(`${word} ${version.model} ${version.version}`)
  if (!reason) return
  const [answer, problem] = await outcome(postJson(`${path}status/`, { status, reason }))
  if (problem) toast(problem.message, { level: "warn" })
  else toast(`${version.version} is ${answer.status}.`)
  await refresh()
}

if (known.mayJudge) {
  find("#reject").addEventListener("click", () => say("rejected", "Reject"))
  find("#archive").addEventListener("click", () => say("archived", "Archive"))
}
const makings = new VariantRuns(find("#makings"), { model: version.model, path, mayMake: known.mayMake, onMade: refresh })
if (known.mayMake) {
  const making = new VariantForm(find("#variant-sheet"), { path, onAsked: () => makings.refresh() })
  find("#variant").addEventListener("click", () => making.open())
}
document.addEventListener("live:model_variant.changed", soon(() => makings.refresh(), SETTLE_MS))
for (const event of ["route.flipped", "deployment.changed", "model_version.changed"]) document.addEventListener(`live:${event}`, soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
draw()
makings.refresh()
