/** The queue of an upload: what is sent when, what became of each file, and what to do about it. No DOM, no network. */

const MOST_AT_ONCE = 3
export const MOST_TRIES = 6
const LEFT_OUT = /^(\.|Thumbs\.db$|desktop\.ini$|__MACOSX)/i
const ENDED = new Set(["done", "stored", "refused", "failed", "cancelled"])
const ENDED_RUNS = new Set(["done", "failed", "cancelled"])
const RETRYABLE = new Set(["refused", "failed", "cancelled"])
const NOT_SIGNED_IN = 401
const SIGN_IN_ENDED = { title: "Your sign-in has ended", detail: "The file is kept and sent once you have signed in again." }
const UNREACHABLE = "unreachable"
/** Answers that hold the whole queue, and why: status 0 is no answer. */
const HELD_FOR = { 0: UNREACHABLE, 429: "busy", 503: "busy" }
/** Refusals of the file itself: too large, of no kind that is taken, not readable as an image. */
const OF_THE_FILE = new Set([413, 415, 422])

export function emptyQueue() {
  return { items: [], heldUntil: 0, heldFor: "", isSignedOut: false, isStarted: false, leftOut: 0 }
}

/**
 * The queue with files behind it. Files of the system and files that are in it already are left out and counted; what
 * cannot be taken is in the list with the reason, before a byte is sent.
 *
 * @param {{id: string, name: string, path: string, size: number, modified: number}[]} files
 * @param {{maxBytes: number}} limits
 */
export function added(queue, files, { maxBytes }) {
  const known = new Set(queue.items.map(fingerprint))
  const items = []
  let leftOut = 0
  for (const file of files) {
    if (file.path.split("/").some((part) => LEFT_OUT.test(part)) || known.has(fingerprint(file))) leftOut += 1
    else {
      known.add(fingerprint(file))
      items.push({ ...file, state: "waiting", sent: 0, tries: 0, holdUntil: 0, result: null, problem: null, ...refusedAtOnce(file, maxBytes) })
    }
  }
  // What comes to a queue with nothing left to do waits for a start of its own, with its own lot and wafer.
  const next = { ...queue, items: [...queue.items, ...items], leftOut: queue.leftOut + leftOut, isStarted: queue.isStarted && isUnfinished(queue) }
  return queue.isSignedOut ? signedOut(next) : next
}

function fingerprint({ path, size, modified }) {
  return `${path}|${size}|${modified}`
}

function refusedAtOnce({ size }, maxBytes) {
  if (size === 0) return { state: "refused", problem: { title: "The file is empty", isOfTheFile: true, detail: "Check that it was copied completely, then add it again." } }
  if (size > maxBytes) return { state: "refused", problem: { title: "The file is too large", isOfTheFile: true, detail: `At most ${Math.floor(maxBytes / 2 ** 20)} MiB are taken. Compress it without loss, or cut it into parts.` } }
  return {}
}

/** The wafer a file belongs to: the one that was named, or its folder, or its own name. Empty: the server names it. */
export function waferOf({ path, name }, { rule, wafer }) {
  if (rule === "folder") return path.split("/").slice(0, -1).at(-1) ?? ""
  if (rule === "file") return name.replace(/\.[^.]+$/, "").slice(0, 64)
  return wafer.trim()
}

/** Ids to send now: in order, a few at once, none while the server asked for patience or nobody is signed in. */
export function toSend(queue, nowMs) {
  if (!queue.isStarted || queue.isSignedOut || nowMs < queue.heldUntil) return []
  const free = MOST_AT_ONCE - queue.items.filter(({ state }) => state === "sending" || state === "inspecting").length
  return queue.items.filter(({ state, holdUntil }) => state === "waiting" && holdUntil <= nowMs).slice(0, Math.max(0, free)).map(({ id }) => id)
}

/** When something can be sent next, or null. */
export function nextAt(queue) {
  if (queue.isSignedOut) return null
  const times = queue.items.filter(({ state }) => state === "waiting").map(({ holdUntil }) => Math.max(holdUntil, queue.heldUntil))
  return queue.isStarted && times.length ? Math.min(...times) : null
}

function changed(queue, id, change) {
  return { ...queue, items: queue.items.map((item) => (item.id === id ? { ...item, ...change(item) } : item)) }
}

export function started(queue) {
  return { ...queue, isStarted: true }
}

