/** System health: every part, asked every five seconds; when the server says that something changed, the title bar asks and tells. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { durationText, timeText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { partTitle } from "../shared/parts.js"
import { answered, breakerFacts, cacheFigure, effects, failed, gpuTexts, headline, isStale, modelFigures, modelsKnown, noModelsText, nothingKnown, queueFigures } from "./health_state.js"
import { digest } from "./inspector.js"

const EVERY_MS = 5000
const TIMEOUT_MS = 6000
const WORDS = { ok: "Working", degraded: "Degraded", down: "Down", unknown: "Unknown" }
const SIGNS = { ok: "circle-check", degraded: "triangle-alert", down: "octagon-alert" }
const find = (selector) => document.querySelector(selector)
let known = nothingKnown()

// Drawing -----------------------------------------------------------------------------------------------------------

function setState(element, state, text) {
  const drawn = `${state} ${text}`
  if (element.drawn === drawn) return
  element.drawn = drawn
  setAttribute(element, "data-state", state)
  element.replaceChildren(icon(SIGNS[state] ?? "circle-help", "small"), text)
}

/** The title and what turns with time alone: the age of what is shown, and when the breaker asks again. */
function drawHead() {
  const now = Date.now()
  const { state, title, text, age, requestId } = headline(known, now)
  setAttribute(find("#health-head"), "data-state", state)
  setText(find("#health-title"), title)
  setText(find("#health-banner"), text)
  for (const badge of document.querySelectorAll("[data-from-before]")) {
    setText(badge, age)
    badge.hidden = !age
  }
  const id = find("#health-request")
  id.hidden = !requestId
  if (requestId && id.dataset.shown !== requestId) id.replaceChildren("Request ", digest((id.dataset.shown = requestId), "the request's id"))
  const stale = isStale(known, now)
  if (stale !== find(".health").classList.contains("is-stale")) {
    find(".health").classList.toggle("is-stale", stale)
    drawTiles(stale)
  }
  drawBreaker(now, stale)
}

function drawTiles(stale) {
  for (const part of known.system?.components ?? []) {
    const tile = find(`[data-part="${part.name}"]`)
    if (!tile) continue
    const word = WORDS[part.state] ?? part.state
    setAttribute(tile, "data-state", stale ? "unknown" : part.state)
    setState(tile.querySelector(".state"), stale ? "unknown" : part.state, stale ? `Was ${word.toLowerCase()}` : word)
    const [detail, foot] = tile.querySelectorAll("p")
    setText(detail, part.detail || "")
    setAttribute(detail, "title", part.detail)
    const isTrouble = part.since && part.state !== "ok"
    const latency = part.latency_ms ?? null
    if (isTrouble) foot.replaceChildren("since ", ageElement(part.since))
    else setText(foot, latency === null ? "" : `answers in ${durationText(latency)}`)
  }
}

function drawBreaker(now, stale) {
  if (!known.system) return
  const facts = breakerFacts(known.system.breaker, { at: known.at, now })
  setState(find("#breaker"), stale ? "unknown" : facts.state, stale ? "Unknown" : facts.text)
  const since = find("[data-fact=since]")
  if (since.dataset.moment !== String(facts.since)) {
    since.dataset.moment = facts.since
    since.replaceChildren(...(facts.since ? [timeText(facts.since), " · ", ageElement(facts.since)] : ["–"]))
  }
  for (const name of ["failures", "reason"]) setText(find(`[data-fact=${name}]`), facts[name])
  setText(find("[data-fact=next]"), stale ? "unknown" : facts.next)
}

function drawEffects(components) {
  const rows = effects(components)
  find("#effects").hidden = rows.length === 0
  find("#effects tbody").replaceChildren(...rows.map(({ name, works, waits }) => h("tr", {},
    h("th", { scope: "row" }, partTitle(name)), h("td", {}, works), h("td", {}, waits))))
}

