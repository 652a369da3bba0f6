/** What is said of many at once, taken back at once, and what became of each. No DOM. */
import { countText } from "../shared/formats.js"
import { inSight, meant, withFocus } from "./wafer_review_state.js"

export const MOST_IN_BULK = 500

/**
 * One word about all that is meant. It counts as said at once; the focus stays in its place.
 *
 * @returns {{state: object, edits: object[]}} edits: for the journal, each of at most 500 tasks; none where nothing is meant
 */
export function say(state, word, wafer) {
  const ids = meant(state)
  const parts = Array.from({ length: Math.ceil(ids.length / MOST_IN_BULK) }, (_, at) => ({ seq: null, ids: ids.slice(at * MOST_IN_BULK, (at + 1) * MOST_IN_BULK) }))
  if (!parts.length) return { state, edits: [] }
  const at = inSight(state).indexOf(ids[0])
  const said = withPending({ ...state, chosen: new Set(), anchor: null, problems: without(state.problems, ids), trail: [...state.trail, parts] }, ids, word)
  const left = inSight(said)
  const focus = left.includes(state.focus) ? state.focus : left[Math.min(at, left.length - 1)] ?? null
  return { state: { ...said, focus }, edits: parts.map((part) => ({ kind: "bulk", wafer, tasks: part.ids.map((id) => asMeant(state.items.get(id))), ...word })) }
}

/** What was said of several at once: "16 called nuisance."; empty of one, which is seen to go. */
export function bulkWords(parts, { verdict, class_code: code }, nameOf) {
  const count = parts.reduce((sum, { ids }) => sum + ids.length, 0)
  if (count < 2) return ""
  return `${countText(count)} ${verdict === "nuisance" ? "called nuisance" : code ? `called ${nameOf(code).toLowerCase()}` : "confirmed"}.`
}

function asMeant({ task, detection, revision, is_made: isMade }) {
  return { task, seen_revision: revision, ...(isMade ? {} : { detection }) }
}

/** The journal has numbered the edits of a bulk, of the trail: by these it is taken back. */
export function numbered(state, bulk, seqs) {
  const parts = bulk.map((part, at) => ({ ...part, seq: seqs[at] }))
  return { ...state, trail: state.trail.map((one) => (one === bulk ? parts : one)) }
}

/** Takes back the last bulk, all of it; it is chosen again. @returns {{state: object, edits: object[]}} */
export function undo(state) {
  const parts = state.trail.at(-1)
  if (!parts || parts.some(({ seq }) => seq === null)) return { state, edits: [] }
  const ids = parts.flatMap((part) => part.ids)
  const undone = new Map([...state.undone, ...parts.map((part) => [part.seq, part.ids])])
  const next = withPending({ ...state, trail: state.trail.slice(0, -1), undone, chosen: new Set(ids), anchor: null, focus: ids[0], problems: without(state.problems, ids) }, ids, null)
  return { state: withFocus(next), edits: parts.map(({ seq }) => ({ kind: "undo_bulk", of: seq })) }
}

/** What an earlier page has left over in the journal is on its way. */
export function withUnsent(state, entries, wafer) {
  let next = state
  for (const { seq, edit } of entries) {
    if (edit.kind === "bulk" && edit.wafer === wafer) {
      const ids = edit.tasks.map(({ task }) => task)
      next = withPending({ ...next, trail: [...next.trail, [{ seq, ids }]] }, ids, { verdict: edit.verdict, class_code: edit.class_code })
    }
    const at = edit.kind === "undo_bulk" ? next.trail.findIndex(([part]) => part.seq === edit.of) : -1
    if (at >= 0) next = withPending({ ...next, trail: next.trail.toSpliced(at, 1), undone: new Map(next.undone).set(edit.of, next.trail[at][0].ids) }, next.trail[at][0].ids, null)
  }
  return next
}

/** Seqs of refused words of this wafer that a new word about the same stands for. */
export function outspokenBulks(refusals, edits) {
  const said = new Set(edits.flatMap(({ tasks = [] }) => tasks.map(({ task }) => task)))
  return refusals.filter(({ edit }) => edit.kind === "bulk" && edit.tasks.some(({ task }) => said.has(task))).map(({ seq }) => seq)
}

/** @param {?object} word null: taken back */
function withPending(state, ids, word) {
  const pending = new Map(state.pending)
  for (const id of ids) pending.set(id, { word, edits: (pending.get(id)?.edits ?? 0) + 1 })
  return { ...state, pending }
}

function without(map, ids) {
  const away = new Set(ids)
  return new Map([...map].filter(([id]) => !away.has(id)))
}

/**
 * What became of an edit, item by item. What was refused stays, chosen and with its reason.
 *
 * @param {{seq: number, edit: object}} entry @param {object} ack of the server
 * @returns {{state: object, done: number, refused: number}} of those that were mine to hear of
 */
export function answered(state, { edit }, ack) {
  const draft = { ...state, items: new Map(state.items), pending: new Map(state.pending), problems: new Map(state.problems), chosen: new Set(state.chosen), undone: new Map(state.undone) }
  const results = resultsOf(draft, edit, ack)
  const refused = results.filter((one) => settle(draft, one)).length
  draft.undone.delete(edit.of)
  return { state: withFocus(draft), done: results.filter((one) => one.state === "done").length, refused }
}

/** One for each that the edit was about, whichever way it was answered. */
function resultsOf(draft, edit, ack) {
  const about = edit.kind === "bulk" ? edit.tasks.map(({ task }) => task) : draft.undone.get(edit.of) ?? []
  const told = ack.results ?? [ack.task ?? ack.problem?.current].filter(Boolean).map((task) => ({ id: task.id, state: "told", task }))
  const named = new Set(told.map(({ id }) => id))
  // Of what was refused as a whole each has the reason; of what had been refused before there is nothing to take back.
  return [...told, ...about.filter((id) => !named.has(id)).map((id) => ({ id, state: edit.kind === "bulk" ? "refused" : "nothing", problem: ack.problem }))]
}

/** @returns {boolean} whether it was refused, and is mine */
function settle(draft, { id, state: outcome, task, problem }) {
  const mine = draft.pending.get(id)
  if (mine && outcome !== "told") {
    if (mine.edits > 1) draft.pending.set(id, { ...mine, edits: mine.edits - 1 })
    else draft.pending.delete(id)
  }
  const head = task ?? (problem?.current?.id === id ? problem.current : null)
  const item = draft.items.get(id)
  if (head && item && item.revision <= head.revision) draft.items.set(id, { ...item, is_made: true, revision: head.revision, state: head.state, said: head.annotation ?? ownWord(draft, head, mine) })
  if (outcome !== "refused" || !mine || mine.edits > 1) return false
  draft.problems.set(id, whyItStays(problem))
  draft.chosen.add(id)
  return true
}

/** While it wants more opinions an answer has nobody's word; mine is said all the same. */
function ownWord({ me }, head, mine) {
  return head.state === "open" && mine?.word ? { author: me, ...mine.word } : null
}

export function whyItStays({ code, current, detail, title }) {
  const by = current?.annotation?.author
  if (code === "stale_task" && by) return `${by} has decided it meanwhile. Decide it again if you differ.`
  return { not_held: "Somebody else holds it.", task_locked: "It is closed: a lead opens it again." }[code] ?? (detail || title || "It was not taken.")
}
