/** The inference server: what it holds and how it does, asked every five seconds while somebody looks; and what it was told. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { agoText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { breakerOf, callRow, figuresOf, gpuText, headOf, looked, modelRow, nameOf, roleOf, stateOf } from "./server_state.js"

const EVERY_MS = 5000
const SETTLE_MS = 300
const STALE_MS = 12_000
const SIGNS = { ok: "circle-check", degraded: "triangle-alert", down: "octagon-alert", unknown: "circle-help" }
const find = (selector) => document.querySelector(selector)
let known = null
let answeredAt = 0
let pages = 1
let timer = null

const sign = ({ state, text }) => h("span", { class: "state", "data-state": state }, icon(SIGNS[state], "small"), text)
const number = (value, below = "") => h("td", { class: "number" }, value, below && h("small", {}, below))

function modelCells(model) {
  const row = modelRow(known, model)
  const breaker = breakerOf(model)
  return [
    h("td", {}, model.model ? h("a", { class: "table__link", href: `/models/${model.model}/deploy/` }, h("span", {}, nameOf(model)), h("small", {}, model.triton_name)) : model.triton_name),
    h("td", {}, sign(stateOf(model)), h("small", {}, [roleOf(model), row.instances, breaker.state === "ok" && "breaker closed"].filter(Boolean).join(", ")), breaker.state === "down" && sign({ ...breaker, text: `Breaker ${breaker.text}` }), model.reason && h("small", {}, model.reason)),
    number(row.requests, [row.rate, row.failed].filter(Boolean).join(", ")), number(row.batch, row.batchOfAll), number(row.queue, row.queueOfAll), number(row.compute, row.computeOfAll),
    number(row.waiting, row.rejected), number(row.memory),
  ]
}

function drawServer() {
  const { server } = known
  const head = headOf(server)
  setAttribute(find("#server-state"), "data-state", head.state)
  find("#server-state").replaceChildren(icon(SIGNS[head.state], "small"), head.text)
  for (const [name, { value, level }] of Object.entries(figuresOf(known))) {
    const figure = find(`[data-figure="${name}"] b`)
    setText(figure, value)
    setAttribute(figure, "data-level", level)
  }
  setText(find("#gpus"), gpuText(server.gpus))
  const order = [...server.models].sort((a, b) => b.places.length - a.places.length || nameOf(a).localeCompare(nameOf(b)))
  const draw = (row, model) => row.replaceChildren(...modelCells(model))
  const body = find("#models")
  body.querySelector(".skeleton")?.closest("tr").remove()
  keyed(body, order, { key: (model) => model.triton_name, create: (model) => { const row = h("tr"); draw(row, model); return row }, update: draw })
  find("#models-none").hidden = server.models.length > 0
  body.closest("table").hidden = server.models.length === 0
}

function drawAge() {
  const badge = find("#server-stale")
  badge.hidden = !known || Date.now() - answeredAt < STALE_MS
  if (!badge.hidden) setText(badge, `from ${agoText(Date.now() - answeredAt)}`)
}

async function refresh() {
  clearTimeout(timer)
  const [server, problem] = await outcome(getJson("server/", { timeoutMs: 6000 }))
  showTrouble(find("#server-trouble"), problem, { what: known ? "What stands below is from before." : "The server could not be asked for.", retry: refresh })
  if (server) {
    known = looked(known, server)
    answeredAt = Date.now()
    drawServer()
  }
  drawAge()
  if (!document.hidden) timer = setTimeout(refresh, EVERY_MS)
}

function createCall(call) {
  const row = callRow(call)
  return h("tr", {}, h("td", {}, ageElement(call.began_at)), h("td", {}, row.kind), h("td", {}, `${call.model} ${call.version}`, h("small", {}, call.triton_name)),
    number(row.took), number(row.before), number(row.after, row.change),
    h("td", {}, row.isTrouble ? sign({ state: call.outcome === "failed" ? "down" : "degraded", text: row.outcome }) : h("span", { class: "muted" }, row.outcome), call.detail && h("small", {}, call.detail)),
    h("td", {}, accountName(call.asked_by)))
}

async function refreshCalls() {
  const found = []
  let next = "server/calls/?limit=20"
  for (let page = 0; page < pages && next; page += 1) {
    const [answer, problem] = await outcome(getJson(next))
    if (problem) return
    found.push(...answer.results)
    next = answer.next
  }
  const body = find("#calls")
  body.querySelector(".skeleton")?.closest("tr").remove()
  keyed(body, found, { key: ({ id }) => String(id), create: createCall })
  find("#calls-none").hidden = found.length > 0
  body.closest("table").hidden = found.length === 0
  find("#calls-more").hidden = !next
}

find("#again").addEventListener("click", () => { refresh(); refreshCalls() })
find("#calls-more").addEventListener("click", () => { pages += 1; refreshCalls() })
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh() })
const settled = soon(() => { refresh(); refreshCalls() }, SETTLE_MS)
for (const event of ["deployment.changed", "route.flipped"]) document.addEventListener(`live:${event}`, settled)
document.addEventListener("live:resync", settled)
refresh()
refreshCalls()
