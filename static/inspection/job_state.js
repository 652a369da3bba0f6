/** A job and its items as events tell them, and the jobs of the list. No DOM. */

/** The job after an event at `now`: whatever is older than what is known changes nothing. */
export function received(job, data, now) {
  if (data.id !== job.id) return job
  const { item, ...rest } = data
  const items = item ? withItem(job.items, item) : job.items
  if (data.revision < job.revision) return items === job.items ? job : { ...job, items }
  return { ...job, ...rest, items, heardAt: now }
}

/** The job after the server told all of it at `now`: an answer that events have overtaken changes nothing, and has to be asked for again. */
export function answered(job, answer, now) {
  return job && answer.revision < job.revision ? job : { ...answer, heardAt: now }
}

/** The job after news of a run, which may be one of its own: what the run waits for, nothing while it is inspected. */
export function toldOfRun(job, { run, waiting_for: reason }) {
  const at = job.items.findIndex((item) => item.run === run && item.state === "waiting" && item.waiting_for !== reason)
  return at < 0 ? job : { ...job, items: job.items.with(at, { ...job.items[at], waiting_for: reason }) }
}

/** Parts without which nothing of a job goes on, and what is said while one of them is down. */
const NEEDED = { triton: "Triton does not answer", model: "no model is ready", worker: "no worker is running" }

/** Why nothing goes on, from the system's state; empty while it does. */
export function whatIsAway({ components }) {
  const down = components.find(({ name, state }) => state === "down" && name in NEEDED)
  return down ? NEEDED[down.name] : ""
}

/** Past so many images' time without a word nobody can say how long the rest takes. */
const SILENT_IMAGES = 5
const SILENT_MS = 5000

/** Milliseconds that a job still takes; null when nobody can say: nothing of it has ended yet, it waits, or it has fallen silent. */
export function leftMs(job, { now, away = "" }) {
  if (typeof job.eta_s !== "number" || waitsFor(job, away)) return null
  const allMs = job.eta_s * 1000
  const silentMs = now - (job.heardAt ?? now)
  if (silentMs > SILENT_IMAGES * (allMs / Math.max(1, job.waiting)) + SILENT_MS) return null
  return Math.max(0, allMs - silentMs)
}

/** Speed and success as the server sums them up at the end; of what has ended so far while the job runs. */
export function sums(job, now) {
  if (job.state !== "running") return job.summary ?? {}
  const latencies = job.items.filter(({ state }) => state === "done").map(({ latency_ms: ms }) => ms).filter((ms) => typeof ms === "number").sort((a, b) => a - b)
  const ended = job.done + job.failed
  const elapsedS = (now - Date.parse(job.created_at)) / 1000
  return { p50_ms: percentile(latencies, 0.5), p95_ms: percentile(latencies, 0.95), throughput_per_s: job.done && elapsedS > 0 ? job.done / elapsedS : null, success_rate: ended ? job.done / ended : undefined }
}

/** The value below or at which `share` of the values lie (nearest rank). */
function percentile(ordered, share) {
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? null
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

/** The line under a job's name: what is going on, in words. `away`: why nothing of any job goes on. */
export function stateWords(job, away = "") {
  if (job.state === "cancelled") return job.done ? `Cancelled, ${job.done} done before` : "Cancelled"
  if (job.state === "running") return waitsFor(job, away) ? `Waiting: ${waitsFor(job, away)}` : "Under way"
  return job.failed ? `Done, ${job.failed} failed` : "Done"
}

/** What all of its unfinished items wait for, where the items are known; empty while one of them is being inspected. */
function waitsFor({ items = [] }, away) {
  if (away) return away
  const reasons = items.filter(({ state }) => state === "waiting").map(({ waiting_for: reason }) => reason)
  return reasons.every(Boolean) ? (reasons[0] ?? "") : ""
}
