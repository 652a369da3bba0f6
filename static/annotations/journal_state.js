/**
 * What became of every edit: kept, sent, answered. Pure: which edits go together, what an answer leaves, what is said. No DOM.
 *
 * An entry is {seq, edit}: `edit` is what the server is sent, without its seq.
 */
import { plural } from "../shared/formats.js"

/** The server takes so many at once. */
const MOST_AT_ONCE = 50
/** And decides so many tasks by one request. */
const MOST_TASKS = 500
/** What a draft is worth once its task was decided, skipped or drawn anew. */
const ENDS_DRAFTS = new Set(["draft", "decide", "split", "merge", "skip", "release"])
/** Made upon the revision of a task that was looked at. */
const UPON_A_REVISION = new Set(["decide", "split", "merge"])
/** Decisions, of one or of many, and what somebody has written. */
const WORK = new Set(["decide", "bulk", "missed", "split", "merge", "start", "reply"])
/** Numbers of what the disk did not take: another client's, and after all others. */
export const SPARE_FROM = 2 ** 52
export const isSpare = (seq) => seq > SPARE_FROM
/** Of these a request may be refused for what it holds, whoever says so: unreadable, or too large for something on the way. */
const ABOUT_WHAT_IS_SENT = new Set([400, 413, 414, 422, 431])
const LONGEST_WAIT_MS = 30_000
/** Why nothing goes, as it is said. */
const STUCK = {
  offline: { why: "Offline", icon: "wifi-off" }, "put off": { why: "Server busy", icon: "hourglass" },
  "signed out": { why: "Signed out", icon: "lock" }, forbidden: { why: "Not allowed", icon: "lock" },
}

const taskOf = ({ edit }) => edit.task

/**
 * Edits that may go in one request, the oldest first. A decision waits for the answer about an earlier edit of its task, for
 * that answer says which revision it is made upon.
 */
export function batchOf(entries, most = MOST_AT_ONCE) {
  const batch = []
  const seen = new Set()
  let tasks = 0
  for (const entry of entries) {
    // One request has one client.
    if (batch.length && isSpare(entry.seq) !== isSpare(batch[0].seq)) break
    const isToWait = UPON_A_REVISION.has(entry.edit.kind) && seen.has(taskOf(entry))
    tasks += entry.edit.tasks?.length ?? 0
    if (isToWait || batch.length === most || (batch.length && tasks > MOST_TASKS)) break
    seen.add(taskOf(entry))
    if (entry.edit.new_task) seen.add(entry.edit.new_task)
    batch.push(entry)
  }
  return batch
}

/** As the server is sent it. */
export function asSent({ seq, edit }) {
  return { seq, ...edit }
}

/**
 * What an answer leaves.
 *
 * @param {{seq: number, edit: object}[]} entries all that are kept, in order
 * @param {object[]} acks of the server
 * @returns {{gone: number[], lifted: object[], done: object[], refused: object[]}} gone: seqs that are answered; lifted: entries
 *   whose decision is now made upon the revision that one's own earlier edit has made; done and refused: {entry, ack}
 */
export function afterAcks(entries, acks) {
  const bySeq = new Map(acks.map((ack) => [ack.seq, ack]))
  const answered = entries.filter(({ seq }) => bySeq.has(seq)).map((entry) => ({ entry, ack: bySeq.get(entry.seq) }))
  const done = answered.filter(({ ack }) => ack.state === "done")
  const refused = answered.filter(({ ack }) => ack.state === "refused")
  const revisions = new Map(done.filter(({ ack }) => ack.task).map(({ ack }) => [ack.task.id, ack.task.revision]))
  const left = entries.filter(({ seq }) => !bySeq.has(seq))
  const lifted = left.map((entry) => onRevision(entry, revisions.get(taskOf(entry)))).filter((entry) => !left.includes(entry))
  return { gone: answered.map(({ entry }) => entry.seq), lifted, done, refused }
}

/** A decision made upon what one's own earlier edits have made of the task; the same entry where that changes nothing. */
export function onRevision(entry, revision) {
  const isBehind = UPON_A_REVISION.has(entry.edit.kind) && revision !== undefined && revision > entry.edit.seen_revision
  return isBehind ? { ...entry, edit: { ...entry.edit, seen_revision: revision } } : entry
}

/** Seqs of drafts that a later edit of their task has made worthless. */
export function staleDrafts(entries) {
  return entries.filter(({ seq, edit }) => edit.kind === "draft" && entries.some((later) => later.seq > seq && later.edit.task === edit.task && ENDS_DRAFTS.has(later.edit.kind))).map(({ seq }) => seq)
}

/** Whether a number was given to another edit before: by a browser set back to what it was some time ago. */
export function isReused({ state, problem }) {
  return state === "refused" && problem?.code === "seq_reused"
}

/** Whether a refused edit holds somebody's work, which is shown until they say what is to become of it. */
export function isWork({ kind }) {
  return WORK.has(kind)
}

/**
 * What is done after a request that failed as a whole.
 *
 * @param {{status: number, isPassing: boolean, retryAfterS: ?number}} problem
 * @returns {{state: string, waitMs: ?number, isToNarrow: boolean}} state: why nothing goes; waitMs: null where time alone
 *   does not help; isToNarrow: one edit at a time from now on, to find the one that cannot be read
 */
export function afterFailure(problem, attempt, random = Math.random) {
  if (problem.status === 401) return { state: "signed out", waitMs: null, isToNarrow: false }
  if (problem.status === 403) return { state: "forbidden", waitMs: null, isToNarrow: false }
  const ceilingMs = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** attempt)
  const waitMs = Math.max((problem.retryAfterS ?? 0) * 1000, ceilingMs / 2 + random() * (ceilingMs / 2))
  if (problem.status === 0) return { state: "offline", waitMs, isToNarrow: false }
  // Without our problem document something on the way has spoken: a portal, or a proxy while we are set up anew.
  const isOfWhatIsSent = problem.code !== "unreachable" || ABOUT_WHAT_IS_SENT.has(problem.status)
  if (problem.isPassing || problem.status >= 500 || !isOfWhatIsSent) return { state: "put off", waitMs, isToNarrow: false }
  return { state: "narrowed", waitMs: 0, isToNarrow: true }
}

/** What the page says about it. `kept`: whether the edits outlive the page. */
export function savedWords({ pending, state, kept }) {
  if (pending && STUCK[state]) return { level: "alarm", icon: STUCK[state].icon, text: `${STUCK[state].why}: ${pending} kept here` }
  if (pending) return { level: "none", icon: "refresh-cw", text: `Saving ${pending}` }
  return kept ? { level: "none", icon: "check", text: "All saved" } : { level: "warn", icon: "check", text: "All saved" }
}

/** What is asked before the page is left; empty where nothing can be lost. @param {{laying?: number}} what laying: not on the disk yet */
export function leavingText({ pending, kept, state, laying = 0 }) {
  if (!pending || (kept && state === "sending" && !laying)) return ""
  return `${plural(pending, "decision")} not sent yet`
}
