/** A job and its items as events tell them, and the jobs of the list. No DOM. */

/** The job after an event: whatever is older than what is known changes nothing. */
export function received(job, data) {
  if (data.id !== job.id) return job
  const { item, ...rest } = data
  const items = item ? withItem(job.items, item) : job.items
  if (data.revision < job.revision) return items === job.items ? job : { ...job, items }
  return { ...job, ...rest, items }
}

/** The job after the server told all of it: an answer that events have overtaken changes nothing, and has to be asked for again. */
export function answered(job, answer) {
  return job && answer.revision < job.revision ? job : answer
}

const RANK = { waiting: 0, cancelled: 1, failed: 1, done: 2 }

function withItem(items, item) {
  const at = items.findIndex(({ ordinal }) => ordinal === item.ordinal)
  if (at < 0) return [...items, item].sort((a, b) => a.ordinal - b.ordinal)
  const known = items[at]
  // Events of one item may overtake each other; what is done stays done.
  if (RANK[known.state] === 2 && RANK[item.state] < 2) return items
  return items.with(at, item)
}

const FILTERS = { all: () => true, failed: ({ state }) => state === "failed", waiting: ({ state }) => state === "waiting", found: ({ detection_count: count }) => count > 0 }

export function shownItems(job, filter) {
  return job.items.filter(FILTERS[filter] ?? FILTERS.all)
}

/** Whether the server may try the item again: its run failed or was cancelled, and not for its file's own fault. */
export const canRetry = (item) => item.can_retry

/** Shares of the whole for the bar: done, failed, cancelled; the rest waits. */
export function shares({ total, done, failed, cancelled }) {
  return total ? { done: done / total, failed: failed / total, cancelled: cancelled / total } : { done: 0, failed: 0, cancelled: 0 }
}

/** The line under a job's name: what is going on, in words. */
export function stateWords(job) {
  if (job.state === "cancelled") return job.done ? `Cancelled, ${job.done} done before` : "Cancelled"
  if (job.state === "running") return waitsFor(job) ? `Waiting: ${waitsFor(job)}` : "Under way"
  return job.failed ? `Done, ${job.failed} failed` : "Done"
}

/** What all of its unfinished items wait for, where the items are known; empty while one of them is being inspected. */
function waitsFor({ items = [] }) {
  const reasons = items.filter(({ state }) => state === "waiting").map(({ waiting_for: reason }) => reason)
  return reasons.every(Boolean) ? (reasons[0] ?? "") : ""
}
