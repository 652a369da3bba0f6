/** The review: one defect after another, each decided by one key. What is decided goes into the journal, and the page goes on. */
import { drawHold } from "../inspection/holds.js"
import { Presence } from "../inspection/presence.js"
import { setAttribute, setText } from "../shared/dom.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { joiningActs } from "./joining_acts.js"
import { Remark } from "./remark.js"
import { ReviewActs } from "./review_acts.js"
import { bindLevels, bindReview } from "./review_commands.js"
import { drawClassKeys, drawDecisions, drawHead, drawSide, markClass } from "./review_details.js"
import { Desk } from "./review_drawing.js"
import { Link } from "./review_link.js"
import { drawReview, drawScale } from "./review_overlay.js"
import { classChooser, skipAsker, startMyKeys } from "./review_sheets.js"
import * as sitting from "./review_state.js"
import { startReviewTalk } from "./review_talk.js"
import { canGoBack } from "./review_way.js"
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

const desk = new Desk(find("#drawing"), { zoom: () => zoom, get: () => state, onDrawn: (mode, place) => doing.drawn(mode, place), drawImage: () => drawImage(), showMode: () => showMode() })
const editor = desk.drawing
const zoom = new ReviewZoom(find("#viewer"), {
  onClick() {}, onMove: (point) => editor.hover(point), onLeave: () => editor.hover(null), isDrawing: () => Boolean(editor.mode),
  onPress: (point) => editor.press(point), onDrag: (point) => editor.drag(point), onRelease: () => editor.release(),
  onDraw: () => drawImage(), onFailed: () => sayNoPicture(true), onPainted: (task) => painted(task),
})

function drawImage() {
  const task = sitting.current(state)
  const classCode = sitting.saidOf(state)?.class_code ?? task?.class_code
  const place = drawReview(zoom, desk, { task, box: sitting.boxOf(state), shape: sitting.shapeOf(state), classCode, others: sitting.othersOf(state), added: desk.marks(sitting.addedOf(state)), isOverlay })
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
  drawDecisions(sitting.current(state), { isDrawing: Boolean(editor.mode), parts: editor.mode === "split" ? desk.parts.length : null })
  const may = { undo: state.trail.length || editor.canUndo || doing.canBringBack, redo: state.redo.length || editor.canRedo, skip: isThere, hold: isThere && !sitting.current(state).wafer.hold, next: isThere, previous: canGoBack(state) }
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
  drawDecisions(sitting.current(state), { isDrawing: Boolean(editor.mode), parts: editor.mode === "split" ? desk.parts.length : null })
  for (const mode of ["redraw", "missed"]) setAttribute(find(`[data-action=${mode}]`), "aria-pressed", String(editor.mode === mode))
  find("#viewer").classList.toggle("is-measuring", Boolean(editor.mode))
  drawImage()
}

// State ---------------------------------------------------------------------------------------------------------------

function change(next) {
  const before = state
  state = next
  if (state.at !== before.at) turnTo(sitting.current(state))
  else redraw()
}

function redraw() {
  drawWords()
  drawImage()
}

/** The picture first, then the words, then what the next ones need: the eye waits for the first. */
function turnTo(task) {
  desk.leave()
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
  const ids = new Set([state.at, ...sitting.waiting(state).slice(0, sitting.POCKET), ...state.path.slice(-READY_BEFORE)])
  zoom.prepare([...ids].map((id) => state.tasks.get(id)).filter(Boolean))
}

// Acts ----------------------------------------------------------------------------------------------------------------

const link = new Link({ queue, me: known.me, get: () => state, change, retryPictures, tell: (about) => comments.tell(about) })
const doing = new ReviewActs({
  get: () => state, change, redraw, showMode, desk, zoom, link, nameOf: (code) => classNamed(code).name, askClass: classChooser(classes), askReason: skipAsker(),
})
const remark = new Remark(find("#remark"), (text) => doing.remarked(text))
const toggleLevels = bindLevels(find("#levels"), find("[data-action=levels]"), zoom)

const acts = {
  confirm: (event) => doing.decide({ verdict: "defect" }, event),
  nuisance: (event) => doing.decide({ verdict: "nuisance" }, event),
  reclass: () => doing.reclass(),
  redraw: () => doing.edit("redraw"),
  missed: () => doing.edit("missed"),
  ...joiningActs({ classes, get: () => state, step: (taken) => doing.step(taken), isReady: () => doing.isReady(), link: () => link, drawParts: () => doing.edit("split") }),
  comment: () => { if (sitting.current(state)) remark.open(sitting.workOf(state).comment ?? "") },
  undo: (event) => doing.undo(event),
  redo: () => doing.redo(),
  skip: () => doing.skip(),
  previous: () => doing.previous(),
  next: () => doing.next(),
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

/** At once what would be kept soon: the page may be on its way out. */
function keep() {
  remark.keep()
  doing.keep()
}

function escape() {
  return find("#levels").hidden ? doing.escape() : acts.levels()
}

// ---------------------------------------------------------------------------------------------------------------------

function retryPictures() {
  if (!zoom.retry()) return
  sayNoPicture(false)
  zoom.showTask(sitting.current(state))
  makeReady()
}

const choose = (code, event) => doing.choose(code, event)
drawClassKeys(find("#classkeys"), classes, choose)
bindReview(acts, { classes, choose, editor, arrow: (key, way) => desk.arrow(key, way), zoom, escape })
const onScreen = () => (state.at ? { task: state.at, box: sitting.boxOf(state), classCode: sitting.saidOf(state)?.class_code ?? sitting.current(state).class_code } : null)
const comments = startReviewTalk(zoom, { me: known.me, classes, mayAdd: known.mayAddToBook, subject: onScreen })
desk.tools.bind()
startMyKeys()
drawWords()
find("#viewer-empty button").addEventListener("click", retryPictures)
document.addEventListener("waferdeck:display", drawImage)
// The last that a page is told for certain; and before it is asked whether it may be left.
document.addEventListener("visibilitychange", () => { if (document.hidden) keep() })
for (const name of ["pagehide", "beforeunload"]) addEventListener(name, keep)
if (known.mayReview) link.start()
else find("#review").dataset.state = "forbidden"
