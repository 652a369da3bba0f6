/** What a person says of the tasks of a sitting, and takes back. Every step gives the state after it and the edit that tells the server. No DOM. */
import { addedOf, current, goto, workOf } from "./review_state.js"
import { goOn, leftBehind } from "./review_way.js"

const LAST_PACES = 20
const LONGEST_LOOK_MS = 12 * 3600 * 1000

/** What is sent of a place: the box follows from the shape. */
const asSent = ({ bbox_px: box, shape }) => (shape ? { shape } : box ? { bbox_px: box } : {})

/**
 * @param {{verdict: "defect"|"nuisance", class_code?: string}} what without a class: the model's
 * @returns {{state: object, edit: object}}
 */
export function decide(state, { verdict, class_code: code }, nowMs) {
  const task = current(state)
  const { bbox_px: box, shape, comment } = workOf(state)
  const tookMs = lookMs(state, nowMs)
  const said = { verdict, class_code: verdict === "defect" ? code ?? task.class_code : null, comment: comment ?? "", atMs: nowMs }
  if (verdict === "defect" && box) Object.assign(said, { bbox_px: box }, shape && { shape })
  const entry = { kind: "decide", task: task.id, said, work: workOf(state) }
  const next = withSaid(state, entry, { tookMs })
  return { state: goOn(next, task.id, nowMs), edit: asDecision(task, said, tookMs) }
}

/**
 * One box was drawn round two defects, or several round one: the task is decided as what it is with them.
 *
 * @param {{class_code: string, bbox_px: number[], shape?: ?object, parts?: {new_task: string, class_code: string, bbox_px: number[], shape?: ?object}[], detections?: string[]}} what
 *   parts: the other defects; detections: what is one with this
 * @returns {{state: object, edit: object}}
 */
export function join(state, { class_code: code, bbox_px: box, shape = null, parts, detections }, nowMs) {
  const task = current(state)
  const tookMs = lookMs(state, nowMs)
  const joining = parts ? { parts } : { detections }
  const said = { verdict: "defect", class_code: code, bbox_px: box, ...(shape && { shape }), comment: workOf(state).comment ?? "", atMs: nowMs, joining }
  const next = withSaid(state, { kind: "decide", task: task.id, said, work: workOf(state) }, { tookMs })
  return { state: goOn(next, task.id, nowMs), edit: asDecision(task, said, tookMs) }
}

const partAsSent = ({ new_task: id, class_code: code, ...place }) => ({ new_task: id, class_code: code, ...asSent(place) })

function asDecision(task, { verdict, class_code: code, comment, joining, ...place }, tookMs) {
  const edit = { kind: "decide", task: task.id, seen_revision: task.revision }
  if (joining?.parts) Object.assign(edit, { kind: "split", parts: joining.parts.map(partAsSent) })
  else if (joining) Object.assign(edit, { kind: "merge", detections: joining.detections })
  else edit.verdict = verdict
  if (code) edit.class_code = code
  Object.assign(edit, asSent(place))
  if (comment) edit.comment = comment
  if (tookMs !== null) edit.took_ms = tookMs
  return edit
}

/** How long it was looked at; null where a clock that was set, or a break, says otherwise. */
function lookMs({ shownAt }, nowMs) {
  const ms = Math.round(nowMs - shownAt)
  return ms >= 0 && ms <= LONGEST_LOOK_MS ? ms : null
}

function withSaid(state, entry, { tookMs = null, redo = [] } = {}) {
  const isFirst = !state.said.has(entry.task) && !state.away.has(entry.task)
  const paces = tookMs === null || !isFirst ? state.paces : [...state.paces, tookMs].slice(-LAST_PACES)
  return { ...leftBehind(state, entry.task), paces, redo, said: new Map(state.said).set(entry.task, entry.said), work: without(state.work, entry.task), away: without(state.away, entry.task), trail: [...state.trail, entry] }
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
  const next = { ...leftBehind(state, entry.task), redo, away: new Map(state.away).set(entry.task, "skipped"), trail: [...state.trail, entry] }
  return { state: goOn(next, entry.task, nowMs), edit: { kind: "skip", task: entry.task, reason: entry.reason } }
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

/** Whether anything is drawn or written of a task that is not said yet. */
export function isBegun(state, id) {
  return Object.keys(workOf(state, id)).length > 0
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
  return index < 0 ? nothingTaken(state) : takenBack(state, index, nowMs)
}

const nothingTaken = (state) => ({ state, edit: null, entry: null })

function takenBack(state, index, nowMs) {
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

/** Takes back what was added as missed, by its id, whatever was said since. The same as `undo`. */
export function withdraw(state, id, nowMs) {
  const index = state.trail.findLastIndex((entry) => entry.new_task === id)
  return index < 0 ? nothingTaken(state) : takenBack(state, index, nowMs)
}

/** @param {() => string} newId of a task that a missed defect or a part becomes: the one before was withdrawn */
export function redo(state, newId, nowMs) {
  const entry = state.redo.at(-1)
  if (!entry) return nothingTaken(state)
  const left = state.redo.slice(0, -1)
  if (entry.kind === "missed") return { ...missAgain(goto(state, entry.task, nowMs), { ...entry, new_task: newId() }, left), entry }
  if (entry.kind === "skip") return { ...skipAgain(state, entry, nowMs, left), entry }
  // The task of the part that was taken back is gone: the same again is another.
  const parts = entry.said.joining?.parts
  const said = { ...entry.said, atMs: nowMs, ...(parts && { joining: { parts: parts.map((part) => ({ ...part, new_task: newId() })) } }) }
  const next = withSaid(state, { ...entry, said }, { redo: left })
  return { state: goOn(next, entry.task, nowMs), edit: asDecision(state.tasks.get(entry.task), said, null), entry }
}

