/** Adjudication: what reviewers differ about, one after another, and a lead's word between them. Their words stay as they are. */
import { setAttribute } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { recall, remember } from "../shared/remembered.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast as putToast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import * as disputes from "./disputes_state.js"
import { drawActs, drawBoxChoice, drawHead, drawList, drawNote, drawReasons, placeChosen, reveal } from "./disputes_view.js"
import { Rulings } from "./disputes_rulings.js"
import { drawCards } from "./opinion_cards.js"
import { drawVoices } from "./opinion_overlay.js"
import { groundOf, isOwn, taken, voicesOf } from "./opinions_state.js"
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
  drawActs(state, { isBusy: rulings.isBusy, isOwn: isMine(task) })
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

const rulings = new Rulings({
  me: known.me, mayRule: known.mayRule, get: () => state, change, draw: () => drawActs(state, { isBusy: rulings.isBusy, isOwn: isMine(disputes.chosen(state)) }), toast, nameOf,
  lookedMs: () => performance.now() - shownAt, refresh,
})
const rule = (word) => rulings.rule(word)

// Acts ----------------------------------------------------------------------------------------------------------------

const askClass = classChooser(classes)
const acts = {
  previous: () => change(disputes.step(state, -1)),
  next: () => (disputes.placeOf(state) === (state.rows?.length ?? 0) - 1 && state.next ? more(1) : change(disputes.step(state, 1))),
  undo: () => rulings.undo(),
  nuisance: () => rule({ verdict: "nuisance" }),
  reclass: async () => {
    const task = disputes.chosen(state)
    if (!task || rulings.isBusy || isMine(task)) return
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
