/** The list of wafers: rows are drawn by the server, anew after typing and after something happened to a wafer. */
import { tick } from "../shared/ages.js"

const PAUSE_MS = 160
const SETTLE_MS = 1200
const form = document.querySelector("#wafers-search")
const rows = document.querySelector("#wafers-rows")
let timer
let request

function address() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value))
  const before = new URL(location.href).searchParams.get("before")
  if (before) query.set("before", before)
  return query
}

async function redraw() {
  request?.abort()
  request = new AbortController()
  const query = address()
  query.set("part", "rows")
  try {
    const answer = await fetch(`?${query}`, { signal: request.signal })
    if (!answer.ok) return
    // Our own server rendered and escaped this.
    rows.innerHTML = await answer.text()
    tick()
  } catch (fault) {
    if (fault.name !== "AbortError" && fault.name !== "TypeError") throw fault
  }
}

function later(waitMs) {
  clearTimeout(timer)
  timer = setTimeout(redraw, waitMs)
}

form.addEventListener("input", () => {
  const url = new URL(location.href)
  url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value))
  history.replaceState(null, "", url)
  later(PAUSE_MS)
})
form.addEventListener("submit", (event) => {
  event.preventDefault()
  later(0)
})
document.querySelector("[data-command=search]").addEventListener("click", () => form.elements.q.focus())
for (const name of ["run.queued", "run.done", "run.failed", "run.cancelled"]) {
  document.addEventListener(`live:${name}`, ({ detail }) => {
    const isFirstPage = !new URL(location.href).searchParams.has("before")
    // A row that somebody is about to press does not move away.
    if (rows.matches(":focus-within")) return
    if (isFirstPage || rows.querySelector(`[data-wafer="${CSS.escape(detail.data.wafer.id)}"]`)) later(SETTLE_MS)
  })
}
let isFirst = true
document.addEventListener("live:resync", () => {
  if (!isFirst) later(0)
  isFirst = false
})
