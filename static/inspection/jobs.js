/** The list of jobs, asked anew when one of them changes, and for the time it still takes while one runs. */
import { ageElement } from "../shared/ages.js"
import { h, keyed, setText } from "../shared/dom.js"
import { durationText, percentText, plural } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { createBar, stateElement, timeText, updateBar } from "./job_parts.js"
import { stateWords, whatIsAway } from "./job_state.js"

const EVERY_MS = 3000
const SETTLE_MS = 500
const find = (selector) => document.querySelector(selector)
const body = find("#jobs")
let pages = 1
let isRunning = false
let away = ""

function create(job) {
  const row = h("tr", { class: "job" },
    h("td", {}, h("a", { class: "table__link", href: `/jobs/${job.id}/` }, h("span", {}, job.label || plural(job.total, "image")), h("small", {}, accountName(job.requested_by)))),
    h("td", { class: "job__state" }), h("td", { class: "job__bar" }, createBar(job)),
    h("td", { class: "number job__count" }), h("td", { class: "number job__time" }), h("td", { class: "number job__p95" }), h("td", { class: "number" }, ageElement(job.created_at)))
  update(row, job)
  return row
}

function update(row, job) {
  const cell = (name) => row.querySelector(`.job__${name}`)
  if (row.revision === job.revision && job.state !== "running") return
  row.revision = job.revision
  cell("state").replaceChildren(stateElement(job), " ", stateWords(job, away))
  updateBar(cell("bar").firstElementChild, job)
  setText(cell("count"), `${job.done + job.failed + job.cancelled} of ${job.total}`)
  setText(cell("time"), timeText(job, { now: Date.now(), away }))
  setText(cell("p95"), job.summary?.p95_ms ? `${durationText(job.summary.p95_ms)} · ${percentText(job.summary.success_rate)}` : "–")
}

/** The jobs of as many pages as are open, and where the next one begins. */
async function allShown() {
  const rows = []
  let path = "inference/jobs/?limit=50"
  for (let page = 0; page < pages && path; page += 1) {
    const answer = await getJson(path)
    rows.push(...answer.results)
    path = answer.next
  }
  return { rows, next: path }
}

function draw({ rows, next }) {
  keyed(body, rows, { key: ({ id }) => id, create, update })
  find("#jobs-table").hidden = rows.length === 0
  find("#jobs-empty").hidden = rows.length > 0
  find("#jobs-more").hidden = !next
  find("[data-command=older]").disabled = !next
  isRunning = rows.some(({ state }) => state === "running")
}

let isAsking = false
let isToAskAgain = false
/** One question at a time: a slow server is not asked the more the slower it is. */
async function refresh() {
  isToAskAgain = isAsking
  if (isAsking) return
  isAsking = true
  const [found, problem] = await outcome(allShown())
  isAsking = false
  showTrouble(find("#jobs-trouble"), problem, { what: body.childElementCount ? "The jobs below are from before." : "The jobs could not be loaded.", retry: refresh })
  find("#jobs-loading")?.remove()
  if (found) draw(found)
  if (isToAskAgain) await refresh()
}

const settle = soon(refresh, SETTLE_MS)

function showOlder() {
  pages += 1
  refresh()
}

for (const button of [find("#jobs-more"), find("[data-command=older]")]) button.addEventListener("click", showOlder)
walkRows(() => [...body.querySelectorAll(".table__link")], "job")
document.addEventListener("waferdeck:system", ({ detail }) => {
  const before = away
  away = whatIsAway(detail)
  if (away !== before) refresh()
})
document.addEventListener("live:resync", refresh)
document.addEventListener("live:job.changed", settle)
setInterval(() => { if (isRunning && !document.hidden) refresh() }, EVERY_MS)
refresh()
