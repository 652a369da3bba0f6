/** Adjudication: what reviewers differ about, one after another, and a lead's word between them. Their words stay as they are. */
import { setAttribute } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { recall, remember } from "../shared/remembered.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast as putToast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import * as disputes from "./disputes_state.js"
import { drawActs, drawBoxChoice, drawHead, drawList, drawNote, drawReasons, keepReason, placeChosen, reveal } from "./disputes_view.js"
import { drawCards } from "./opinion_cards.js"
import { drawVoices } from "./opinion_overlay.js"
import { groundOf, isOwn, rulingBody, rulingWords, taken, voicesOf } from "./opinions_state.js"
import { drawScale } from "./review_overlay.js"
import { classChooser } from "./review_sheets.js"
import { ReviewZoom } from "./review_zoom.js"
import { startTalk } from "./talk_start.js"

const SETTLE_MS = 600
const PAGE = 40
const MOST_PAGES = 5
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const classes = loadClasses()
const nameOf = (code) => classNamed(code).name
const isMine = (task) => Boolean(task) && isOwn(task, known.me)

let state = disputes.emptyDisputes()
let drawn = { id: null, revision: 0 }
let isBusy = false
let isShown = true
let meant = null
let shownAt = 0
let pages = 1

let said = null
/** One word at a time: what was said of the dispute before is old by now. */
function toast(text, how) {
  said?.remove()
  said = putToast(text, how)
}

// Drawing -------------------------------------------------------------------------------------------------------------

const zoom = new ReviewZoom(find("#viewer"), {
  onClick() {}, onMove() {}, onLeave() {}, onPress() {}, onDrag() {}, onRelease() {},
  onDraw: () => drawImage(), onFailed: () => { find("#viewer-empty").hidden = false }, onPainted: () => { document.documentElement.dataset.task = state.at },
})
/** The picture is seen around all that was drawn, not the model's box alone. */
const sightOf = (task) => task && { id: task.id, image: task.image, bbox_px: groundOf(task) }

function drawImage() {
  const task = disputes.chosen(state)
  const place = drawVoices(zoom, task, { isShown, meant })
  drawScale(find(".scale"), { pixelUm: place && task?.image.pixel_um, scale: place?.scale, widthPx: zoom.viewer.container.clientWidth })
}

function change(next) {
  state = next
  if (state.rows === null) return
  const task = disputes.chosen(state)
  find("#disputes-loading")?.remove()
  // Where more is to come, what is here is not the end.
  const isNone = !task && !state.next
  find("#disputes").dataset.state = isNone ? "none" : "some"
  find("#disputes-empty").hidden = !isNone
  drawList(state, (id) => change(disputes.choose(state, id)))
  if (task?.id !== drawn.id || task?.revision !== drawn.revision) turnTo(task)
  drawNote(state, { isOwn: isMine(task) && known.mayRule })
  drawActs(state, { isBusy, isOwn: isMine(task) })
}

function turnTo(task) {
  const isSame = task?.id === drawn.id
  drawn = { id: task?.id ?? null, revision: task?.revision ?? 0 }
  meant = null
  if (task) {
    drawHead(task)
    drawBoxChoice(task)
    drawCards(find("#opinions"), task, { mayTake: known.mayRule, isOwn: isMine(task), me: known.me, onTake: (voice) => rule(taken(voice)), onMeant: (letter) => { meant = letter; drawImage() } })
    reveal(task.id)
    history.replaceState(null, "", `?task=${task.id}`)
  }
  if (isSame) return drawImage()
  shownAt = performance.now()
  find("#viewer-empty").hidden = true
  zoom.showTask(sightOf(task))
  const place = disputes.placeOf(state)
  zoom.prepare(task ? state.rows.slice(Math.max(0, place - 1), place + 3).map(sightOf) : [])
  return undefined
}

// The server ----------------------------------------------------------------------------------------------------------

async function rowsOf(count) {
  const rows = []
  let path = `review/tasks/?state=disputed&limit=${PAGE}`
  for (let page = 0; page < count && path; page += 1) {
    const answer = await getJson(path)
    rows.push(...answer.results)
    path = answer.next
  }
  return { rows, next: path }
}

