/** A job: its progress as it happens, each item, and what can be done about those that failed. */
import { h, keyed, setAttribute, setText } from "../shared/dom.js"
import { countText, durationText, momentText, percentText, plural } from "../shared/formats.js"
import { confirmed } from "../shared/confirm.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { accountName, bandElement, waferName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { createBar, timeText, updateBar } from "./job_parts.js"
import { answered, canRetry, received, shownItems, stateWords, sums, toldOfRun, whatIsAway } from "./job_state.js"

const find = (selector) => document.querySelector(selector)
const id = find("#job").dataset.id
const ITEM_WORDS = { waiting: "Waiting", done: "Inspected", failed: "Failed", cancelled: "Cancelled" }
const ANEW = "Trying again does not help here: send this file, or another in its place, in a new batch."
const SETTLE_MS = 300
let job = null
let filter = "all"
let away = ""

let frame = 0
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    if (job) draw()
  })
}

function draw() {
  document.title = `${job.label || plural(job.total, "image")} · Waferdeck`
  setText(find("#job-label"), job.label || `Batch of ${plural(job.total, "image")}`)
  setText(find("#job-state"), stateWords(job, away))
  setText(find("#job-who"), `sent by ${accountName(job.requested_by)} · ${momentText(job.created_at)}`)
  find("#job-rerun").hidden = !job.rerun
  if (job.rerun) setText(find("#job-rerun-what"), `${job.rerun.model} ${job.rerun.version} judges.`)
  const bar = find("#job-bar")
  if (bar.firstElementChild) updateBar(bar.firstElementChild, job)
  else bar.append(createBar(job))
  drawFigures()
  find("[data-command=retry]").disabled = !job.items.some(canRetry)
  find("[data-command=cancel]").disabled = job.state !== "running"
  find("#items-loading")?.remove()
  const rows = shownItems(job, filter).map((item) => (away && item.state === "waiting" && !item.waiting_for ? waitingRow(item) : item))
  keyed(find("#items"), rows, { key: ({ ordinal }) => String(ordinal), create: createItem, update: updateItem })
  find("#items-none").hidden = rows.length > 0
}

/** The item as it is shown while nothing goes on: one object for one item, so that its row is not drawn anew each second. */
const waitingRows = new WeakMap()
function waitingRow(item) {
  const known = waitingRows.get(item)
  if (known?.waiting_for === away) return known
  const row = { ...item, waiting_for: away }
  waitingRows.set(item, row)
  return row
}

function drawFigures() {
  const now = Date.now()
  const summary = sums(job, now)
  const shown = { done: countText(job.done), failed: countText(job.failed), waiting: countText(job.waiting), time: timeText(job, { now, away }).replace(/^took |^time left | left$/, "") || "–",
    p50: summary.p50_ms ? durationText(summary.p50_ms) : "–", p95: summary.p95_ms ? durationText(summary.p95_ms) : "–",
    rate: summary.throughput_per_s ? `${summary.throughput_per_s.toFixed(1)}` : "–", success: summary.success_rate === undefined ? "–" : percentText(summary.success_rate) }
  for (const [name, text] of Object.entries(shown)) setText(find(`[data-figure=${name}] b`), text)
  setText(find("[data-figure=time] span"), job.state === "running" ? "left" : "taken")
  setText(find("[data-figure=success] span"), job.state === "running" ? "success so far" : "success")
  setAttribute(find("[data-figure=failed]"), "data-level", job.failed ? "alarm" : null)
}

function createItem(item) {
  const row = h("tr", {}, h("td", { class: "number faint" }, String(item.ordinal + 1)), h("td", {}, h("b", { class: "clip" }, item.file_name || "image"), item.external_id && h("small", { class: "muted" }, ` ${item.external_id}`)),
    h("td", { class: "item__state" }), h("td", { class: "item__found number" }), h("td", { class: "item__time number" }), h("td", { class: "item__open" }))
  updateItem(row, item)
  return row
}

