/** A sitting of one reviewer: the tasks at hand, the one on the screen, and what the server says of them. No DOM. */
import { boxOf as boxAround } from "./canvas/shapes.js"

export const POCKET = 6
const LEAST_WAITING = 4
const RENEW_BEFORE_S = 120

export function emptyReview() {
  return {
    tasks: new Map(), order: [], at: null, shownAt: 0,
    // By task: what I said of it, what I have drawn and written before I say it, what I found beside it.
    said: new Map(), work: new Map(), added: new Map(),
    // Not mine to decide any more: skipped, or decided by somebody else; by task why.
    away: new Map(),
    trail: [], redo: [], paces: [], open: null, isMore: false,
    // What I left behind, in order; and while I look back at it, where I was: {from}.
    path: [], back: null,
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

/**
 * Whether what I hold is about to lapse. By what has passed here since the last answer, for the clock of a station may be wrong.
 *
 * @param {number} leaseS how long a task is held without a word
 */
export function needsRenewal(state, sinceAnswerS, leaseS) {
  return waiting(state).length > 0 && sinceAnswerS >= Math.max(leaseS / 2, leaseS - RENEW_BEFORE_S)
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

/** Looks at a task, and goes on from there. */
export function goto(state, id, nowMs) {
  return { ...state, at: id, shownAt: nowMs, path: state.path.filter((one) => one !== id), back: null }
}

/** The median of the last ones: a sitting that is interrupted is not a slow one. */
export function paceS(state) {
  const sorted = [...state.paces].sort((a, b) => a - b)
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] / 1000 : null
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
