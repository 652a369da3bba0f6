/** The upload page: queue, form and sender together; stored runs are followed over the socket. */
import { keyed, setAttribute, setText } from "../shared/dom.js"
import { countText, percentText, plural } from "../shared/formats.js"
import { Problem, getJson, outcome } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { loadClasses } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { fromDrop, fromPicker } from "./upload_files.js"
import { UploadForm } from "./upload_form.js"
import { createRow, updateRow } from "./upload_rows.js"
import { send } from "./upload_sender.js"
import { added, answered, cancelled, clearable, cleared, emptyQueue, followed, holdText, isAtRisk, isOver, nextAt, progressed, reached, refused, removed, retried, sending, signedIn, signedOut, started, storedRuns, summary, toSend } from "./upload_state.js"

const find = (selector) => document.querySelector(selector)
const readJson = (id) => JSON.parse(document.getElementById(id).textContent)
const known = readJson("known")
const files = new Map()
const underWay = new Map()
let queue = emptyQueue()

loadClasses()
const form = new UploadForm(find("#about"), known)

// Drawing ---------------------------------------------------------------------------------------------------------------

let frame = 0
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    const sums = summary(queue)
    find("#files").hidden = find("#upload-head").hidden = sums.total === 0
    setAttribute(find("#drop"), "data-size", sums.total ? "small" : "large")
    setAttribute(document.body, "data-holds", sums.total ? "files" : null)
    keyed(find("#files"), queue.items, { key: ({ id }) => id, create: (item) => createRow(item, form.waferFor(item)), update: (element, item) => updateRow(element, item, element.sentTo ?? form.waferFor(item)) })
    drawSums(sums)
  })
}

function drawSums(sums) {
  setText(find("#sum"), isOver(queue) ? overText(sums) : queue.isStarted ? `${countText(sums.ended)} of ${plural(sums.total, "file")}` : `${plural(sums.waiting, "file")} ready`)
  const note = [sums.stored && `${countText(sums.stored)} stored, waiting for the model`, sums.refused && `${countText(sums.refused)} refused`, sums.failed && `${countText(sums.failed)} failed`, cancelledText(sums), queue.leftOut && `${plural(queue.leftOut, "file")} left out: known already or made by the system`, holdText(queue, Date.now())].filter(Boolean)
  setText(find("#sum-note"), note.join(" · "))
  const why = sums.waiting > 0 && !queue.isStarted ? form.whatIsWrong : ""
  find("#sum-why").hidden = !why
  setText(find("#sum-why"), why && `To inspect them, ${why}`)
  drawBar("#sum-sent", sums.sentShare)
  drawBar("#sum-inspected", sums.inspectedShare)
  const start = find("[data-command=start]")
  start.disabled = !form.isUsable || queue.isStarted || sums.waiting === 0
  setText(start.querySelector("[data-text]"), sums.waiting && !queue.isStarted ? `Inspect ${countText(sums.waiting)}` : "Inspect")
  find("[data-command=retry]").disabled = sums.retryable === 0
  const { kind, items } = clearable(queue)
  const clearing = find("[data-command=clear]")
  clearing.disabled = items.length === 0
  setText(clearing.querySelector("[data-text]"), kind === "refused" && items.length ? "Clear refused" : "Clear done")
  find("[data-command=cancel]").disabled = sums.waiting + sums.active === 0
}

function drawBar(name, share) {
  const bar = find(name)
  bar.value = share
  setAttribute(bar, "aria-valuetext", percentText(share))
}

function overText(sums) {
  if (sums.done === sums.total) return `All ${plural(sums.total, "file")} inspected`
  return `${countText(sums.done)} of ${plural(sums.total, "file")} inspected`
}

function cancelledText({ cancelled, cancelledLate }) {
  if (!cancelled) return ""
  return `${countText(cancelled)} cancelled${cancelledLate ? `, ${countText(cancelledLate)} of them sent already and may still be inspected` : ""}`
}

// The queue ---------------------------------------------------------------------------------------------------------------

function change(next) {
  if (next === queue) return
  queue = next
  redraw()
  pump()
}

let timer
function pump() {
  clearTimeout(timer)
  for (const id of toSend(queue, Date.now())) begin(id)
  const at = nextAt(queue)
  if (at !== null) timer = setTimeout(() => { redraw(); pump() }, Math.min(1000, Math.max(50, at - Date.now())))
}

