/** The list of wafers. Typing draws it anew; events change rows where they are, and offer what is newer. */
import { tick } from "../shared/ages.js"
import { setAttribute, setText } from "../shared/dom.js"
import { isSentElsewhere } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { walkRows } from "../shared/rows.js"
import { soon } from "../shared/soon.js"
import { HOLD_EVENTS } from "./holds.js"
import { digest } from "./inspector.js"
import { arrivals, failureText, newerText, queryOf, statusText } from "./wafers_state.js"

const PAUSE_MS = 160
const SETTLE_MS = 1200
const TIMEOUT_MS = 8000
const find = (selector) => document.querySelector(selector)
const form = find("#wafers-search")
const rows = find("#wafers-rows")
const status = find("#wafers-status [data-text]")
const idsOf = (root) => [...root.querySelectorAll("tr[data-wafer]")].map((row) => row.dataset.wafer)
const links = () => [...rows.querySelectorAll(".table__link")]
let typing = null
const settle = soon(() => refresh(), SETTLE_MS)
let request
let again = redraw
/** The query that the rows answer; the address is ahead of it while somebody types. */
let drawn = location.search

// Asking ------------------------------------------------------------------------------------------------------------

/** The rows of the address that is shown, as a fragment; null when there is no answer to use. */
async function rowsNow() {
  request?.abort()
  const mine = (request = new AbortController())
  const query = new URL(location.href).searchParams
  query.set("part", "rows")
  let answer = null
  try {
    answer = await fetch(`?${query}`, { signal: AbortSignal.any([mine.signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    const text = await answer.text()
    if (showFailure(answer)) return null
    const template = document.createElement("template")
    // Our own server rendered and escaped this.
    template.innerHTML = text
    return template.content
  } catch {
    if (!mine.signal.aborted) showFailure(null)
    return null
  }
}

function showFailure(answer) {
  const isElsewhere = Boolean(answer) && isSentElsewhere(answer, location.pathname)
  const text = failureText({ status: answer?.status ?? 0, ok: answer?.ok ?? false, isElsewhere })
  setAttribute(find("#wafers-status"), "data-level", text ? "alarm" : null)
  find("#wafers-retry").hidden = !text
  rows.removeAttribute("aria-busy")
  if (!text) return false
  const id = answer?.headers.get("X-Request-ID")
  status.replaceChildren(text, ...(id ? [" Request ", digest(id, "the request's id")] : []))
  return true
}

/** Draws the list anew: what somebody asked for. */
async function redraw() {
  again = redraw
  const asked = location.search
  rows.setAttribute("aria-busy", "true")
  const fresh = await rowsNow()
  if (!fresh) return
  drawn = asked
  rows.replaceChildren(fresh)
  find("#wafers-newer").hidden = true
  drawStatus()
  tick()
}

/** Brings the rows that are shown up to date where they are; what is newer is counted and offered. */
async function refresh() {
  // Rows of another question are not these brought up to date, and what somebody asked for is not broken off.
  if (typing || rows.hasAttribute("aria-busy")) return settle()
  if (location.search !== drawn) return redraw()
  again = refresh
  const fresh = await rowsNow()
  if (!fresh) return undefined
  if (!rows.querySelector("table") || !fresh.querySelector("table")) {
    rows.replaceChildren(fresh)
  } else {
    for (const row of fresh.querySelectorAll("tr[data-wafer]")) replaceRow(row)
    const isNewest = rows.querySelector("table").dataset.newest === "yes"
    const { newer, isMore } = isNewest ? arrivals(idsOf(rows), idsOf(fresh)) : { newer: 0, isMore: false }
    find("#wafers-newer").hidden = newer === 0
    if (newer) setText(find("#wafers-newer"), newerText({ newer, isMore }))
  }
  drawStatus()
  return tick()
}

/** A row without what turns by itself, to tell whether anything else did. */
function essence(row) {
  const still = row.cloneNode(true)
  for (const time of still.querySelectorAll("time")) time.replaceWith(time.dateTime)
  return still.innerHTML
}

/** The link stays where it is: somebody may be pressing it. */
function replaceRow(fresh) {
  const shown = rows.querySelector(`tr[data-wafer="${fresh.dataset.wafer}"]`)
  if (!shown || essence(shown) === essence(fresh)) return
  const kept = shown.querySelector("td:has(.table__link)")
  const cells = [...fresh.cloneNode(true).children]
  for (const cell of [...shown.children]) if (cell !== kept) cell.remove()
  kept.before(cells[0])
  kept.after(...cells.slice(2))
}

function drawStatus() {
  const filters = queryOf(new FormData(form))
  const isNewest = rows.querySelector("table")?.dataset.newest === "yes"
  setText(status, statusText({ count: idsOf(rows).length, isNewest, hasOlder: Boolean(rows.querySelector("a[rel=next]")), hasFilters: filters.size > 0 }))
  find("#wafers-clear").hidden = filters.size === 0
}

// What people do ----------------------------------------------------------------------------------------------------

function search(waitMs) {
  history.replaceState(null, "", `?${queryOf(new FormData(form))}`)
  clearTimeout(typing)
  typing = setTimeout(() => {
    typing = null
    redraw()
  }, waitMs)
}

const step = walkRows(links, "wafer")
form.addEventListener("input", () => search(PAUSE_MS))
form.addEventListener("submit", (event) => {
  event.preventDefault()
  search(0)
})
form.elements.q.addEventListener("keydown", (event) => {
  if (event.key === "Escape") form.elements.q.blur()
  if (event.key !== "ArrowDown") return
  event.preventDefault()
  step(event)
})
find("[data-command=search]").addEventListener("click", () => form.elements.q.select())
find("#wafers-retry").addEventListener("click", () => again())
find("#wafers-newer").addEventListener("click", async () => {
  await redraw()
  find("#main").scrollTo({ top: 0 })
  links()[0]?.focus()
})
bind({ keys: ["["], label: "Newer wafers", run: () => rows.querySelector("a[rel=prev]")?.click() })
bind({ keys: ["]"], label: "Older wafers", run: () => rows.querySelector("a[rel=next]")?.click() })

// What happens ------------------------------------------------------------------------------------------------------

for (const name of ["run.queued", "run.started", "run.waiting", "run.done", "run.failed", "run.cancelled", ...HOLD_EVENTS]) document.addEventListener(`live:${name}`, settle)
// The first one too: what happened between the drawing of this page and its first word from the server.
document.addEventListener("live:resync", settle)
drawStatus()