export function sending(queue, id) {
  return changed(queue, id, ({ tries }) => ({ state: "sending", sent: 0, tries: tries + 1, problem: null }))
}

export function progressed(queue, id, sent) {
  return changed(queue, id, ({ state, size }) => (state === "sending" || state === "inspecting" ? { sent, state: sent >= size ? "inspecting" : "sending" } : {}))
}

/** The server answered with a run: 200 it is done, 202 it is stored and waits. */
export function answered(queue, id, run) {
  const state = ENDED_RUNS.has(run.state) ? run.state : "stored"
  const problem = state === "failed" ? { title: "The inspection failed", detail: run.error?.detail ?? "" } : null
  return changed(queue, id, ({ size }) => ({ state, sent: size, result: run, problem }))
}

/**
 * The server refused, or nobody answered. What may pass is sent again by itself after a wait; the rest says what to do.
 *
 * @param {Problem} problem
 */
export function refused(queue, id, problem, nowMs, random = Math.random) {
  const item = queue.items.find((one) => one.id === id)
  if (!item || item.state === "cancelled") return queue
  const words = { title: problem.title, detail: problem.message, advice: adviceFor(problem), requestId: problem.requestId, isOfTheFile: OF_THE_FILE.has(problem.status) }
  if (problem.status === NOT_SIGNED_IN) return signedOut(changed(queue, id, ({ tries }) => ({ state: "waiting", sent: 0, tries: tries - 1 })))
  if (!problem.isPassing) return changed(queue, id, () => ({ state: problem.status >= 500 ? "failed" : "refused", problem: words }))
  // Who is asked to wait his turn has not failed: only what may be broken is given up after some tries.
  const tries = problem.status === 429 ? item.tries - 1 : item.tries
  if (tries >= MOST_TRIES) return changed(queue, id, () => ({ state: "failed", problem: words }))
  const waitMs = problem.retryAfterS === null ? 1000 * 2 ** Math.min(item.tries, 5) * (0.5 + random() / 2) : problem.retryAfterS * 1000 + random() * 500
  const waiting = changed(queue, id, () => ({ state: "waiting", sent: 0, tries, holdUntil: nowMs + waitMs, problem: words }))
  if (!(problem.status in HELD_FOR)) return waiting
  return { ...waiting, heldUntil: Math.max(queue.heldUntil, nowMs + waitMs), heldFor: HELD_FOR[problem.status] }
}

/** Nobody is signed in any more: nothing is sent, and nothing lost, until somebody is. Said of each file that waits. */
export function signedOut(queue) {
  return { ...queue, isSignedOut: true, items: queue.items.map((item) => (item.state === "waiting" ? { ...item, problem: SIGN_IN_ENDED } : item)) }
}

export function signedIn(queue) {
  return { ...queue, isSignedOut: false, items: queue.items.map((item) => (item.state === "waiting" ? { ...item, problem: null } : item)) }
}

/** The server is there again: what was held because it could not be reached goes on now. */
export function reached(queue) {
  if (queue.heldFor !== UNREACHABLE || queue.heldUntil === 0) return queue
  return { ...queue, heldUntil: 0, items: queue.items.map((item) => (item.state === "waiting" ? { ...item, holdUntil: 0 } : item)) }
}

/** Why nothing is sent right now, in words; empty while it goes on. */
export function holdText(queue, nowMs) {
  if (!queue.isStarted || !isUnfinished(queue)) return ""
  if (queue.isSignedOut) return "your sign-in has ended: the files are kept, and sent once you have signed in again"
  const waitS = Math.ceil((queue.heldUntil - nowMs) / 1000)
  if (waitS <= 0) return ""
  return queue.heldFor === UNREACHABLE ? `the server cannot be reached: tried again in ${waitS} s` : `the server asked for patience: on again in ${waitS} s`
}

/** What a person can do about a refusal, beyond what the server said. */
export function adviceFor({ status, code, fields }) {
  if (status === 0) return "It is tried again by itself; nothing is lost or doubled."
  if (status === 429 || status === 503) return "It is sent again by itself as soon as there is room."
  if (status === 403) return "Your role may not upload. An admin can grant operator, reviewer, lead or model engineer."
  if (status === 413) return "Compress it without loss, or cut it into parts."
  if (fields && Object.keys(fields).length) return Object.entries(fields).map(([name, reasons]) => `${name || "form"}: ${[reasons].flat().join(" ")}`).join(" ")
  if (code === "unknown_recipe") return "Choose a recipe of the list, or let a lead make it."
  return status >= 500 ? "Press Retry." : ""
}

