/** The list of jobs, asked anew while one of them runs. */
import { ageElement } from "../shared/ages.js"
import { h, keyed, setText } from "../shared/dom.js"
import { durationText, percentText, plural } from "../shared/formats.js"
import { getJson } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { createBar, stateElement, timeText, updateBar } from "./job_parts.js"
import { stateWords } from "./job_state.js"

const EVERY_MS = 3000
const find = (selector) => document.querySelector(selector)
const body = find("#jobs")
let next = null
let pages = 1

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
  cell("state").replaceChildren(stateElement(job), " ", stateWords(job))
  updateBar(cell("bar").firstElementChild, job)
  setText(cell("count"), `${job.done + job.failed + job.cancelled} of ${job.total}`)
  setText(cell("time"), timeText(job))
  setText(cell("p95"), job.summary?.p95_ms ? `${durationText(job.summary.p95_ms)} · ${percentText(job.summary.success_rate)}` : "–")
}

async function refresh() {
  const rows = []
  let path = "inference/jobs/?limit=50"
  for (let page = 0; page < pages && path; page += 1) {
    const answer = await getJson(path).catch(() => null)
    if (!answer) return
    rows.push(...answer.results)
    path = next = answer.next
  }
  find("#jobs-loading")?.remove()
  keyed(body, rows, { key: ({ id }) => id, create, update })
  find("#jobs-table").hidden = rows.length === 0
  find("#jobs-empty").hidden = rows.length > 0
  find("#jobs-more").hidden = !next
  document.body.dataset.running = rows.some(({ state }) => state === "running") ? "yes" : ""
}

find("#jobs-more").addEventListener("click", () => {
  pages += 1
  refresh()
})
document.addEventListener("live:resync", refresh)
setInterval(() => { if (document.body.dataset.running && !document.hidden) refresh() }, EVERY_MS)
refresh()
