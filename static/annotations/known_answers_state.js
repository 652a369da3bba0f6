/** Which of the decisions on the sheet are asked of reviewers once more, because their answer is known. No DOM. */

export const SETTLED = ["validated", "accepted"]

/** asked: tasks of which it is known whether they are used. items: of those that are, by task. */
export function noAnswers() {
  return { asked: new Set(), items: new Map() }
}

/** Tasks of the sheet of which nobody has asked yet. */
export function unasked({ asked }, order) {
  return (order ?? []).filter((id) => !asked.has(id))
}

/** What the server says of some tasks: those in use, and none of the others. */
export function withItems(state, ids, items) {
  const next = { asked: new Set([...state.asked, ...ids]), items: new Map(state.items) }
  for (const id of ids) next.items.delete(id)
  for (const item of items) if (item.retired_at === null) next.items.set(item.task, item)
  return next
}

/** What left the sheet is asked about anew when it is back. */
export function onSheet(state, order) {
  const there = new Set(order ?? [])
  return { asked: new Set([...state.asked].filter((id) => there.has(id))), items: new Map([...state.items].filter(([id]) => there.has(id))) }
}

/** What a lead can do with one: make its answer a known one, retire it, or nothing. */
export function actOf(state, task) {
  if (!task || !state.asked.has(task.id)) return null
  if (state.items.has(task.id)) return "retire"
  return task.kind === "detection" && SETTLED.includes(task.state) ? "make" : null
}
