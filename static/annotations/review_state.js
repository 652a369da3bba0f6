/**
 * A sitting of one reviewer: the tasks at hand, the one on the screen, what was said of which, and the way back. Every step gives
 * the state after it and the edit that tells the server. No DOM.
 */
import { boxOf as boxAround } from "./canvas/shapes.js"

export const POCKET = 6
const LEAST_WAITING = 4
const LAST_PACES = 20
const RENEW_BEFORE_MS = 120_000

export function emptyReview() {
  return {
    tasks: new Map(), order: [], at: null, shownAt: 0,
    // By task: what I said of it, what I have drawn and written before I say it, what I found beside it.
    said: new Map(), work: new Map(), added: new Map(),
    // Not mine to decide any more: skipped, or decided by somebody else; by task why.
    away: new Map(),
    trail: [], redo: [], paces: [], open: null, isMore: false,
  }
}

/** Whether a whole image is asked about: is anything missing on it? */
export const isWhole = (task) => task?.kind === "image"

const NOT_OF_WHOLE = new Set(["nuisance", "reclass", "redraw", "split", "merge"])
/** What asks about boxes that stand: while one is being drawn, their letters are the tools'. */
export const NOT_WHILE_DRAWING = new Set(["split", "merge"])

/** Whether an act means something for a task, by its name. */
export function mayDo(name, task, isDrawing) {
  return Boolean(task) && !(isWhole(task) && NOT_OF_WHOLE.has(name)) && !(isDrawing && NOT_WHILE_DRAWING.has(name))
}

/** What a key means for a task: a whole image is complete, and nothing else. Null where the key means nothing. */
export function wordFor(task, { verdict, class_code: code }) {
  if (!isWhole(task)) return { verdict, class_code: code }
  return verdict === "defect" && !code ? { verdict: "complete" } : null
}

export const current = (state) => state.tasks.get(state.at) ?? null
export const workOf = (state, id = state.at) => state.work.get(id) ?? {}
export const saidOf = (state, id = state.at) => state.said.get(id) ?? null
const NOTHING = []
/** What else is on the image, without what I have just added myself. */
export const othersOf = (state) => (current(state)?.others ?? NOTHING).filter(({ id }) => !addedOf(state).some((one) => one.id === id))
export const addedOf = (state, id = state.at) => state.added.get(id) ?? NOTHING

/** The box a decision would be about: mine where I have drawn one. */
export function boxOf(state, id = state.at) {
  return workOf(state, id).bbox_px ?? saidOf(state, id)?.bbox_px ?? state.tasks.get(id)?.bbox_px ?? null
}

/** What a decision would say beside the box: mine where I have drawn, else what the task has; null of a box alone. */
export function shapeOf(state, id = state.at) {
  const drawn = [workOf(state, id), saidOf(state, id), state.tasks.get(id)].find((one) => one?.bbox_px)
  return drawn?.shape ?? null
}

/** Ids of the tasks that wait for a decision, in the order they came. */
export function waiting(state) {
  return state.order.filter((id) => !state.said.has(id) && !state.away.has(id))
}

/** How many wait: what I hold, and what the server has beside it. Null before it was asked. */
export function left(state) {
  return state.open === null ? null : state.open + waiting(state).length
}

export function needsTasks(state) {
  return waiting(state).length < LEAST_WAITING
}

/** Whether what I hold is about to lapse. */
export function needsRenewal(state, nowMs) {
  return waiting(state).some((id) => Date.parse(state.tasks.get(id).held_until) - nowMs < RENEW_BEFORE_MS)
}

/**
 * The sitting after the server gave tasks.
 *
 * @param {Set<string>} unsent tasks whose decision it has not heard yet: it takes them for open
 */
export function withTasks(state, { tasks, open, open_is_more: isMore }, { unsent = new Set(), nowMs = 0 } = {}) {
  const next = { ...state, tasks: new Map(state.tasks), said: new Map(state.said), work: new Map(state.work), away: new Map(state.away), order: [...state.order], open, isMore: Boolean(isMore) }
  for (const task of tasks) if (!unsent.has(task.id)) take(next, task)
  return next.at === null ? goto(next, waiting(next)[0] ?? null, nowMs) : next
}