let isAsking = false
let isToAskAgain = false
/** One question at a time. What one looks at and has written stays. */
async function refresh() {
  isToAskAgain = isAsking
  if (isAsking) return
  isAsking = true
  const [answer, problem] = await outcome(rowsOf(pages))
  isAsking = false
  showTrouble(find("#disputes-trouble"), problem, { what: state.rows ? "The list is from before." : "The disputes could not be loaded.", retry: refresh })
  if (answer) arrived(answer)
  if (isToAskAgain) await refresh()
}

function arrived({ rows, next }) {
  const isFirst = state.rows === null
  const { state: now, lost, changed } = disputes.withRows(state, rows, next)
  if (lost) toast("What you looked at is disputed no more: somebody has decided it, or taken their opinion back.")
  const wanted = isFirst ? new URLSearchParams(location.search).get("task") : null
  change(changed ? disputes.withNote(now, now.at, "Somebody gave an opinion while you looked at it. This is how it is now.") : wanted ? disputes.choose(now, wanted) : now)
}

/** @param {number} by how far to go on, once it is there */
async function more(by = 0) {
  if (!state.next || isAsking) return
  isAsking = true
  const [answer, problem] = await outcome(getJson(state.next))
  isAsking = false
  if (isToAskAgain) refresh()
  if (problem) return toast(problem.message, { level: "alarm", requestId: problem.requestId })
  pages = Math.min(pages + 1, MOST_PAGES)
  return change(disputes.step(disputes.withMore(state, answer.results, answer.next), by))
}

/** The ruling that is on its way: who takes it back may be quicker than the answer. */
let ruling = Promise.resolve()

/** Says what counts. Nothing is sent twice, and the next dispute follows by itself. */
function rule(word) {
  if (!isBusy) ruling = sendRuling(word)
  return ruling
}

async function sendRuling(word) {
  const task = disputes.chosen(state)
  if (!task || !known.mayRule) return undefined
  if (isMine(task)) return toast("One of these opinions is yours, so another lead has to decide.", { level: "warn" })
  const reason = disputes.reasonOf(state)
  setBusy(true)
  const [answer, problem] = await outcome(postJson(`review/tasks/${task.id}/ruling/`, rulingBody(task, word, { reason, tookMs: performance.now() - shownAt })))
  isBusy = false
  if (problem) return refused(task, problem)
  if (reason) keepReason(reason)
  const words = rulingWords(word, nameOf)
  change(disputes.ruled(state, answer, words))
  return toast(`Decided: ${words}.`, { action: { label: "Undo", run: () => undo(task.id) } })
}

/** Why it was not taken is said beside it, with what has become of it; what was written stays. */
async function refused(task, problem) {
  if (problem.code === "stale_task" || problem.code === "task_locked") {
    const [now] = await outcome(getJson(`review/tasks/${task.id}/`))
    if (now && now.state !== "disputed") {
      toast(`Not taken: it is ${now.state} by now${now.annotation ? `, by ${now.annotation.author}` : ""}.`, { level: "warn" })
      return change(disputes.withTask(state, now))
    }
    const next = now ? disputes.withTask(state, now) : state
    return change(disputes.withNote(next, task.id, "Not taken: somebody gave an opinion after you looked. This is how it is now; decide again."))
  }
  // Without an answer nobody knows: the list will tell.
  if (problem.status === 0) refresh()
  return change(disputes.withNote(state, task.id, problem.status === 0 ? problem.message : `Not taken. ${problem.message}`))
}

async function undo(given) {
  await ruling
  const id = given ?? state.trail.at(-1)?.id
  if (!id) return toast("There is nothing to undo.")
  if (isBusy || !state.trail.some((entry) => entry.id === id)) return undefined
  setBusy(true)
  const [task, problem] = await outcome(postJson(`review/tasks/${id}/undo/`))
  isBusy = false
  if (problem) {
    change(problem.isPassing ? state : { ...state, trail: state.trail.filter((entry) => entry.id !== id) })
    return toast(`It could not be taken back: ${problem.message}`, { level: "warn", requestId: problem.requestId })
  }
  change(disputes.takenBack(state, id, task))
  return toast("Taken back: it is disputed again.")
}

