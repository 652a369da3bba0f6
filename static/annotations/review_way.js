/** The way through a sitting: on to what waits, and back over what was decided, skipped or passed over. No DOM. */
import { goto, waiting } from "./review_state.js"

/** The first that waits after a task, and from the end on the first of all. */
function waitingAfter(state, id) {
  const ids = waiting(state)
  const from = state.order.indexOf(id)
  return ids.find((one) => state.order.indexOf(one) > from) ?? ids.find((one) => one !== id) ?? ids[0] ?? null
}

/** A task is left behind: it is the last on the way back. */
export function leftBehind(state, id) {
  return { ...state, path: [...state.path.filter((one) => one !== id), id] }
}

/** From a task that is said to what waits: to where I was before I looked back, else to the next. */
export function goOn(state, id, nowMs) {
  const front = frontOf(state)
  return goto(state, front && front !== id ? front : waitingAfter(state, id), nowMs)
}

/** Where I was before I looked back, while it waits. */
function frontOf({ back, ...state }) {
  return back && waiting(state).includes(back.from) ? back.from : null
}

/** On to what waits. What is passed over waits as well, and comes again: by itself at the end, or by way of `back`. */
export function onward(state, nowMs) {
  const isTaken = state.taken?.id === state.at && !state.said.has(state.at)
  const left = isTaken ? { ...state, away: new Map(state.away).set(state.at, "taken") } : state
  const ids = waiting(left)
  if (state.back) return onwardAgain(left, ids, nowMs)
  if (!ids.includes(state.at)) return goto(leftBehind(left, state.at), ids[0] ?? null, nowMs)
  return goto(leftBehind(left, state.at), waitingAfter(left, state.at), nowMs)
}

/** Forward over what I had passed, to where I was. */
function onwardAgain(state, ids, nowMs) {
  const passed = state.path.slice(state.path.indexOf(state.at) + 1).find((id) => ids.includes(id))
  if (passed) return { ...state, at: passed, shownAt: nowMs }
  return goto(state, frontOf(state) ?? ids.find((id) => id !== state.at) ?? ids[0] ?? null, nowMs)
}

/** Back to what I left before, decided or not; stays at the first. */
export function back(state, nowMs) {
  const ids = behind(state)
  const at = state.back ? ids.indexOf(state.at) : ids.length
  const to = ids[Math.max(0, at - 1)]
  return to === undefined ? state : { ...state, at: to, shownAt: nowMs, back: state.back ?? { from: state.at } }
}

export function canGoBack(state) {
  return behind(state).length > 0
}

/** What can be gone back to: all that I left, but where I stand. */
function behind({ path, tasks, at, back: isBack }) {
  return path.filter((id) => tasks.has(id) && (isBack || id !== at))
}