function take(next, task) {
  const known = next.tasks.get(task.id)
  // An answer that was overtaken says less than is known.
  if (known && task.revision < known.revision) return
  const isOpenAgain = known && task.state === "open" && task.revision > known.revision
  if (isOpenAgain) next.said.delete(task.id)
  if (task.state === "open" && next.away.get(task.id) !== "skipped") next.away.delete(task.id)
  if (!known) next.order.push(task.id)
  if (!known && task.draft) next.work.set(task.id, workIn(task.draft, task.image))
  next.tasks.set(task.id, task)
}

/** What a draft has kept: a box, or a shape with the box around it, and the comment. */
function workIn({ bbox_px: box, shape, comment }, image) {
  const place = shape ? { bbox_px: boxAround(shape, image), shape } : box ? { bbox_px: box } : {}
  return { ...place, ...(comment && { comment }) }
}

/** What is sent of a place: the box follows from the shape. */
const asSent = ({ bbox_px: box, shape }) => (shape ? { shape } : box ? { bbox_px: box } : {})

/** Looks at a task. */
export function goto(state, id, nowMs) {
  return { ...state, at: id, shownAt: nowMs }
}

/** The first that waits after a task, and from the end on the first of all. */
function waitingAfter(state, id) {
  const ids = waiting(state)
  const from = state.order.indexOf(id)
  return ids.find((one) => state.order.indexOf(one) > from) ?? ids.find((one) => one !== id) ?? ids[0] ?? null
}

/** On to what waits: after the one on the screen where that waits too, else to where I was before I looked back. */
export function onward(state, nowMs) {
  const isTaken = state.taken?.id === state.at && !state.said.has(state.at)
  const left = isTaken ? { ...state, away: new Map(state.away).set(state.at, "taken") } : state
  const ids = waiting(left)
  return goto(left, ids.includes(state.at) ? waitingAfter(left, state.at) : ids[0] ?? null, nowMs)
}

/** Back to what I decided or skipped before; stays at the first. */
export function back(state, nowMs) {
  const ids = [...new Set(state.trail.filter(({ kind }) => kind !== "missed").map(({ task }) => task).reverse())].reverse()
  const at = ids.indexOf(state.at)
  const to = at < 0 ? ids.at(-1) : ids[Math.max(0, at - 1)]
  return to === undefined ? state : goto(state, to, nowMs)
}

/** The median of the last ones: a sitting that is interrupted is not a slow one. */
export function paceS(state) {
  const sorted = [...state.paces].sort((a, b) => a - b)
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] / 1000 : null
}

// What a person says ---------------------------------------------------------------------------------------------------

/**
 * @param {{verdict: "defect"|"nuisance", class_code?: string}} what without a class: the model's
 * @returns {{state: object, edit: object}}
 */
export function decide(state, { verdict, class_code: code }, nowMs) {
  const task = current(state)
  const { bbox_px: box, shape, comment } = workOf(state)
  const tookMs = Math.max(0, Math.round(nowMs - state.shownAt))
  const said = { verdict, class_code: verdict === "defect" ? code ?? task.class_code : null, comment: comment ?? "", atMs: nowMs }
  if (verdict === "defect" && box) Object.assign(said, { bbox_px: box }, shape && { shape })
  const entry = { kind: "decide", task: task.id, said, work: workOf(state) }
  const next = withSaid(state, entry, { tookMs })
  return { state: goto(next, waitingAfter(next, task.id), nowMs), edit: asDecision(task, said, tookMs) }
}

/**
 * One box was drawn round two defects, or several round one: the task is decided as what it is with them.
 *
 * @param {{class_code: string, bbox_px: number[], part?: {new_task: string, class_code: string, bbox_px: number[]}, detections?: string[]}} what
 *   part: the other defect; detections: what is one with this
 * @returns {{state: object, edit: object}}
 */
