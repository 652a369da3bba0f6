/** The review: one defect after another, each decided by one key. What is decided goes into the journal, and the page goes on. */
import { drawHold } from "../inspection/holds.js"
import { Presence } from "../inspection/presence.js"
import { setAttribute, setText } from "../shared/dom.js"
import { loadClasses } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { Drafts } from "./drafts.js"
import { joiningActs } from "./joining_acts.js"
import { uuid } from "./journal_store.js"
import { Remark } from "./remark.js"
import { bindLevels, bindReview } from "./review_commands.js"
import { drawClassKeys, drawDecisions, drawHead, drawSide, markClass } from "./review_details.js"
import { Desk } from "./review_drawing.js"
import { Link } from "./review_link.js"
import { drawReview, drawScale } from "./review_overlay.js"
import { classChooser, skipAsker, startMyKeys } from "./review_sheets.js"
import * as sitting from "./review_state.js"
import { startReviewTalk } from "./review_talk.js"
import { ReviewZoom } from "./review_zoom.js"

const find = (selector) => document.querySelector(selector)
const readJson = (id) => JSON.parse(document.getElementById(id).textContent)
const queue = readJson("queue")
const known = readJson("known")
const classes = loadClasses()
const READY_BEFORE = 2

const presence = new Presence(find("#present"), "review")
let state = sitting.emptyReview()
let isOverlay = true
const now = () => Date.now()

// Drawing -------------------------------------------------------------------------------------------------------------

const desk = new Desk(find("#drawing"), { zoom: () => zoom, get: () => state, onDrawn: drawn, drawImage: () => drawImage(), showMode: () => showMode() })
const editor = desk.drawing
const zoom = new ReviewZoom(find("#viewer"), {
  onClick() {}, onMove: (point) => editor.hover(point), onLeave: () => editor.hover(null), isDrawing: () => Boolean(editor.mode),
  onPress: (point) => editor.press(point), onDrag: (point) => editor.drag(point), onRelease: () => editor.release(),
  onDraw: () => drawImage(), onFailed: () => sayNoPicture(true), onPainted: (task) => painted(task),
})

function drawImage() {
  const task = sitting.current(state)
  const classCode = sitting.saidOf(state)?.class_code ?? task?.class_code
  const place = drawReview(zoom, desk, { task, box: sitting.boxOf(state), shape: sitting.shapeOf(state), classCode, others: sitting.othersOf(state), added: sitting.addedOf(state), isOverlay })
  drawScale(find(".scale"), { pixelUm: place && task.image.pixel_um, scale: place?.scale, widthPx: zoom.viewer.container.clientWidth })
}

function drawWords() {
  drawHead(state, { isAway: awayWords() })
  drawSide(state)
  presence.at(sitting.current(state)?.wafer.id ?? null)
  drawHold(find("#held"), sitting.current(state)?.wafer.hold ?? null, null)
  markClass(find("#classkeys"), state)
  const isThere = state.at !== null
  find("#review").dataset.state = isThere ? "task" : state.open === null ? "loading" : "none"
  drawDecisions(sitting.current(state), { isDrawing: Boolean(editor.mode) })
  const may = { undo: state.trail.length || editor.canUndo, redo: state.redo.length || editor.canRedo, skip: isThere, hold: isThere && !sitting.current(state).wafer.hold, next: isThere, previous: state.trail.length }
  for (const [name, is] of Object.entries(may)) find(`[data-action=${name}]`).disabled = !is
}

function awayWords() {
  if (state.taken?.id === state.at) return `${state.taken.by} has just decided this`
  return state.away.get(state.at) === "skipped" ? "You have skipped this" : ""
}

function sayNoPicture(isMissing) {
  find("#viewer-empty").hidden = !isMissing
  setText(find("#viewer-empty p"), "This picture cannot be loaded. Nothing is decided unseen: try again, or skip it.")
}

function showMode() {
  find("#mode").hidden = !editor.mode
  setText(find("#mode"), desk.hint)
  desk.tools.draw()
  drawDecisions(sitting.current(state), { isDrawing: Boolean(editor.mode) })
  for (const mode of ["redraw", "missed"]) setAttribute(find(`[data-action=${mode}]`), "aria-pressed", String(editor.mode === mode))
  find("#viewer").classList.toggle("is-measuring", Boolean(editor.mode))
  drawImage()
}

// State ---------------------------------------------------------------------------------------------------------------

function change(next) {
  const before = state
  state = next
  if (state.at !== before.at) return turnTo(sitting.current(state))
  drawWords()
  drawImage()
  return undefined
}

/** The picture first, then the words, then what the next ones need: the eye waits for the first. */
function turnTo(task) {
  editor.end()
  remark.close()
  sayNoPicture(false)
  zoom.showTask(task)
  drawWords()
  showMode()
  if (!task) document.documentElement.dataset.task = ""
  link.pocket.drawEmpty(state)
  // A picture that is not there yet must not keep the next ones waiting.
  if (!zoom.isPainted) makeReady()
  link.pocket.ask()
}

function painted(task) {
  document.documentElement.dataset.task = task.id
  performance.mark("review:painted")
  state = { ...state, shownAt: now() }
  makeReady()
}

function makeReady() {
  const past = state.trail.slice(-READY_BEFORE).map(({ task }) => task)
  const ids = new Set([state.at, ...sitting.waiting(state).slice(0, sitting.POCKET), ...past])
  zoom.prepare([...ids].map((id) => state.tasks.get(id)).filter(Boolean))
}

/** Takes a step: what the server is to know goes into the journal at once, whatever the line is like. */
function step({ state: next, edit }) {
  // What is added beside a task leaves what was drawn of it as it is: undecided, and kept.
  if (edit?.kind === "missed") drafts.keep()
  else drafts.forget()
  if (edit) link.add(edit)
  change(next)
}