function setBusy(is) {
  isBusy = is
  drawActs(state, { isBusy, isOwn: isMine(disputes.chosen(state)) })
}

// Acts ----------------------------------------------------------------------------------------------------------------

const askClass = classChooser(classes)
const acts = {
  previous: () => change(disputes.step(state, -1)),
  next: () => (disputes.placeOf(state) === (state.rows?.length ?? 0) - 1 && state.next ? more(1) : change(disputes.step(state, 1))),
  undo: () => undo(),
  nuisance: () => rule({ verdict: "nuisance" }),
  reclass: async () => {
    const task = disputes.chosen(state)
    if (!task || isBusy || isMine(task)) return
    const place = placeChosen(task)
    const code = await askClass()
    if (code && state.at === task.id) rule({ verdict: "defect", class_code: code, ...place })
  },
  defect: () => { if (state.at) zoom.toDefect(groundOf(disputes.chosen(state))) },
  fit: () => zoom.fit(),
  closer: () => zoom.zoomBy(1.5),
  farther: () => zoom.zoomBy(1 / 1.5),
  boxes: () => {
    isShown = !isShown
    setAttribute(find("[data-action=boxes]"), "aria-pressed", String(isShown))
    drawImage()
  },
}

function bindAll() {
  const ways = [["next", ["j", "ArrowDown"], "Next dispute"], ["previous", ["k", "ArrowUp"], "The dispute before"]]
  const views = [["defect", ["z"], "All boxes"], ["fit", ["f"], "The whole image"], ["closer", ["+", "="], "Closer"], ["farther", ["-"], "Farther"], ["boxes", ["o"], "Boxes on or off"]]
  for (const [name, keys, label] of ways) bind({ keys, label, group: "Way", run: acts[name] })
  for (const [name, keys, label] of views) bind({ keys, label, group: "Picture", run: acts[name] })
  for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => acts[button.dataset.action]())
  if (!known.mayRule) return
  bind({ keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], label: "Take the opinion of this number as it is", group: "Decide", isOnce: true, run: ({ key }) => {
    const voice = disputes.chosen(state) && voicesOf(disputes.chosen(state))[Number(key) - 1]
    if (voice) rule(taken(voice))
  } })
  bind({ keys: ["x"], label: "Nuisance, whoever said so", group: "Decide", isOnce: true, run: acts.nuisance })
  bind({ keys: ["t"], label: "Another class, by its name", group: "Decide", run: acts.reclass })
  bind({ keys: ["r"], label: "Write a reason; Enter leaves the field", group: "Decide", run: () => find("#reason").focus() })
  bind({ keys: ["u", "Ctrl+z"], label: "Undo: take my last ruling back", group: "Way", isOnce: true, run: acts.undo })
  const field = find("#reason")
  field.addEventListener("input", () => { state = disputes.withReason(state, state.at, field.value); remember("dispute-drafts", Object.fromEntries(state.reasons), "sessionStorage") })
  field.addEventListener("keydown", ({ key }) => { if (key === "Escape") field.blur() })
  find("#otherwise").addEventListener("submit", (event) => { event.preventDefault(); field.blur() })
}

bindAll()
startTalk(zoom, find("#viewer"), () => ({ task: state.at, box: state.at ? groundOf(disputes.chosen(state)) : null }))
drawReasons()
state = { ...state, reasons: new Map(Object.entries(recall("dispute-drafts", "sessionStorage"))) }
find("#disputes-more").addEventListener("click", () => more())
find("#viewer-empty button").addEventListener("click", () => { if (zoom.retry()) zoom.showTask(sightOf(disputes.chosen(state))); find("#viewer-empty").hidden = true })
document.addEventListener("waferdeck:display", () => { drawn = { id: drawn.id, revision: 0 }; change(state) })
document.addEventListener("live:task.decided", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
refresh()