export function join(state, { class_code: code, bbox_px: box, part, detections }, nowMs) {
  const task = current(state)
  const tookMs = Math.max(0, Math.round(nowMs - state.shownAt))
  const said = { verdict: "defect", class_code: code, bbox_px: box, comment: workOf(state).comment ?? "", atMs: nowMs, joining: part ? { part } : { detections } }
  const next = withSaid(state, { kind: "decide", task: task.id, said, work: workOf(state) }, { tookMs })
  return { state: goto(next, waitingAfter(next, task.id), nowMs), edit: asDecision(task, said, tookMs) }
}

function asDecision(task, { verdict, class_code: code, comment, joining, ...place }, tookMs) {
  const edit = { kind: "decide", task: task.id, seen_revision: task.revision }
  if (joining?.part) Object.assign(edit, { kind: "split", parts: [joining.part] })
  else if (joining) Object.assign(edit, { kind: "merge", detections: joining.detections })
  else edit.verdict = verdict
  if (code) edit.class_code = code
  Object.assign(edit, asSent(place))
  if (comment) edit.comment = comment
  if (tookMs !== null) edit.took_ms = tookMs
  return edit
}

function withSaid(state, entry, { tookMs = null, redo = [] } = {}) {
  const isFirst = !state.said.has(entry.task) && !state.away.has(entry.task)
  const paces = tookMs === null || !isFirst ? state.paces : [...state.paces, tookMs].slice(-LAST_PACES)
  return { ...state, paces, redo, said: new Map(state.said).set(entry.task, entry.said), work: without(state.work, entry.task), away: without(state.away, entry.task), trail: [...state.trail, entry] }
}

function without(map, key) {
  const next = new Map(map)
  next.delete(key)
  return next
}

/** Gives the task back: it is not shown to me again. */
export function skip(state, reason, nowMs) {
  const entry = { kind: "skip", task: state.at, reason, work: workOf(state) }
  return skipAgain(state, entry, nowMs, [])
}

function skipAgain(state, entry, nowMs, redo) {
  const next = { ...state, redo, away: new Map(state.away).set(entry.task, "skipped"), trail: [...state.trail, entry] }
  return { state: goto(next, waitingAfter(next, entry.task), nowMs), edit: { kind: "skip", task: entry.task, reason: entry.reason } }
}

/** Adds what the model has missed on this image. The task stays on the screen. */
export function miss(state, { id, class_code: code, bbox_px: box, shape = null }) {
  const comment = workOf(state).comment ?? ""
  return missAgain(state, { kind: "missed", task: state.at, new_task: id, class_code: code, bbox_px: box, shape, comment }, [])
}

function missAgain(state, entry, redo) {
  const { task, new_task: id, class_code: code, bbox_px: box, shape, comment } = entry
  const added = new Map(state.added).set(task, [...addedOf(state, task), { id, class_code: code, bbox_px: box, shape }])
  const edit = { kind: "missed", task, new_task: id, class_code: code, ...asSent({ bbox_px: box, shape }) }
  return { state: { ...state, redo, added, trail: [...state.trail, entry] }, edit: comment ? { ...edit, comment } : edit }
}

/** Draws the box anew; null puts the model's back. @param {?object} shape what is drawn, where it is more than the box around it */
export function withBox(state, box, shape = null) {
  const { bbox_px: _, shape: __, ...rest } = workOf(state)
  return { ...state, work: new Map(state.work).set(state.at, box ? { ...rest, bbox_px: box, ...(shape && { shape }) } : rest) }
}

export function withComment(state, comment) {
  return { ...state, work: new Map(state.work).set(state.at, { ...workOf(state), comment }) }
}

/** What is drawn and written and not said yet, for the server to keep. */
export function draftOf(state, id) {
  const { comment, ...place } = workOf(state, id)
  return { kind: "draft", task: id, ...asSent(place), ...(comment && { comment }) }
}

