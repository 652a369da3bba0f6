/** A whole wafer at once: chosen on its map and on a sheet of crops, decided by one key, taken back by one. */
import { HOLD_EVENTS, drawHold } from "../inspection/holds.js"
import { Presence } from "../inspection/presence.js"
import { setAttribute, setText } from "../shared/dom.js"
import { plural } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { recall, remember } from "../shared/remembered.js"
import { loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { drawRefusals } from "./decided_view.js"
import { pageJournal } from "./journal_page.js"
import { drawClassKeys, drawSaved } from "./review_details.js"
import { WholeMap } from "./wafer_review_map.js"
import { WholeSheet, nameOf } from "./wafer_review_sheet.js"
import * as whole from "./wafer_review_state.js"
import { drawLooked, drawWhole } from "./wafer_review_view.js"
import { answered, bulkWords, numbered, outspokenBulks, say, undo, withUnsent } from "./wafer_said_state.js"

const SETTLE_MS = 700
const ANSWER_MS = 30_000
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const ARROWS = Object.keys(WAYS)
const find = (selector) => document.querySelector(selector)
const readJson = (id) => JSON.parse(document.getElementById(id).textContent)
const wafer = readJson("wafer")
const { me, mayReview } = readJson("known")
const classes = loadClasses()

let state = whole.emptyWhole({ classes, me })
let pointedAt = null
let journal = null
/** Words that were refused as a whole: they wait in the review for what is to become of them, or for another word here. */
let refusals = []
/** What is being numbered: an undo waits for it. */
let laying = Promise.resolve()

// Drawing -------------------------------------------------------------------------------------------------------------

const sheet = new WholeSheet(find("#sheet"), { onPick: pick, onGroup: (ids) => change(whole.pickAll(state, ids)), onHover: point })
const map = new WholeMap(find("#map"), wafer.geometry, { onHover: point, onPlace() {}, onChoose: (ids) => { change(whole.pickAll(state, ids)); goTo(ids[0]) } })

let frame = 0
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    find("#whole").dataset.state = state.order ? "here" : "loading"
    sheet.draw(state)
    map.show(state, pointedAt)
    drawWhole(state, { canSay: Boolean(journal) })
    drawLooked(state, pointedAt ?? state.focus)
    drawRefusals(state, ([id]) => goTo(id))
  })
}

function change(next) {
  state = next
  redraw()
}

function point(id) {
  if (id === pointedAt) return
  pointedAt = id
  redraw()
}

/** The focus, where it can be seen. */
function goTo(id) {
  change({ ...state, focus: id })
  sheet.draw(state)
  sheet.reveal(id)
}

function pick(id, { shiftKey }) {
  change(shiftKey ? whole.pickTo(state, id) : whole.pick(state, id))
}

function walk({ key, shiftKey: isMore }) {
  const [right, down] = WAYS[key.replace("Shift+", "")]
  const beyond = down ? sheet.beyond(state.focus, down) : null
  const by = beyond ? whole.inSight(state).indexOf(beyond) - whole.inSight(state).indexOf(state.focus) : right
  const next = whole.step(state, by, { isMore })
  change(next)
  if (next.focus) goTo(next.focus)
}

// The server ----------------------------------------------------------------------------------------------------------

const questions = turns()

async function load({ layer = state.layer, isQuiet = false } = {}) {
  const turn = questions.take()
  const [answer, problem] = await outcome(getJson(`review/wafers/${wafer.id}/items/${layer ? `?layer=${encodeURIComponent(layer)}` : ""}`, { timeoutMs: ANSWER_MS }))
  if (!questions.counts(turn) || (problem && isQuiet && state.order)) return
  showTrouble(find("#whole-trouble"), problem, { what: "What was found could not be loaded.", safe: "What you have decided is kept.", retry: () => load({ layer }) })
  if (!answer) return setAttribute(find("#whole"), "data-state", state.order ? "here" : "trouble")
  if (answer.layer) history.replaceState(null, "", `?layer=${encodeURIComponent(answer.layer)}`)
  return change(whole.withAnswer(state, answer))
}

const lookSoon = soon(() => load({ isQuiet: true }), SETTLE_MS)

async function startJournal() {
  const opened = await pageJournal(me, { onSaid: drawSaved })
  opened.addEventListener("change", () => { find("#whole-unkept").hidden = opened.isKept })
  opened.addEventListener("answer", ({ detail: { entry, ack } }) => hear(entry, ack))
  const left = await opened.open()
  state = withUnsent(state, left.entries, wafer.id)
  refusals = left.refusals
  journal = opened
  journal.kick()
  redraw()
}

function hear(entry, ack) {
  if (ack.state === "refused") refusals = [...refusals, entry]
  const { state: next, refused } = answered(state, entry, ack)
  change(next)
  if (entry.edit.kind === "undo_bulk" && ack.state === "refused") toast(`It could not be taken back: ${ack.problem.detail || ack.problem.title}`, { level: "warn" })
  else if (refused) toast(`${plural(refused, "was", "were")} not taken, and ${refused === 1 ? "stays" : "stay"} chosen.`, { level: "warn" })
}

let told = null
/** One bulk at a time: the button takes back the last. */
function tell(words) {
  told?.remove()
  told = words ? toast(words, { action: { label: "Undo", run: takeBack } }) : null
}