async function begin(id) {
  const item = queue.items.find((one) => one.id === id)
  queue = sending(queue, id)
  const row = find("#files").keyedElements?.get(id)
  if (row) row.sentTo = form.waferFor(item)
  const fields = form.fieldsFor(item)
  const { answer, abort } = send({
    file: files.get(id), fields, key: `${id}-${item.keyed ?? 0}`,
    onProgress: (sent) => change(progressed(queue, id, sent)),
  })
  underWay.set(id, abort)
  redraw()
  try {
    const run = await answer
    form.learn(fields)
    change(answered(queue, id, run))
    if (ended.has(run.id)) follow(run.id)
  } catch (fault) {
    const problem = fault instanceof Problem ? fault : new Problem({ detail: fault.message })
    if (problem.code !== "cancelled") change(refused(queue, id, problem, Date.now()))
  } finally {
    underWay.delete(id)
    if (underWay.size === 0) ended.clear()
    pump()
  }
}

let isStarting = false
async function start() {
  if (isStarting) return undefined
  isStarting = true
  const [, problem] = await outcome(form.prepare())
  isStarting = false
  if (problem) return toast(`The recipe could not be made: ${problem.message}`, { level: "alarm", requestId: problem.requestId })
  form.remember()
  return change(started(queue))
}

function add(found) {
  for (const { file, facts } of found) files.set(facts.id, file)
  change(added(queue, found.map(({ facts }) => facts), known))
}

/** Shows a shorter queue, and lets go of the files that left it. */
function shorten(next) {
  change(next)
  const kept = new Set(queue.items.map(({ id }) => id))
  for (const id of files.keys()) if (!kept.has(id)) files.delete(id)
}

function cancel(ids) {
  for (const id of ids) underWay.get(id)?.()
  change(cancelled(queue, ids))
}

function retry(ids) {
  change(started(retried(queue, ids)))
}

// What became of stored runs -------------------------------------------------------------------------------------------

/** Runs that ended while files were being sent: one of them may be that of a file whose answer is still on its way. */
const ended = new Set()

async function follow(runId) {
  if (underWay.size) ended.add(runId)
  if (!storedRuns(queue).includes(runId)) return
  const run = await getJson(`inference/results/${runId}/`).catch(() => null)
  if (run) change(followed(queue, run))
}

let isFollowing = false
/** One after the other: hundreds may be stored, and all at once would be refused. */
async function followAll() {
  if (isFollowing) return
  isFollowing = true
  for (const runId of storedRuns(queue)) await follow(runId)
  isFollowing = false
}
for (const name of ["run.done", "run.failed", "run.cancelled"]) document.addEventListener(`live:${name}`, ({ detail }) => follow(detail.data.run))
document.addEventListener("live:resync", () => {
  followAll()
  if (document.documentElement.dataset.link === "on") change(reached(queue))
})
addEventListener("online", () => change(reached(queue)))
document.addEventListener("waferdeck:signed-out", () => change(signedOut(queue)))
document.addEventListener("waferdeck:signed-in", () => change(signedIn(queue)))

// Hands --------------------------------------------------------------------------------------------------------------------

const drop = find("#drop")
const pick = { files: find("#pick-files"), folder: find("#pick-folder") }
for (const input of Object.values(pick)) {
  input.addEventListener("change", () => {
    add(fromPicker(input.files))
    input.value = ""
  })
}
for (const name of ["files", "folder"]) for (const button of document.querySelectorAll(`[data-command=${name}]`)) button.addEventListener("click", () => pick[name].click())
let depth = 0
addEventListener("dragenter", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return
  depth += 1
  drop.dataset.over = "yes"
})
addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1)
  if (!depth) delete drop.dataset.over
})
addEventListener("dragover", (event) => event.preventDefault())
addEventListener("drop", async (event) => {
  event.preventDefault()
  depth = 0
  delete drop.dataset.over
  const found = await fromDrop(event.dataTransfer)
  if (known.mayUpload) add(found)
})
find("#files").addEventListener("click", ({ target }) => {
  const action = target.closest("[data-do]")?.dataset.do
  const id = target.closest(".file")?.dataset.id
  if (action === "cancel") cancel([id])
  if (action === "retry") retry([id])
  if (action === "remove") shorten(removed(queue, [id]))
})
const idsOf = (...states) => queue.items.filter(({ state }) => states.includes(state)).map(({ id }) => id)
find("[data-command=start]").addEventListener("click", start)
find("[data-command=retry]").addEventListener("click", () => retry(idsOf("failed", "refused", "cancelled")))
find("[data-command=clear]").addEventListener("click", () => shorten(cleared(queue)))
find("[data-command=cancel]").addEventListener("click", () => cancel(idsOf("waiting", "sending", "inspecting")))
find("#about").addEventListener("input", redraw)
find("#about").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches(".input")) return
  event.preventDefault()
  const next = form.fieldAfter(event.target)
  if (next) next.select()
  else find("[data-command=start]").focus()
})
bind({ keys: ["Enter"], label: "Inspect", run: () => find("[data-command=start]").click() })
addEventListener("beforeunload", (event) => { if (isAtRisk(queue)) event.preventDefault() })
redraw()