// Back and forth -------------------------------------------------------------------------------------------------------

/**
 * Takes back the last step; of a decided task on the screen its own last one.
 *
 * @returns {{state: object, edit: ?object, entry: ?object}} entry: what was taken back; edit: null where the server need not know
 */
export function undo(state, nowMs) {
  const isOwn = state.said.has(state.at) || state.away.get(state.at) === "skipped"
  const index = state.trail.findLastIndex(({ task }) => !isOwn || task === state.at)
  if (index < 0) return { state, edit: null, entry: null }
  const entry = state.trail[index]
  const shared = { ...state, trail: state.trail.toSpliced(index, 1), redo: [...state.redo, entry] }
  if (entry.kind === "missed") {
    const added = new Map(state.added).set(entry.task, addedOf(state, entry.task).filter(({ id }) => id !== entry.new_task))
    return { state: goto({ ...shared, added }, entry.task, nowMs), edit: { kind: "undo", task: entry.new_task }, entry }
  }
  const work = new Map(state.work).set(entry.task, entry.work)
  if (entry.kind === "skip") return { state: goto({ ...shared, work, away: without(state.away, entry.task) }, entry.task, nowMs), edit: null, entry }
  return { state: goto({ ...shared, work, said: without(state.said, entry.task) }, entry.task, nowMs), edit: { kind: "undo", task: entry.task }, entry }
}

/** @param {string} id of the task that a missed defect becomes: the one before was withdrawn */
export function redo(state, id, nowMs) {
  const entry = state.redo.at(-1)
  if (!entry) return { state, edit: null, entry: null }
  const left = state.redo.slice(0, -1)
  if (entry.kind === "missed") return { ...missAgain(goto(state, entry.task, nowMs), { ...entry, new_task: id }, left), entry }
  if (entry.kind === "skip") return { ...skipAgain(state, entry, nowMs, left), entry }
  // The task of the part that was taken back is gone: the same again is another.
  const part = entry.said.joining?.part
  const said = { ...entry.said, atMs: nowMs, ...(part && { joining: { part: { ...part, new_task: id } } }) }
  const next = withSaid(state, { ...entry, said }, { redo: left })
  return { state: goto(next, waitingAfter(next, entry.task), nowMs), edit: asDecision(state.tasks.get(entry.task), said, null), entry }
}

// What the server says -------------------------------------------------------------------------------------------------

/** The task as an acknowledged edit has made it. */
export function withHead(state, head) {
  const task = state.tasks.get(head?.id)
  if (!task || head.revision <= task.revision) return state
  return { ...state, tasks: new Map(state.tasks).set(head.id, { ...task, ...head }) }
}

/**
 * Somebody decided a task. One of mine that I have not begun leaves the pocket; the one on the screen stays, for whoever looks
 * at it is about to press a key.
 *
 * @returns {{state: object, lost: ?("waiting"|"shown"|"mine")}} mine: I have decided it elsewhere
 */
export function heardDecided(state, { task: id, state: taskState, revision, by }, me) {
  const task = state.tasks.get(id)
  // Of what I have just taken back I may hear only now that I had decided it.
  const isEcho = by === me && (state.at === id || state.redo.some((entry) => entry.task === id))
  if (!task || isEcho || taskState === "open" || revision <= task.revision || state.said.has(id)) return { state, lost: null }
  if (state.at === id) return { state: { ...state, taken: { id, by } }, lost: "shown" }
  if (state.work.has(id)) return { state, lost: null }
  return { state: { ...state, away: new Map(state.away).set(id, "taken") }, lost: by === me ? "mine" : "waiting" }
}

/** A wafer was put on hold, or released: so it is for each of its tasks. */
export function withHold(state, waferId, hold) {
  const tasks = new Map([...state.tasks].map(([id, task]) => [id, task.wafer?.id === waferId ? { ...task, wafer: { ...task.wafer, hold } } : task]))
  return { ...state, tasks }
}
