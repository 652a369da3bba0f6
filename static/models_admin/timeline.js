/** Which deployment held each place when: drawn, and as a table. */
import { h, keyed, setAttribute, setText } from "../shared/dom.js"
import { minuteText, momentText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { walkRows } from "../shared/rows.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { TimelinePlot } from "./timeline_plot.js"
import { SLOT_WORDS, ZOOMS, lastedText, rowsOf, windowOf } from "./timeline_state.js"

const [SETTLE_MS, REDRAW_MS, DEFAULT_ZOOM] = [300, 60_000, "7d"]
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const asked = new URLSearchParams(location.search)
const plot = new TimelinePlot(find("#plot"), { hasModels: known.models.length > 1 })
let zoom = ZOOMS.some((one) => one.zoom === asked.get("zoom")) ? asked.get("zoom") : DEFAULT_ZOOM
let end = Date.parse(asked.get("until") ?? "") || null
let model = known.models.includes(asked.get("model")) ? asked.get("model") : ""
let lanes = null

const lengthOf = () => ZOOMS.find((one) => one.zoom === zoom).ms
/** A little after now, so that what goes on has an end to be seen. */
const newestEnd = () => Date.now() + (lengthOf() ?? 0) * 0.03

function shown() {
  const [from, to] = windowOf({ zoom, end: end ?? newestEnd(), now: Date.now(), lanes: lanes ?? [] })
  return { from, to, now: Date.now() }
}

function draw() {
  if (!lanes) return
  const window = shown()
  const rows = rowsOf(lanes)
  plot.draw(lanes, window)
  keyed(find("#tenures"), rows, { key: ({ key }) => key, create, update })
  const isNever = lanes.length === 0
  find("#timeline-empty").hidden = !isNever
  find("#timeline").hidden = isNever
  find("#tenures-none").hidden = isNever || rows.length > 0
  setText(find("#span"), `${minuteText(window.from)} – ${minuteText(Math.min(window.to, window.now))}`)
  find("[data-command=later]").disabled = end === null
  find("[data-command=earlier]").disabled = lengthOf() === null
}

function create(tenure) {
  const row = h("tr", {},
    h("td", {}, h("a", { class: "table__link", href: `/deployments/${tenure.deployment}/` }, h("span", {}, tenure.version), h("small", {}, tenure.model))),
    h("td", {}, tenure.lane, h("small", { class: "muted" }, ` ${SLOT_WORDS[tenure.slot].toLowerCase()}`)),
    h("td", {}), h("td", {}), h("td", { class: "number" }), h("td", {}, tenure.taken_by ? accountName(tenure.taken_by) : h("span", { class: "muted" }, "unknown")))
  update(row, tenure)
  return row
}

function update(row, tenure) {
  const [, , since, until, lasted] = row.children
  setText(since, `${tenure.since_known ? "" : "at the latest "}${minuteText(tenure.since)}`)
  setText(until, tenure.until ? minuteText(tenure.until) : "now")
  since.title = momentText(tenure.since)
  until.title = tenure.until ? momentText(tenure.until) : ""
  until.className = tenure.until ? "" : "timeline__now"
  setText(lasted, lastedText(tenure, Date.now()))
}

async function refresh() {
  const query = new URLSearchParams()
  if (model) query.set("model", model)
  if (lengthOf()) {
    const { from, to } = shown()
    query.set("since", new Date(from).toISOString())
    query.set("until", new Date(to).toISOString())
  }
  const [answer, problem] = await outcome(getJson(`deployments/timeline/?${query}`))
  showTrouble(find("#timeline-trouble"), problem, { what: lanes ? "What is shown is from before." : "The timeline could not be loaded.", retry: refresh })
  find("#timeline-loading")?.remove()
  if (!answer) return
  lanes = answer.lanes
  find("#timeline-more").hidden = !answer.has_more
  draw()
}

function look(changes) {
  if ("zoom" in changes) [zoom, end] = [changes.zoom, null]
  if ("end" in changes) end = changes.end
  if ("model" in changes) model = changes.model
  for (const button of find("#zoom").children) setAttribute(button, "aria-pressed", String(button.dataset.zoom === zoom))
  const address = new URLSearchParams({ ...(model && { model }), ...(zoom !== DEFAULT_ZOOM && { zoom }), ...(end && { until: new Date(end).toISOString() }) })
  history.replaceState(null, "", address.size ? `?${address}` : location.pathname)
  refresh()
}

/** Half of what is shown further back, or on; not past now. */
function shift(direction) {
  const length = lengthOf()
  if (!length) return
  const to = (end ?? newestEnd()) + (direction * length) / 2
  look({ end: to >= newestEnd() ? null : to })
}

find("#zoom").addEventListener("click", ({ target }) => { if (target.dataset.zoom) look({ zoom: target.dataset.zoom }) })
find("#model")?.addEventListener("change", ({ target }) => look({ model: target.value }))
for (const [command, direction] of [["earlier", -1], ["later", 1]]) find(`[data-command=${command}]`).addEventListener("click", () => shift(direction))
ZOOMS.forEach(({ zoom: to, label }, at) => bind({ keys: [String(at + 1)], label: to === "all" ? "Everything" : `The last ${label}`, isOnce: true, run: () => look({ zoom: to }) }))
bind({ keys: ["t"], label: "To the bars; arrow keys walk them, Enter opens one", isOnce: true, run: () => plot.focus() })
walkRows(() => [...find("#tenures").querySelectorAll(".table__link")], "deployment")
new ResizeObserver(() => draw()).observe(find("#plot"))
for (const event of ["route.flipped", "deployment.changed"]) document.addEventListener(`live:${event}`, soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
setInterval(() => { if (end === null) draw() }, REDRAW_MS)
look({})
