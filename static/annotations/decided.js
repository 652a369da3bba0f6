/** Acceptance: what was decided, as a sheet of crops. Those that stand out are taken out; the rest is validated, or accepted, at once. */
import { confirmed } from "../shared/confirm.js"
import { countText, plural } from "../shared/formats.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { bind, isKeyOf } from "../shared/keys.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { recall, remember } from "../shared/remembered.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { bindBook, bookAdder } from "./book_add.js"
import { ContactSheet } from "./contact_sheet.js"
import { News } from "./decided_news.js"
import * as sheet from "./decided_state.js"
import { drawProgress, drawRefusals, drawWords } from "./decided_view.js"
import { KnownAnswers } from "./known_answers.js"
import { startLargeTalk } from "./large_talk.js"
import { LargeView } from "./large_view.js"
import { isOwn } from "./opinions_state.js"

const PAGE = 60
const BATCH_MS = 60_000
const USUAL = ["The class is wrong", "The box is wrong", "It wants another look by somebody else"]
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const classes = loadClasses()
const { me } = known
const mayPick = known.mayValidate || known.mayAccept

let state = sheet.emptySheet()
let isBusy = false
const questions = turns()

// Drawing -------------------------------------------------------------------------------------------------------------

const contact = new ContactSheet(find("#contact"), { me, mayPick, classes, onToggle: toggle, onOpen: open, onGroup: (ids) => change(sheet.allToggled(state, ids, me)) })
const large = new LargeView(find("#large"), { onStep: step, onToggle: () => change(sheet.toggled(state, state.focus, me)), onReopen: () => reopen(), onClosed: () => contact.shot(state.focus)?.focus() })

const answers = known.mayKnow ? new KnownAnswers(() => state.tasks.get(state.focus), () => state.order) : null
startLargeTalk(large, me)
if (known.mayAddToBook) {
  const ask = bookAdder(me, classes, () => state.tasks.has(state.focus) && { task: state.focus, classCode: sheet.finalOf(state.tasks.get(state.focus)) === "nuisance" ? state.tasks.get(state.focus).class_code : sheet.finalOf(state.tasks.get(state.focus)) })
  bindBook(ask)
  large.dialog.addEventListener("keydown", (event) => { if (isKeyOf("book.add", event)) ask() })
}

function change(next) {
  state = next
  if (state.order) {
    find("#contact-loading")?.remove()
    contact.draw(state)
  }
  drawWords(state, { me, mayPick, isBusy })
  drawRefusals(state, ([id]) => focusOn(id))
  if (state.order) answers?.draw()
  if (large.isOpen) drawLarge()
}

function drawLarge() {
  const task = state.tasks.get(state.focus)
  if (!task) return large.dialog.close()
  const all = sheet.inSight(state, classes)
  const gone = state.gone.get(task.id)
  const note = gone ? `It is ${gone} by now.` : state.problems.get(task.id) ?? (mayPick && state.stage !== "accepted" && isOwn(task, me) ? "This is your own word; somebody else has to look at it." : "")
  return large.show(task, { place: `${countText(all.indexOf(task.id) + 1)} of ${countText(all.length)}`, isMeant: mayPick && sheet.isPickable(state, task.id, me) ? sheet.isMeant(state, task.id, me) : null, note })
}

function focusOn(id) {
  change({ ...state, focus: id })
  const shot = contact.shot(id)
  shot?.focus({ preventScroll: true })
  shot?.scrollIntoView({ block: "nearest" })
}

function toggle(id, event) {
  if (state.stage === "accepted") return open(id)
  return change(event.shiftKey ? sheet.rangeTo(state, id, me, classes) : sheet.toggled(state, id, me))
}

function open(id) {
  change({ ...state, focus: id })
  if (!large.isOpen) drawLarge()
}

function step(by) {
  const all = sheet.inSight(state, classes)
  const to = all[all.indexOf(state.focus) + by]
  if (to) change({ ...state, focus: to })
}

function walk({ key }) {
  const shots = [...find("#contact").querySelectorAll(".shot[data-id]")]
  const at = shots.indexOf(document.activeElement)
  if (!shots.length) return
  if (at < 0) return focusOn(state.focus ?? shots[0].dataset.id)
  const middles = shots.map((shot) => shot.getBoundingClientRect()).map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))
  return focusOn(shots[sheet.inWay(middles, at, WAYS[key])].dataset.id)
}

// The server ----------------------------------------------------------------------------------------------------------

const pathOf = ({ stage, wafer, classCode }, limit = PAGE) => `review/tasks/?${new URLSearchParams({ state: stage, limit, ...(wafer && { wafer }), ...(classCode && { class_code: classCode }) })}`

/** Another choice, or the same one anew. */
async function load({ stage, wafer, classCode } = state) {
  const turn = questions.take()
  const asked = sheet.emptySheet({ stage, wafer, classCode })
  const query = new URLSearchParams({ ...(stage !== sheet.STAGES[0] && { stage }), ...(wafer && { wafer }), ...(classCode && { class: classCode }) })
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname)
  drawWords({ ...state, stage, wafer, classCode }, { me, mayPick, isBusy: true })
  const [page, problem] = await outcome(getJson(pathOf(asked)))
  if (!questions.counts(turn)) return
  showTrouble(find("#decided-trouble"), problem, { what: "The decisions could not be loaded.", retry: () => load(asked) })
  if (problem) change({ ...asked, order: state.order && [] })
  else change(sheet.withPage(asked, page.results, page.next))
  if (problem) find("#decided-empty").hidden = true
}