/** From the key to the next picture is what a reviewer waits for. */
function markKey(event) {
  performance.mark("review:key", event?.timeStamp ? { startTime: event.timeStamp } : {})
}

/** Whether a decision would be one: about a task that is seen, once the journal is there to keep it. */
function isReady(event) {
  if (!link.isReady || !sitting.current(state)) return false
  markKey(event)
  if (zoom.isPainted) return true
  toast("Not yet: the picture is not here.")
  return false
}

function decide(what, event) {
  if (!isReady(event)) return
  if (editor.mode === "missed") toast("Press the key of its class, or Escape.")
  else say(what)
}

function say(what) {
  const word = sitting.wordFor(sitting.current(state), what)
  if (word) step(sitting.decide(state, word, now()))
  else toast("This is a whole image: add what is missing, or say that nothing is.")
}

/** A class's key decides, or names what was drawn around something missed. */
function choose(code, event) {
  if (!isReady(event)) return
  if (editor.mode !== "missed") return say({ verdict: "defect", class_code: code })
  if (!editor.shape) return toast("Draw where it is first.")
  const { box, shape } = desk.place
  editor.end()
  step(sitting.miss(state, { id: uuid(), class_code: code, bbox_px: box, shape }))
  return showMode()
}

/** Drawn by pointer or keys. What is drawn anew is mine at once, and the server's when the hand rests. */
function drawn(mode, { box, shape }) {
  if (mode === "redraw") {
    state = sitting.withBox(state, box, shape)
    drafts.soon(state.at)
  }
  drawWords()
  drawImage()
}

/** A comment is whole when its field is left: it waits for nothing. */
function remarked(text) {
  if (text === (sitting.workOf(state).comment ?? "")) return
  change(sitting.withComment(state, text))
  drafts.soon(state.at)
  drafts.keep()
}

function escape() {
  const { mode } = editor
  if (!find("#levels").hidden) return acts.levels()
  if (editor.cancel()) return showMode()
  if (mode === "redraw" && sitting.workOf(state).bbox_px) {
    change(sitting.withBox(state, null))
    drafts.soon(state.at)
  }
  editor.end()
  return showMode()
}

function edit(mode) {
  if (!sitting.current(state) || !zoom.isPainted) return
  if (mode === "redraw" && sitting.isWhole(sitting.current(state))) return
  desk.toggle(mode)
  showMode()
}

// Acts ----------------------------------------------------------------------------------------------------------------

const askClass = classChooser(classes)
const askReason = skipAsker()
const remark = new Remark(find("#remark"), remarked)
const toggleLevels = bindLevels(find("#levels"), find("[data-action=levels]"), zoom)

function goBack({ state: next, edit: told, entry }, nothing) {
  if (!entry) return toast(nothing)
  return step({ state: next, edit: told })
}

const acts = {
  confirm: (event) => decide({ verdict: "defect" }, event),
  nuisance: (event) => decide({ verdict: "nuisance" }, event),
  reclass: async () => {
    const at = state.at
    const code = sitting.current(state) && (await askClass())
    if (code && state.at === at) choose(code)
  },
  redraw: () => edit("redraw"),
  missed: () => edit("missed"),
  ...joiningActs({ classes, get: () => state, step, isReady, link: () => link }),
  comment: () => { if (sitting.current(state)) remark.open(sitting.workOf(state).comment ?? "") },
  // While something is drawn, its own strokes come first.
  undo: (event) => {
    if (editor.mode && editor.undo()) return showMode()
    markKey(event)
    return goBack(sitting.undo(state, now()), "There is nothing to undo.")
  },
  redo: () => (editor.mode && editor.redo()) || goBack(sitting.redo(state, uuid(), now()), "There is nothing to do again."),
  skip: async () => {
    const at = state.at
    const reason = sitting.current(state) && (await askReason())
    if (reason && state.at === at) step(sitting.skip(state, reason, now()))
  },
  previous: () => change(sitting.back(state, now())),
  next: () => change(sitting.onward(state, now())),
  defect: () => { if (sitting.current(state)) zoom.toDefect(sitting.boxOf(state)) },
  fit: () => zoom.fit(),
  closer: () => zoom.zoomBy(1.5),
  farther: () => zoom.zoomBy(1 / 1.5),
  boxes: () => {
    isOverlay = !isOverlay
    setAttribute(find("[data-action=boxes]"), "aria-pressed", String(isOverlay))
    drawImage()
  },
  levels: toggleLevels,
}

// ---------------------------------------------------------------------------------------------------------------------

function retryPictures() {
  if (!zoom.retry()) return
  sayNoPicture(false)
  zoom.showTask(sitting.current(state))
  makeReady()
}

const drafts = new Drafts((id) => link.add(sitting.draftOf(state, id)))
const link = new Link({ queue, me: known.me, get: () => state, change, retryPictures, tell: (about) => comments.tell(about) })
drawClassKeys(find("#classkeys"), classes, choose)
bindReview(acts, { classes, choose, editor, zoom, escape })
const onScreen = () => (state.at ? { task: state.at, box: sitting.boxOf(state), classCode: sitting.saidOf(state)?.class_code ?? sitting.current(state).class_code } : null)
const comments = startReviewTalk(zoom, { classes, mayAdd: known.mayAddToBook, subject: onScreen })
desk.tools.bind()
startMyKeys()
drawWords()
find("#viewer-empty button").addEventListener("click", retryPictures)
document.addEventListener("waferdeck:display", drawImage)
if (known.mayReview) link.start()
else find("#review").dataset.state = "forbidden"
