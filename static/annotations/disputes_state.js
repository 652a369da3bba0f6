/** What reviewers differ about, as a list that a lead goes through: which is looked at, what was decided, and the way back. No DOM. */

export function emptyDisputes() {
  // rows: null before the first answer. reasons and notes by task; settled: what I have decided, with its revision since.
  return { rows: null, at: null, next: null, reasons: new Map(), notes: new Map(), settled: new Map(), trail: [] }
}

export const chosen = (state) => state.rows?.find(({ id }) => id === state.at) ?? null
export const placeOf = (state, id = state.at) => state.rows?.findIndex((row) => row.id === id) ?? -1

/** An answer may be older than what I have decided since it was asked for. */
function isPast({ id, revision }, settled) {
  return revision < (settled.get(id) ?? 0)
}

/**
 * The list as the server has it now. What is looked at stays; where it is gone the one that took its place is next.
 *
 * @returns {{state: object, lost: ?object, changed: boolean}} lost: what was looked at and is disputed no more; changed: it was spoken of since
 */
export function withRows(state, rows, next) {
  const before = chosen(state)
  const left = rows.filter((row) => !isPast(row, state.settled))
  const now = before && left.find(({ id }) => id === before.id)
  const changed = Boolean(now) && now.revision !== before.revision
  const at = now ? now.id : (left[Math.min(Math.max(0, placeOf(state)), left.length - 1)]?.id ?? null)
  return { state: { ...state, rows: left, next, at }, lost: before && !now ? before : null, changed }
}

export function withMore(state, rows, next) {
  const known = new Set(state.rows.map(({ id }) => id))
  const added = rows.filter((row) => !known.has(row.id) && !isPast(row, state.settled))
  return { ...state, rows: [...state.rows, ...added], next, at: state.at ?? added[0]?.id ?? null }
}

export function choose(state, id) {
  return placeOf(state, id) < 0 ? state : { ...state, at: id }
}

/** The next or the one before; the ends are where one stays. */
export function step(state, by) {
  if (!state.rows?.length) return state
  const to = Math.min(Math.max(0, placeOf(state) + by), state.rows.length - 1)
  return { ...state, at: state.rows[to].id }
}

/** Away from the list; the one after it is looked at next. */
export function without(state, id) {
  const place = placeOf(state, id)
  if (place < 0) return state
  const rows = state.rows.filter((row) => row.id !== id)
  const at = state.at === id ? (rows[Math.min(place, rows.length - 1)]?.id ?? null) : state.at
  return { ...state, rows, at }
}

/** What I decided is off the list, and on the way back. */
export function ruled(state, task, words) {
  const next = without({ ...state, settled: new Map(state.settled).set(task.id, task.revision) }, task.id)
  return { ...withNote(withReason(next, task.id, ""), task.id, null), trail: [...state.trail, { id: task.id, words, reason: reasonOf(state, task.id) }] }
}

/** What I took back is disputed again, and looked at, with the reason I had written. Nothing else may have become of it meanwhile, or it stays off the list. */
export function takenBack(state, id, task) {
  const next = { ...state, trail: state.trail.filter((entry) => entry.id !== id), settled: new Map(state.settled).set(id, task.revision) }
  const reason = state.trail.find((entry) => entry.id === id)?.reason ?? ""
  return task.state === "disputed" ? { ...withReason(withTask(next, task), id, reason), at: id } : next
}

/** A task as it is now, in its place: the newest come first. */
export function withTask(state, task) {
  if (task.state !== "disputed") return without(state, task.id)
  const others = state.rows.filter(({ id }) => id !== task.id)
  const place = others.findIndex(({ id }) => id < task.id)
  const rows = place < 0 ? [...others, task] : others.toSpliced(place, 0, task)
  return { ...state, rows }
}

export const reasonOf = (state, id = state.at) => state.reasons.get(id) ?? ""
export const noteOf = (state, id = state.at) => state.notes.get(id) ?? null

export function withReason(state, id, text) {
  const reasons = new Map(state.reasons)
  if (text) reasons.set(id, text)
  else reasons.delete(id)
  return { ...state, reasons }
}

/** What is said beside a task, such as why its ruling was refused. */
export function withNote(state, id, text) {
  const notes = new Map(state.notes)
  if (text) notes.set(id, text)
  else notes.delete(id)
  return { ...state, notes }
}