async function more() {
  if (!state.next || isBusy) return
  const turn = questions.take()
  const [page, problem] = await outcome(getJson(state.next))
  if (!questions.counts(turn)) return
  if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
  else change(sheet.withPage(state, page.results, page.next))
}

const news = new News({ me, get: () => state, change, isBusy: () => isBusy, pathOf })

let isStopped = false
/** Batch by batch; what is refused stays with its reason, what is done goes from the sheet. */
async function advance(act, { word, past }) {
  const all = sheet.batches(state, me)
  const of = all.flat().length
  if (!of || isBusy) return
  isBusy = true
  isStopped = false
  let done = 0
  let asked = 0
  for (const tasks of all) {
    if (isStopped) break
    if (all.length > 1) drawProgress({ done: asked, of, word })
    const [answer, problem] = await outcome(postJson(`review/tasks/${act}/`, { tasks }, { timeoutMs: BATCH_MS }))
    showTrouble(find("#decided-trouble"), problem, { what: `${countText(done)} of ${countText(of)} are ${past}, then it stopped.`, safe: "The others are as they were.", retry: () => { showTrouble(find("#decided-trouble"), null); load() } })
    if (problem) break
    asked += tasks.length
    done += answer.results.filter((one) => one.state === "done").length
    change(sheet.advanced(state, answer.results))
    await refreshRefused(answer.results)
  }
  isBusy = false
  drawProgress(null)
  change(state)
  if (done) toast(`${plural(done, "is", "are")} ${past}.`)
  // What is left here is not mine to go on with.
  if (!state.order.length) await load()
  else if (!sheet.meant(state, me).length) await more()
}

/** What was refused because somebody spoke meanwhile is shown as it is now. */
async function refreshRefused(results) {
  const stale = results.filter(({ problem }) => problem?.code === "stale_task" || problem?.code === "illegal_transition")
  await news.refresh(stale.map(({ id }) => id))
}

/** Both are said of many at once, and neither is taken back by a key: how many they are is said first. */
async function askAndAdvance(act, words) {
  const question = isBusy ? null : sheet.questionBefore(state, me, act)
  if (question && await confirmed(question)) await advance(act, words)
}

const askReason = find("#reopen") && reasonAsker(find("#reopen"), { key: "review-reopens", usual: USUAL })
async function reopen(id = state.focus) {
  const task = state.tasks.get(id)
  if (!task || !known.mayReopen || isBusy) return
  const name = sheet.finalOf(task) === "nuisance" ? "nuisance" : classNamed(sheet.finalOf(task)).name.toLowerCase()
  const reason = await askReason(`Why is this ${name} wanted again?`)
  if (!reason) return
  const [, problem] = await outcome(postJson(`review/tasks/${id}/reopen/`, { seen_revision: state.tasks.get(id)?.revision ?? task.revision, reason }))
  if (!problem) {
    change(sheet.without(state, [id]))
    toast("It is open again, and waits for fresh opinions.")
    if (!large.isOpen) contact.shot(state.focus)?.focus()
    return
  }
  change({ ...state, problems: new Map(state.problems).set(id, problem.message) })
  if (problem.code === "stale_task" || problem.code === "illegal_transition") await refreshRefused([{ id, problem }])
  else toast(problem.message, { level: "warn", requestId: problem.requestId })
}

// Acts ----------------------------------------------------------------------------------------------------------------

function setSize(px) {
  find("#contact").style.setProperty("--shot", `${px}px`)
}

find("#validate")?.addEventListener("click", () => askAndAdvance("validate", { word: "Validating", past: "validated" }))
find("#accept")?.addEventListener("click", () => askAndAdvance("accept", { word: "Accepting", past: "accepted" }))
find("#all")?.addEventListener("click", () => change(sheet.allToggled(state, state.order ?? [], me)))
find("#reopen-one")?.addEventListener("click", () => reopen())
find("#more").addEventListener("click", more)
find("#fresh button").addEventListener("click", () => load())
find("#progress button").addEventListener("click", () => { isStopped = true })
find("#all-wafers").addEventListener("click", () => load({ stage: state.stage, wafer: null, classCode: null }))
find("#stages").addEventListener("click", ({ target }) => { if (target.dataset.stage && !isBusy) load({ ...state, stage: target.dataset.stage }) })
find("#class").addEventListener("change", ({ target }) => load({ ...state, classCode: target.value || null }))
find("#wafer").addEventListener("change", ({ target }) => load({ ...state, wafer: target.value || null }))
find("#size").addEventListener("input", ({ target }) => { setSize(target.value); remember("contact-size", { px: target.value }) })
find("#contact").addEventListener("focusin", ({ target }) => { if (target.dataset.id && target.dataset.id !== state.focus) change({ ...state, focus: target.dataset.id }) })
bind({ keys: Object.keys(WAYS), label: "From one to the next; Enter opens it large, with its history", group: "Sheet", run: walk })
if (mayPick) bind({ keys: [" "], label: "Choose it or leave it out, as a click does; with Shift a click means all up to there", group: "Sheet", run: () => { if (state.focus) { toggle(state.focus, {}); focusOn(state.focus) } } })
bind({ keys: ["m"], label: "Load more", group: "Sheet", run: more })
sheet.STAGES.forEach((stage, at) => bind({ keys: [String(at + 1)], label: stage[0].toUpperCase() + stage.slice(1), group: "Stage", run: () => { if (!isBusy) load({ ...state, stage }) } }))

const asked = new URLSearchParams(location.search)
const { px = 128 } = recall("contact-size")
find("#size").value = px
setSize(px)
load({ stage: sheet.STAGES.includes(asked.get("stage")) ? asked.get("stage") : sheet.STAGES[0], wafer: asked.get("wafer"), classCode: asked.get("class") })
