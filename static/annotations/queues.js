/** The queues of a site: how much waits in each, and the way in. Asked anew when something is decided, found or changed. */
import { ageElement, setAge } from "../shared/ages.js"
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { Hands } from "./hands.js"
import { pageJournal } from "./journal_page.js"
import { Planner } from "./planner.js"
import { QueueForm } from "./queue_form.js"
import { openText, orderText, overlapText, selectionText } from "./queues_state.js"
import { othersText } from "./waiting_work.js"

const SETTLE_MS = 800
const MOST_PAGES = 10
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const classes = loadClasses()
const body = find("#queues")
const byId = new Map()
const nameOf = (code) => classNamed(code).name.toLowerCase()
let isArchived = false

const form = new QueueForm(find("#queue-sheet"), { known, classes, onDone: () => refresh() })

const hands = known.mayManage ? new Hands(find("#hands-sheet"), { onDone: () => refresh() }) : null

if (known.mayPlan) {
  const planner = new Planner(find("#planner"))
  find("#plan-open").addEventListener("click", () => planner.open())
}

function create(queue) {
  const acts = h("div", { class: "queues__acts" })
  if (known.mayManage) acts.append(h("button", { class: "button button--icon", type: "button", "data-change": queue.id, "aria-label": "Change" }, icon("sliders-horizontal")))
  acts.append(h("a", { class: "button button--primary", href: `/review/${queue.id}/`, tabindex: -1 }, icon("scan-eye"), "Review"))
  const back = h("button", { class: "button", type: "button", "data-back": queue.id }, icon("rotate-ccw"), "Bring back")
  const row = h("tr", {},
    h("td", {}, h("a", { class: "table__link", href: `/review/${queue.id}/` }, h("span", {}), h("small", {}))),
    h("td", { class: "number" }, h("span", { class: "queues__open" }), h("small", { class: "queues__filling" }, "filling")),
    h("td", { class: "number queues__held" }, known.mayManage ? h("button", { class: "button button--quiet", type: "button", "data-hands": queue.id, title: "Assigned tasks: who holds which" }) : h("span", {})), h("td", { class: "number" }, h("span", { class: "muted" }), ageElement(queue.oldest_at)),
    h("td", { class: "number queues__today" }), h("td", {}, queue.is_archived ? known.mayManage && back : acts))
  update(row, queue)
  return row
}

function update(row, queue) {
  byId.set(queue.id, queue)
  const [, , held, oldest, today] = row.children
  setText(row.querySelector(".table__link span"), queue.name || queue.code)
  setText(row.querySelector(".table__link small"), [selectionText(queue.selection, nameOf), orderText(queue.order, known.orders), overlapText(queue)].filter(Boolean).map((text) => `${text}.`).join(" "))
  setText(row.querySelector(".queues__open"), openText(queue))
  row.querySelector(".queues__filling").hidden = !queue.is_filling
  setText(held.firstElementChild, queue.held ? `${countText(queue.held)}${queue.mine ? `, ${countText(queue.mine)} by me` : ""}` : "–")
  held.firstElementChild.disabled = queue.held === 0
  setText(oldest.firstElementChild, queue.oldest_at ? "" : "–")
  oldest.lastElementChild.hidden = !queue.oldest_at
  if (queue.oldest_at) setAge(oldest.lastElementChild, queue.oldest_at)
  setText(today, `${countText(queue.decided_today)}${queue.mine_today ? `, ${countText(queue.mine_today)} by me` : ""}`)
  const review = row.querySelector("a.button")
  if (review) setAttribute(review, "aria-disabled", known.mayReview && queue.open + queue.mine > 0 ? null : "true")
}

async function allQueues() {
  const rows = []
  let path = `review/queues/${isArchived ? "?archived=true" : ""}`
  for (let page = 0; page < MOST_PAGES && path; page += 1) {
    const answer = await getJson(path)
    rows.push(...answer.results)
    path = answer.next
  }
  return rows
}

function draw(rows) {
  keyed(body, rows, { key: ({ id, is_archived: is }) => `${id} ${is}`, create, update })
  find("#queues-table").hidden = rows.length === 0
  find("#queues-empty").hidden = rows.length > 0
  setText(find("#queues-empty-title"), isArchived ? "No archived queue" : "No queue yet")
  find("#queues-empty-text").hidden = isArchived
}

/** Whether there is anything to decide between; how much is not counted. */
async function markDisputes() {
  const [page] = await outcome(getJson("review/tasks/?state=disputed&limit=1"))
  if (page) find("#disputes small").hidden = page.results.length === 0
}

/** Work of somebody who was signed in here before, and that only they can send. */
function tellOfOthers() {
  const text = othersText(document.body.dataset.user)
  find("#queues-others").hidden = !text
  setText(find("#queues-others p"), text)
}

let isAsking = false
let isToAskAgain = false
/** One question at a time. */
async function refresh() {
  isToAskAgain = isAsking
  if (isAsking) return
  isAsking = true
  const [rows, problem] = await outcome(allQueues())
  isAsking = false
  showTrouble(find("#queues-trouble"), problem, { what: body.childElementCount ? "The queues below are from before." : "The queues could not be loaded.", retry: refresh })
  find("#queues-loading")?.remove()
  if (rows) draw(rows)
  markDisputes()
  tellOfOthers()
  if (isToAskAgain) await refresh()
}

body.addEventListener("click", ({ target }) => {
  const { change, back, hands: of } = target.closest("button")?.dataset ?? {}
  if (of) hands.open(byId.get(of))
  if (change) form.open(byId.get(change))
  if (back) form.bringBack(byId.get(back))
})
for (const button of document.querySelectorAll("[data-make]")) button.addEventListener("click", () => form.open(null))
find("#archived").addEventListener("click", () => {
  isArchived = !isArchived
  setAttribute(find("#archived"), "aria-pressed", String(isArchived))
  refresh()
})
walkRows(() => [...body.querySelectorAll(".table__link")], "queue")
const settle = soon(refresh, SETTLE_MS)
for (const name of ["live:queue.changed", "live:task.decided"]) document.addEventListener(name, settle)
document.addEventListener("live:resync", refresh)
refresh()
// What was decided on the page of a queue and could not be sent there goes out from here.
if (known.mayReview) pageJournal(document.body.dataset.user).then((journal) => journal.open().then(({ entries }) => { if (entries.length) journal.kick() }))