function drawFigures({ queue, cache }) {
  for (const [name, text] of Object.entries(queueFigures(queue))) setText(find(`[data-figure=${name}] b`), text)
  const { value, label } = cacheFigure(cache)
  setText(find("[data-figure=cache] b"), value)
  setText(find("[data-figure=cache] span"), label)
  setAttribute(find("[data-figure=failed]"), "data-level", queue?.failed_24h ? "warn" : null)
  setAttribute(find("[data-figure=queued]"), "data-level", queue?.waiting_for ? "warn" : null)
  setText(find("#waiting-for"), queue?.waiting_for ? `Waiting: ${queue.waiting_for}` : "Nothing in the queue is held up.")
  setAttribute(find("#waiting-for"), "data-level", queue?.waiting_for ? "warn" : null)
}

const stateCell = (state, text) => {
  const cell = h("span", { class: "state" })
  setState(cell, state, text)
  return h("td", {}, cell)
}
const number = (text) => h("td", { class: "number" }, text)

function drawTables({ triton, versions, components }) {
  const models = modelsKnown({ triton, components })
  setText(find("#no-models"), noModelsText(components))
  find("#no-models").hidden = models.length > 0
  find("#models-table").hidden = models.length === 0
  find("#models").replaceChildren(...models.map((model) => {
    const { requests, tiles, queue, compute, pending, rejected } = modelFigures(model)
    return h("tr", {}, h("td", {}, h("b", {}, model.name)), stateCell(model.ready ? "ok" : "down", model.ready ? "Ready" : "Not ready"), number(requests), number(tiles), number(queue), number(compute), number(pending), number(rejected))
  }))
  const gpus = gpuTexts(triton?.gpus)
  find("#gpus").hidden = gpus.length === 0
  setText(find("#gpus"), gpus.join(" · "))
  const { model: deployed = [], ...others } = versions ?? {}
  drawDeployed(find("#deployed"), deployed)
  for (const [name, value] of Object.entries(others)) setText(find(`[data-version=${name}]`), value ? String(value) : "unknown")
}

/** Only when they differ: its buttons would lose the focus every five seconds. */
function drawDeployed(rows, deployed) {
  const drawn = JSON.stringify(deployed)
  if (rows.drawn === drawn) return
  rows.drawn = drawn
  rows.replaceChildren(...deployed.map((one) => h("tr", {}, h("td", {}, h("b", {}, `${one.name} ${one.version}`)), h("td", {}, one.triton_name), h("td", {}, one.state), h("td", {}, digest(one.sha256, "the model's SHA-256")))))
}

function draw() {
  drawTiles(false)
  drawEffects(known.system.components)
  drawFigures(known.system)
  drawTables(known.system)
  find(".health").setAttribute("aria-busy", "false")
  drawHead()
}

// Asking ------------------------------------------------------------------------------------------------------------

let isAsking = false
async function ask() {
  if (isAsking) return
  isAsking = true
  const [system, problem] = await outcome(getJson("system/", { timeoutMs: TIMEOUT_MS }))
  isAsking = false
  known = system ? answered(known, system, Date.now()) : failed(known, problem, Date.now())
  if (system) draw()
  else drawHead()
}

find("[data-command=refresh]").addEventListener("click", ask)
document.addEventListener("waferdeck:system", ({ detail }) => {
  known = answered(known, detail, Date.now())
  draw()
})
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask() })
setInterval(() => { if (!document.hidden) ask() }, EVERY_MS)
setInterval(drawHead, 1000)
find("[data-command=report]").addEventListener("click", ({ currentTarget }) => {
  const answeredAt = known.at && new Date(known.at).toISOString()
  currentTarget.dataset.copy = JSON.stringify({ copied_at: new Date().toISOString(), answered_at: answeredAt, problem: known.problem?.message ?? null, request_id: known.problem?.requestId || null, system: known.system }, null, 2)
})
ask()