/** What is said of a file's problem: what happened and what to do, nothing twice. */
export function problemText(problem) {
  if (!problem) return ""
  const said = []
  for (const text of [problem.title, problem.detail, problem.advice]) {
    const sentence = text && (/[.!?]$/.test(text) ? text : `${text}.`)
    if (sentence && !said.includes(sentence)) said.push(sentence)
  }
  return said.join(" ")
}

/** Nobody waits for these any more. What was under way is marked: the server may have it, and inspect it all the same. */
export function cancelled(queue, ids) {
  const those = new Set(ids)
  return { ...queue, items: queue.items.map((item) => (those.has(item.id) && !ENDED.has(item.state) ? { ...item, state: "cancelled", wasSent: item.state !== "waiting" } : item)) }
}

/** Only what may pass: a file that is empty, too large or no image stays so, however often it is sent. */
export function canRetry({ state, problem }) {
  return RETRYABLE.has(state) && !problem?.isOfTheFile
}

export function retried(queue, ids) {
  const those = new Set(ids)
  return { ...queue, heldUntil: 0, items: queue.items.map((item) => (those.has(item.id) && canRetry(item)
    ? { ...item, state: "waiting", sent: 0, tries: 0, holdUntil: 0, problem: null, result: null, wasSent: false, keyed: (item.keyed ?? 0) + 1 } : item)) }
}

/** What can be cleared at once: what is done, and when nothing is, what was refused for good. */
export function clearable(queue) {
  const over = queue.items.filter(({ state }) => state === "done" || state === "cancelled")
  return over.length ? { kind: "done", items: over } : { kind: "refused", items: queue.items.filter((item) => item.state === "refused" && !canRetry(item)) }
}

export function cleared(queue) {
  return removed({ ...queue, leftOut: 0 }, clearable(queue).items.map(({ id }) => id))
}

/** Without files that have ended: a person has seen what became of them. */
export function removed(queue, ids) {
  const those = new Set(ids)
  return { ...queue, items: queue.items.filter((item) => !(those.has(item.id) && canRemove(item))) }
}

/** What is stored goes on by itself, and is to be followed. */
export function canRemove({ state }) {
  return ENDED.has(state) && state !== "stored"
}

export function isUnfinished(queue) {
  return queue.items.some(({ state }) => !ENDED.has(state))
}

export function isOver(queue) {
  return queue.items.length > 0 && !isUnfinished(queue)
}

/** Whether leaving the page would lose files: those that are under way, and those that were started and wait their turn. */
export function isAtRisk(queue) {
  return queue.isStarted && isUnfinished(queue)
}

/** Runs that are stored and not judged yet. */
export function storedRuns(queue) {
  return queue.items.filter(({ state }) => state === "stored").map(({ result }) => result.id)
}

/** What became of a run that was stored. The same queue while it goes on. */
export function followed(queue, run) {
  const item = queue.items.find(({ state, result }) => state === "stored" && result.id === run.id)
  return item && ENDED_RUNS.has(run.state) ? answered(queue, item.id, run) : queue
}

/** Counts by state, shares of the bytes that are sent and that are inspected, what can be retried, and what was cancelled too late to be sure. */
export function summary(queue) {
  const counts = Object.fromEntries(["waiting", "sending", "inspecting", "done", "stored", "refused", "failed", "cancelled"].map((state) => [state, 0]))
  let bytes = 0
  let sent = 0
  let inspected = 0
  for (const item of queue.items) {
    counts[item.state] += 1
    if (item.state === "cancelled" || item.state === "refused") continue
    bytes += item.size
    sent += item.state === "done" || item.state === "stored" ? item.size : item.sent
    inspected += item.state === "done" ? item.size : 0
  }
  const total = queue.items.length
  const ended = queue.items.filter(({ state }) => ENDED.has(state)).length
  return { ...counts, total, ended, active: counts.sending + counts.inspecting, retryable: queue.items.filter(canRetry).length, cancelledLate: queue.items.filter(({ state, wasSent }) => state === "cancelled" && wasSent).length, sentShare: bytes ? sent / bytes : 0, inspectedShare: bytes ? inspected / bytes : 0 }
}
