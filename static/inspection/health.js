/** System health: every part, asked every five seconds and whenever the server says that something changed. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { countText, durationText, percentText } from "../shared/formats.js"
import { getJson } from "../shared/http.js"
import { digest } from "./inspector.js"

const EVERY_MS = 5000
const NAMES = { postgres: "PostgreSQL", redis: "Redis", triton: "Triton", worker: "Worker", beat: "Beat", storage: "Image store", decoder: "Decoder", model: "Model", waferdeck: "Waferdeck", code: "Code", python: "Python" }
const SIGNS = { postgres: "database", redis: "workflow", triton: "server", worker: "cpu", beat: "timer", storage: "hard-drive", decoder: "image", model: "layers" }
const WORDS = { ok: "Working", degraded: "Degraded", down: "Down", unknown: "Unknown", closed: "Closed: calls go through", open: "Open: calls are held back", half_open: "Half open: one call tries" }
const HEADS = { ok: "Everything works", degraded: "Some of it does not work", down: "Inspection is stopped" }
const find = (selector) => document.querySelector(selector)
let last = null

function createTile(part) {
  const tile = h("article", { class: "tile" }, h("header", {}, icon(SIGNS[part.name] ?? "server"), h("h3", {}, NAMES[part.name] ?? part.name), h("span", { class: "state push" })), h("p", { class: "muted" }), h("p", { class: "faint small" }))
  updateTile(tile, part)
  return tile
}

function updateTile(tile, part) {
  setAttribute(tile, "data-state", part.state)
  tile.querySelector(".state").replaceChildren(...stateParts(part.state))
  setAttribute(tile.querySelector(".state"), "data-state", part.state)
  const [detail, foot] = tile.querySelectorAll("p")
  setText(detail, part.detail || "")
  foot.replaceChildren(...(part.since && part.state !== "ok" ? ["since ", ageElement(part.since)] : part.latency_ms === null || part.latency_ms === undefined ? [] : [`answers in ${durationText(part.latency_ms)}`]))
}

function stateParts(state) {
  const sign = { ok: "circle-check", closed: "circle-check", degraded: "triangle-alert", half_open: "triangle-alert", down: "octagon-alert", open: "octagon-alert" }[state] ?? "circle-help"
  return [icon(sign, "small"), WORDS[state] ?? state]
}

function rows(selector, list, cells) {
  find(selector).replaceChildren(...list.map((row) => h("tr", {}, cells(row).map((cell) => (cell instanceof Node && cell.tagName === "TD" ? cell : h("td", { class: typeof cell === "object" ? null : "number" }, cell))))))
}

function draw(system) {
  last = system
  setText(find("#health-title"), HEADS[system.state] ?? system.state)
  setText(find("#health-banner"), system.banner ?? "Uploads are taken, inspected and shown.")
  setAttribute(find("#health-head"), "data-state", system.state)
  keyed(find("#tiles"), system.components, { key: ({ name }) => name, create: createTile, update: updateTile })
  const { queue, breaker, cache } = system
  const figures = { queued: queue && countText(queue.queued), running: queue && countText(queue.running), oldest: queue?.oldest_queued_s ? durationText(queue.oldest_queued_s * 1000) : "–", failed: queue && countText(queue.failed_24h), hits: cache ? percentText(cache.ratio) : null }
  for (const [name, text] of Object.entries(figures)) setText(find(`[data-figure=${name}] b`), text ?? "unknown")
  setAttribute(find("[data-figure=failed]"), "data-level", queue?.failed_24h ? "warn" : null)
  setAttribute(find("[data-figure=queued]"), "data-level", queue?.waiting_for ? "warn" : null)
  setText(find("#waiting-for"), queue?.waiting_for ?? "")
  const state = find("#breaker")
  state.replaceChildren(...stateParts(breaker?.state ?? "unknown"))
  setAttribute(state, "data-state", breaker?.state ?? "unknown")
  setText(find("#breaker-why"), breaker?.state === "closed" || !breaker ? "" : `${breaker.reason ?? ""} ${breaker.failures ?? 0} failures in a row`.trim())
  drawTables(system)
}

function drawTables({ triton, versions }) {
  const models = triton?.models ?? []
  find("#no-models").hidden = models.length > 0
  rows("#models", models, (model) => [h("td", {}, h("b", {}, model.name)), h("td", {}, h("span", { class: "state", "data-state": model.ready ? "ok" : "down" }, stateParts(model.ready ? "ok" : "down"))), countText(model.inferences), ...[model.queue_ms, model.compute_ms].map((ms) => (model.inferences ? durationText(ms) : "–"))])
  const { model: deployed = [], ...others } = versions ?? {}
  rows("#deployed", deployed, (one) => [h("td", {}, h("b", {}, `${one.name} ${one.version}`)), h("td", {}, one.triton_name), h("td", {}, one.state), h("td", {}, digest(one.sha256, "the model's SHA-256"))])
  find("#versions").replaceChildren(...Object.entries(others).flatMap(([name, value]) => [h("dt", {}, NAMES[name] ?? name), h("dd", {}, value ? String(value) : "unknown")]))
}

async function ask() {
  try {
    draw(await getJson("system/"))
    document.querySelector(".health").classList.remove("is-stale")
  } catch (problem) {
    document.querySelector(".health").classList.add("is-stale")
    setText(find("#health-banner"), `${problem.message} What is below is from before.`)
  }
}

find("[data-command=refresh]").addEventListener("click", ask)
document.addEventListener("waferdeck:system", ({ detail }) => draw(detail))
document.addEventListener("live:system.changed", ask)
setInterval(() => { if (!document.hidden) ask() }, EVERY_MS)
find("[data-command=report]").addEventListener("click", ({ currentTarget }) => { currentTarget.dataset.copy = JSON.stringify(last, null, 2) })
ask()