function updateItem(row, item) {
  if (row.item === item) return
  row.item = item
  const cell = (name) => row.querySelector(`.item__${name}`)
  setAttribute(row, "data-level", item.state === "failed" ? "alarm" : null)
  cell("state").replaceChildren(item.band ? bandElement({ state: "done", band: item.band }) : h("span", { class: item.state === "failed" ? "" : "muted" }, item.state === "waiting" && item.waiting_for ? `Waiting: ${item.waiting_for}` : ITEM_WORDS[item.state]), ...(item.error ? [h("p", { class: "small" }, item.error.detail), !canRetry(item) && h("p", { class: "small muted" }, ANEW)].filter(Boolean) : []))
  setText(cell("found"), item.detection_count === null ? "" : item.detection_count ? plural(item.detection_count, "defect") : "none")
  setText(cell("time"), item.latency_ms === null ? "" : durationText(item.latency_ms))
  cell("open").replaceChildren(...(item.wafer ? [waferLink(item)] : []))
}

/** One without a name of its own goes by its file, which the row has told already. */
function waferLink({ wafer, run, file_name: file }) {
  const { name, isNamed } = waferName(wafer.code)
  return h("a", { class: "table__link", href: `/wafers/${wafer.id}/${run ? `?run=${run}` : ""}`, "aria-label": isNamed ? null : `Open the wafer of ${file || "this image"}, lot ${wafer.lot}` },
    h("span", { class: "clip", title: isNamed ? wafer.code : null }, isNamed ? name : "Open"), h("small", { class: "clip" }, `lot ${wafer.lot}`))
}

/** The newest state an event spoke of, also while nothing else was known of the job. */
let heard = 0

async function load() {
  const [answer, problem] = await outcome(getJson(`inference/jobs/${id}/`))
  showTrouble(find("#job-trouble"), problem, { what: job ? "What is shown of this job is from before." : "This job could not be loaded.", retry: load })
  if (answer) take(answer)
  if (job) return
  setText(find("#job-state"), "Unknown")
  find("#items-loading")?.remove()
}

function take(answer) {
  job = answered(job, answer, Date.now())
  if (answer.revision < heard) loadSoon()
  redraw()
}

const loadSoon = soon(load, SETTLE_MS)

async function act(path, done) {
  const [answer, problem] = await outcome(postJson(`inference/jobs/${id}/${path}/`))
  if (problem) return toast(problem.message, { level: "alarm", requestId: problem.requestId })
  take(answer)
  return toast(done)
}

find("[data-command=retry]").addEventListener("click", () => act("retry", `${plural(job.items.filter(canRetry).length, "item")} queued again.`))
find("[data-command=cancel]").addEventListener("click", async () => {
  const left = plural(job.waiting, "item")
  const isMeant = await confirmed({ title: "Cancel this job?", text: `${left} of ${job.total} will not be inspected. What is done stays.`, yes: `Cancel ${left}` })
  if (isMeant) act("cancel", "The job is cancelled.")
})
find("#filter").addEventListener("click", ({ target }) => {
  if (!target.dataset.filter) return
  filter = target.dataset.filter
  for (const button of document.querySelectorAll("#filter button")) setAttribute(button, "aria-pressed", String(button.dataset.filter === filter))
  redraw()
})
document.addEventListener("live:job.changed", ({ detail: { data } }) => {
  if (data.id !== id) return
  heard = Math.max(heard, data.revision)
  // Of many items at once the event says only that they changed.
  if (!data.item) loadSoon()
  if (!job) return
  job = received(job, data, Date.now())
  redraw()
})
for (const name of ["run.waiting", "run.started"]) {
  document.addEventListener(`live:${name}`, ({ detail: { data } }) => {
    const next = job && toldOfRun(job, data)
    if (next === job) return
    job = next
    redraw()
  })
}
document.addEventListener("waferdeck:system", ({ detail }) => {
  away = whatIsAway(detail)
  redraw()
})
document.addEventListener("live:resync", ({ target }) => { if (target.getAttribute("src") !== "/ws/live/") load() })
setInterval(() => { if (job?.state === "running") redraw() }, 1000)
load()