/** One word about all that is meant: laid down at once, whatever the line is like. */
function speak(word) {
  if (!journal) return
  const { state: next, edits } = say(state, word, wafer.id)
  if (!edits.length) return toast("Nothing is chosen that can be decided.")
  const bulk = next.trail.at(-1)
  const entries = edits.map((edit) => journal.add(edit))
  for (const seq of outspokenBulks(refusals, edits)) journal.forget(seq)
  change(next)
  if (next.focus) goTo(next.focus)
  tell(bulkWords(bulk, word, nameOf))
  laying = Promise.all(entries).then((all) => change(numbered(state, bulk, all.map(({ seq }) => seq))))
}

async function takeBack() {
  if (!journal) return
  await laying
  const { state: next, edits } = undo(state)
  if (!edits.length) return toast("There is nothing to undo.")
  tell("")
  for (const edit of edits) journal.add(edit)
  change(next)
  goTo(next.focus)
}

// Acts ----------------------------------------------------------------------------------------------------------------

const acts = {
  confirm: () => speak({ verdict: "defect" }),
  nuisance: () => speak({ verdict: "nuisance" }),
  undo: takeBack,
  all: () => change(whole.pickAll(state, whole.inSight(state))),
  like: () => change(whole.pickLike(state)),
  none: () => change(whole.letGo(state)),
  lasso: () => {
    map.isLasso = !map.isLasso
    setAttribute(find("[data-action=lasso]"), "aria-pressed", String(map.isLasso))
    setText(find("#map-hint"), map.isLasso ? "Draw round defects to choose them. The wheel zooms." : "Drag moves the map. The wheel zooms.")
  },
}
const choose = (code) => speak({ verdict: "defect", class_code: code })
const show = (name) => change(whole.withShow(state, name))

function setSize(px) {
  find("#size").value = px
  sheet.size = Number(px)
}

drawClassKeys(find("#classkeys"), classes, choose)
for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => acts[button.dataset.action]())
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show(button.dataset.show))
for (const id of ["#classes", "#bands"]) {
  find(id).addEventListener("click", ({ target }) => {
    const key = target.closest("[data-chip]")?.dataset.chip
    const chip = Object.values(whole.chips(state)).flat().find((one) => one.key === key)
    if (chip) change(whole.pickAll(state, chip.ids))
  })
}
find("#whole-empty button").addEventListener("click", () => show("all"))
find("#layer").addEventListener("change", ({ target }) => load({ layer: target.value }))
find("#size").addEventListener("input", ({ target }) => { setSize(target.value); remember("whole-size", { px: target.value }) })
// A button that a pointer has pressed would keep the focus, and take Enter from what is chosen next.
document.addEventListener("mousedown", (event) => { if (event.target.closest("button") && !event.target.closest("dialog")) event.preventDefault() })

const SAY = "Decide all that is chosen"
const CHOOSE = "Choose"
bind({ keys: ["Enter"], label: "Confirm: each is what the model says", group: SAY, isOnce: true, run: acts.confirm })
bind({ keys: ["x"], label: "Nuisance: nothing is wrong there", group: SAY, isOnce: true, run: acts.nuisance })
for (const { code, key, name } of classes) if (key) bind({ keys: [key], label: name, group: SAY, isOnce: true, run: () => choose(code) })
bind({ keys: ["u", "Ctrl+z"], label: "Undo the last decision, of all that it was about", group: SAY, isOnce: true, run: takeBack })
bind({ keys: ARROWS, label: "From one to the next", group: CHOOSE, run: walk })
bind({ keys: ARROWS.map((key) => `Shift+${key}`), label: "And choose on the way", group: CHOOSE, run: walk })
bind({ keys: [" "], label: "Choose it, or let it go; with Shift a click chooses all up to there", group: CHOOSE, run: () => { if (state.focus) change(whole.pick(state, state.focus)) } })
bind({ keys: ["Ctrl+a", "a"], label: "All that are shown", group: CHOOSE, run: acts.all })
bind({ keys: ["l"], label: "All like this: of its class and band", group: CHOOSE, run: acts.like })
bind({ keys: ["Escape"], label: "Let go", group: CHOOSE, run: acts.none })
bind({ keys: ["m"], label: "The map: draw round defects, or move it", group: "Show", run: acts.lasso })
bind({ keys: ["v"], label: "What waits, what is decided, all", group: "Show", run: () => show(whole.SHOWS[(whole.SHOWS.indexOf(state.show) + 1) % whole.SHOWS.length]) })

document.addEventListener("live:task.decided", ({ detail: { data } }) => { if (data.wafer === wafer.id && (state.items.get(data.task)?.revision ?? 0) < data.revision && !state.pending.has(data.task)) lookSoon() })
document.addEventListener("live:run.done", ({ detail: { data } }) => { if (data.wafer?.id === wafer.id) lookSoon() })
document.addEventListener("live:resync", () => { if (state.order) lookSoon() })
document.addEventListener("waferdeck:display", redraw)
for (const name of HOLD_EVENTS) document.addEventListener(`live:${name}`, ({ detail: { data } }) => { if (data.wafer === wafer.id) drawHold(find("#held"), data.hold, null) })

new Presence(find("#present"), "whole").at(wafer.id)
drawHold(find("#held"), wafer.hold, null)
setSize(recall("whole-size").px ?? 128)
find("#sheet").focus({ preventScroll: true })
if (mayReview) startJournal()
load({ layer: new URLSearchParams(location.search).get("layer") })
