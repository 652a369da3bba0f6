/** What the health page says, from what the server last answered and when. No DOM. */
import { ageText, bytesText, countText, durationText, percentText, timeText, UNKNOWN } from "../shared/formats.js"

/** Past this the last answer says nothing about now. */
export const STALE_MS = 15_000

/** What a part's absence means: what goes on, and what waits or is refused until it is back. */
const EFFECTS = {
  postgres: { works: "What was stored is safe, and open pages keep what they show.", waits: "Uploads, results and lists are refused until it answers." },
  storage: { works: "Verdicts, lists and the live wall can be read.", waits: "Uploads are refused, and pictures may not open." },
  triton: { works: "Uploads are accepted, results can be read, and images inspected before are answered from the cache.", waits: "New inspections wait in the queue and finish by themselves." },
  model: { works: "Uploads are accepted, and results can be read.", waits: "New inspections wait in the queue until a model is ready." },
  worker: { works: "Single images are inspected while their sender waits.", waits: "Batches and runs in the queue wait until a worker is back." },
  redis: { works: "Uploads and inspections go on; pages ask for news every 5 s.", waits: "Live updates are off, and no answer comes from the cache." },
  decoder: { works: "What was stored can be read.", waits: "Uploads are refused until images can be decoded." },
  beat: { works: "Uploads and inspections go on.", waits: "Runs that were lost or wait are not taken up again until it is back." },
}
const TITLES = { ok: "Everything works", degraded: "Some of it does not work", down: "Inspection is stopped" }
const BREAKER = {
  closed: { state: "ok", text: "Closed: calls go through" },
  open: { state: "down", text: "Open: calls are held back" },
}

/**
 * What is known: the last answer with its time, and the failure since, if any.
 *
 * @typedef {{system: ?object, at: ?number, problem: ?{message: string, requestId: string}, problemAt: ?number}} Known
 */
export const nothingKnown = () => ({ system: null, at: null, problem: null, problemAt: null })
export const answered = (known, system, now) => ({ ...known, system, at: now, problem: null, problemAt: null })
export const failed = (known, problem, now) => ({ ...known, problem, problemAt: known.problemAt ?? now })

/** Whether what is shown is from before: a question failed, or none has been answered for long. */
export function isStale({ system, at, problem }, now) {
  return Boolean(problem) || (Boolean(system) && now - at > STALE_MS)
}

/**
 * The title of the page, its explanation, and how old what is below it is.
 *
 * @returns {{state: string, title: string, text: string, age: string, requestId: string}}
 */
export function headline(known, now) {
  const { system, at, problem } = known
  if (!isStale(known, now)) {
    if (!system) return { state: "unknown", title: "Asking every part", text: "", age: "", requestId: "" }
    const text = system.banner ?? (system.state === "ok" ? "Uploads are taken, inspected and shown." : "")
    return { state: system.state, title: TITLES[system.state] ?? "The state is unknown", text, age: "", requestId: "" }
  }
  const since = timeText(at ?? known.problemAt)
  const rest = system ? "What is below is from before. Inspection may go on; this page cannot see it, and asks again every 5 s." : "Nothing is known yet. It is asked again every 5 s."
  return { state: "unknown", title: `The state is unknown since ${since}`, text: `${problem?.status ? problem.message : "The server does not answer."} ${rest}`, age: system ? `${ageText(now - at)} old` : "", requestId: problem?.requestId ?? "" }
}

/** Rows on what is out of order: which part, what still works, what waits. The order is the server's. */
export function effects(components) {
  return components.filter(({ name, state }) => (state === "down" || state === "degraded") && EFFECTS[name]).map(({ name }) => ({ name, ...EFFECTS[name] }))
}

/** The models to list: none while Triton is away, since their figures are not 0 then but unknown. */
export function modelsKnown({ triton, components }) {
  return doesTritonAnswer(components) ? (triton?.models ?? []) : []
}

/** Why no model is listed: nobody can tell while Triton is away; that is not the same as none being there. */
export function noModelsText(components) {
  return doesTritonAnswer(components) ? "Triton answers, and has no model loaded yet. New inspections wait in the queue." : "Triton does not answer, so nobody knows which models are loaded. They are listed again when it is back; new inspections wait in the queue until then."
}

function doesTritonAnswer(components) {
  const state = components.find(({ name }) => name === "triton")?.state
  return state === "ok" || state === "degraded"
}

/** Milliseconds of one request, from totals over all of them; null when there was none. */
export function perRequest(totalMs, requests) {
  return Number.isFinite(totalMs) && requests > 0 ? totalMs / requests : null
}

/** The cells of a model: how much it answered, what one request waited and was computed, and its queue as it is now. */
export function modelFigures({ requests, inferences, queue_ms: queueMs, compute_ms: computeMs, pending, rejected }) {
  const time = (totalMs) => (requests ? durationText(perRequest(totalMs, requests)) : "–")
  return { requests: countText(requests), tiles: countText(inferences), queue: time(queueMs), compute: time(computeMs), pending: countText(pending), rejected: countText(rejected) }
}

/** One line about each GPU, with what Triton reports of it. */
export function gpuTexts(gpus) {
  return (gpus ?? []).map(({ utilisation, memory_used_bytes: used, memory_total_bytes: total }, index) =>
    `GPU ${index}: load ${percentText(utilisation)}, memory ${bytesText(used)} of ${bytesText(total)}`)
}

/**
 * The facts about the circuit breaker. `probeAt` is when it lets one call through, in ms since the epoch.
 *
 * @returns {{state: string, text: string, since: ?string, failures: string, reason: string, next: string}}
 */
export function breakerFacts(breaker, { at, now }) {
  const known = BREAKER[breaker?.state] ?? { state: "unknown", text: "Unknown: no model is deployed" }
  const isOpen = breaker?.state === "open"
  const failures = Number.isFinite(breaker?.failures) ? countText(breaker.failures) : UNKNOWN
  return { ...known, since: isOpen ? breaker.opened_at : null, failures, reason: (isOpen && breaker.reason) || "–", next: isOpen ? nextProbe(breaker.probe_in_s, { at, now }) : "–" }
}

function nextProbe(probeInS, { at, now }) {
  if (!Number.isFinite(probeInS)) return UNKNOWN
  const leftS = Math.ceil(probeInS - (now - at) / 1000)
  return leftS > 0 ? `in ${leftS} s` : "now due"
}

/** Share of lookups the cache answered, and out of how many. */
export function cacheFigure(cache) {
  if (!Number.isFinite(cache?.hits)) return { value: UNKNOWN, label: "from the cache: Redis does not tell" }
  const lookups = cache.hits + cache.misses
  if (!lookups) return { value: "–", label: "no lookups in the cache yet" }
  return { value: percentText(cache.hits / lookups), label: `from the cache: ${countText(cache.hits)} hits, ${countText(cache.misses)} misses` }
}

/** The figures of the queue. */
export function queueFigures(queue) {
  if (!queue) return { queued: UNKNOWN, running: UNKNOWN, oldest: UNKNOWN, failed: UNKNOWN }
  const oldest = Number.isFinite(queue.oldest_queued_s) ? durationText(queue.oldest_queued_s * 1000) : queue.queued === 0 ? "none" : UNKNOWN
  return { queued: countText(queue.queued), running: countText(queue.running), oldest, failed: countText(queue.failed_24h) }
}
