/**
 * Edits that the server did not take: mine beside what stands, what may become of mine, and in which words. Pure. No DOM.
 *
 * A refusal is {seq, edit, problem, at}. `problem.current` is the head of the task that somebody else was first with; a task is
 * its card, as far as it could be had.
 */
import { plural } from "../shared/formats.js"
import { accountName } from "../shared/signs.js"
import { boxOf } from "./canvas/shapes.js"
import { overlapOf, unionOf } from "./opinions_state.js"
import { goto, withTasks } from "./review_state.js"
import { annotationWords, refusalTitle, verdictWords } from "./review_words.js"

const SAME_PLACE_IOU = 0.5
/** States in which nobody changes their word. */
const CLOSED = new Set(["validated", "accepted"])
/** Refusals that the same edit would meet again. */
const LASTING = new Set(["not_found", "not_held", "task_locked", "illegal_transition", "forbidden"])
/** A word about a task, in the place of any I said before. */
const WORDS = new Set(["decide", "split", "merge"])
/** Against these nobody else's word stands. */
const ALONE = new Set(["missed", "bulk"])
const LINKED = new Set(["split", "part", "joined", "merged"])

// The list ------------------------------------------------------------------------------------------------------------

const isOfSame = (one, other) => WORDS.has(one.kind) && WORDS.has(other.kind) && one.task === other.task

/** The newest of a task stands for all that were refused of it. @returns {{all: object[], gone: object[]}} gone: that it stands for */
export function withRefusal(all, refusal) {
  const same = all.filter(({ edit }) => isOfSame(edit, refusal.edit))
  if (same.some(({ seq }) => seq > refusal.seq)) return { all, gone: [refusal] }
  const gone = same.filter(({ seq }) => seq < refusal.seq)
  return { all: [...all.filter((one) => !same.includes(one)), refusal], gone }
}

/** Refusals that a later word of mine about the same task stands for, now that it was taken. */
export function outspoken(all, { seq, edit }) {
  return all.filter((one) => one.seq < seq && isOfSame(one.edit, edit))
}

/** The task that somebody else was first with: of a merge it may be one of the others. */
export function aboutOf({ edit, problem }) {
  return problem.current?.id ?? edit.task
}

const isOfOther = ({ edit, problem }) => edit.kind === "merge" && Boolean(problem.current) && problem.current.id !== edit.task

/** What is known of the task, the newer of both. */
function headOf({ problem }, task) {
  const { current } = problem
  return task && (!current || task.revision >= current.revision) ? task : current ?? null
}

// Both words ----------------------------------------------------------------------------------------------------------

/** What I said: {words, code, comment, at, isDefect, marks: [{box, shape, code}]}; a place of which nothing is drawn has no marks. */
function mineOf({ edit, at }, task, nameOf) {
  const { kind, verdict, comment = "" } = edit
  const code = verdict === "nuisance" || verdict === "complete" || kind === "bulk" ? null : edit.class_code ?? task?.class_code ?? null
  const parts = [edit, ...(edit.parts ?? [])]
  const marks = code ? parts.map((part) => markOf(part, task, code)).filter(({ box }) => box) : []
  const words = {
    bulk: () => `${plural(edit.tasks.length, "finding")} of a wafer: ${verdict === "defect" && !edit.class_code ? "each what the model says" : verdictWords({ verdict, class_code: edit.class_code }, nameOf)}`,
    split: () => `Two defects: ${parts.map((part) => nameOf(part.class_code)).join(" and ")}`,
    merge: () => `${plural(edit.detections.length + 1, "box", "boxes")}, one defect: ${nameOf(code)}`,
    missed: () => `Missed here: ${nameOf(code)}`,
  }[kind]?.() ?? verdictWords({ verdict, class_code: code }, nameOf)
  return { words, code, comment, at, marks }
}

function markOf({ bbox_px: box, shape = null, class_code: own }, task, code) {
  return { box: shape && task ? boxOf(shape, task.image) : box ?? task?.bbox_px ?? null, shape, code: own ?? code }
}

/** The word of somebody else that stands: the one that counts, or the last opinion. */
function theirsOf(refusal, task, { me, nameOf }) {
  const head = headOf(refusal, task)
  const others = (head?.opinions ?? task?.opinions ?? []).filter(({ author }) => author !== me)
  const said = head?.annotation && head.annotation.author !== me ? head.annotation : others.at(-1)
  if (!said) return null
  const isRuling = said.layer === "adjudication"
  const code = said.verdict === "defect" ? said.class_code : null
  return {
    who: accountName(said.author), author: said.author, isRuling, code, comment: said.comment ?? "", at: said.made_at,
    words: verdictWords(said, nameOf), more: others.filter(({ author }) => author !== said.author).length,
    how: isRuling ? "decided between reviewers" : LINKED.has(said.change) ? annotationWords(said, nameOf) : "",
    marks: code ? [markOf(said, task, code)].filter(({ box }) => box) : [],
  }
}

/** Whether both say the same of the same place, as far as boxes tell. */
function isSame(mine, theirs) {
  if (mine.code !== theirs.code || mine.words !== theirs.words) return false
  const [one, other] = [mine.marks[0], theirs.marks[0]]
  return !one || !other || overlapOf(one.box, other.box) >= SAME_PLACE_IOU
}

// What may become of it -------------------------------------------------------------------------------------------------

/**
 * A refusal as it is shown.
 *
 * @param {?object} task the card of what it is about; null while it is not known
 * @param {{me: string, nameOf: (code: string) => string}} how
 * @returns {{title: string, place: string, note: string, mine: object, theirs: ?object, around: ?number[], first: ?{act: "keep"|"tell"|"again", label: string, text: string}, take: {label: string, text: string}}}
 *   first: what may be done for mine; null where nothing can
 */
export function clashOf(refusal, task, { me, nameOf }) {
  const { edit, problem } = refusal
  const mine = mineOf(refusal, task, nameOf)
  const theirs = ALONE.has(edit.kind) ? null : theirsOf(refusal, task, { me, nameOf })
  const state = headOf(refusal, task)?.state
  const isClosed = CLOSED.has(state)
  const boxes = [...mine.marks, ...(theirs?.marks ?? [])].map(({ box }) => box)
  if (task && edit.kind !== "missed") boxes.push(task.bbox_px)
  return {
    mine, theirs,
    title: refusalTitle({ ...problem, isOfOther: isOfOther(refusal), isRuling: theirs?.isRuling, by: theirs?.who }),
    place: task ? [task.lot?.code, task.wafer?.code].filter(Boolean).join(" · ") : "",
    note: noteOf(refusal, { isClosed, state, theirs }),
    around: boxes.length ? unionOf(boxes) : null,
    first: firstOf(refusal, task, { mine, theirs, isClosed, state, me }),
    take: theirs ? { label: "Take theirs", text: "Yours is put away" } : { label: "Put mine away", text: "Nothing is changed" },
  }
}

function noteOf({ edit, problem }, { isClosed, state, theirs }) {
  if (isClosed) return `This is ${state}: nobody changes it any more, unless a lead opens it again.`
  if (problem.code !== "stale_task") return problem.detail || problem.title
  if (theirs?.more) return `${plural(theirs.more, "other", "others")} spoke of it as well; its history has them.`
  return theirs || ALONE.has(edit.kind) ? "" : "What was said of it has been taken back. It waits for a decision."
}

function firstOf(refusal, task, { mine, theirs, isClosed, state, me }) {
  const { edit, problem } = refusal
  if (problem.code === "invalid") return task && { act: "again", label: "Say it anew", text: "Brings it back to the screen" }
  if (edit.kind === "bulk") return { act: "keep", label: "Send mine again", text: "Each that nobody else has decided" }
  if (isClosed || LASTING.has(problem.code)) return tellOf(task, problem, closerOf(task, theirs, me))
  if (isOfOther(refusal)) return withoutOther(refusal, task)
  if (!theirs) return { act: "keep", label: "Send mine again", text: "As it is, for what stands now" }
  if (isSame(mine, theirs)) return { act: "keep", label: "Keep mine too", text: "You say the same: both count" }
  return { act: "keep", label: "Keep mine", text: state === "disputed" ? "A lead decides, and sees yours as well" : "You differ, so a lead decides" }
}

function tellOf(task, { code }, name) {
  return task && code !== "not_found" ? { act: "tell", label: name ? `Tell ${name}` : "Leave a comment", text: "Why it should be looked at again" } : null
}

function withoutOther(refusal, task) {
  if (!task) return null
  return othersLeft(refusal, task).length ? { act: "keep", label: "Merge without it", text: "One box round those that remain" } : { act: "keep", label: "Keep mine by itself", text: "Theirs stays a defect of its own" }
}

function othersLeft({ edit }, task) {
  return edit.detections.filter((id) => id !== task.detection?.id)
}

/** What I said as it is sent again: made upon what stands now. */
export function sentAnew(refusal, task) {
  const { edit, problem } = refusal
  if (isOfOther(refusal)) return withoutTheirs(refusal, task)
  if (edit.seen_revision === undefined) return edit
  const revisions = [edit.seen_revision, ...[problem.current, task].filter((one) => one?.id === edit.task).map(({ revision }) => revision)]
  return { ...edit, seen_revision: Math.max(...revisions) }
}

/** The merge without what somebody else has decided; its box follows from those that remain. */
function withoutTheirs({ edit, problem }, task) {
  const { bbox_px: _, shape: __, detections: ___, ...rest } = edit
  const left = othersLeft({ edit, problem }, task)
  return left.length ? { ...rest, detections: left } : { ...rest, kind: "decide", verdict: "defect" }
}

/** Whom a comment names: who closed it, else who said what stands; "" where nobody is known. */
export function closerOf(task, theirs, me) {
  const by = CLOSED.has(task?.state) ? task.steps?.at(-1)?.author : null
  const name = by ?? theirs?.author ?? ""
  return name === me || name.startsWith("service:") ? "" : name
}

/** What the comment begins with; the rest is the reviewer's. */
export function tellText({ mine, theirs }, task, me) {
  const name = closerOf(task, theirs, me)
  const why = mine.comment ? ` (“${mine.comment}”)` : ""
  const other = theirs ? `, ${theirs.who} ${theirs.words}` : ""
  return `${name ? `@${name} ` : ""}I say ${mine.words}${why}${other}. Please look at it again: `
}

// Words about what was done -----------------------------------------------------------------------------------------------

export function keptWords({ theirs, first }) {
  return `Yours goes out again. ${theirs ? `${first.text}.` : ""}`.trim()
}

export function takenWords({ mine, theirs }) {
  return `Yours is put away: ${mine.words}.${theirs ? ` ${theirs.who}’s stands: ${theirs.words}.` : ""}`
}

/** How many wait for a word, on the badge. */
export function waitText(count) {
  return `${count} to compare`
}

// The sitting -----------------------------------------------------------------------------------------------------------

/** The sitting with a task on the screen again, to say something else of it. */
export function broughtBack(state, task, nowMs) {
  return goto(withTasks(state, { tasks: [task], open: state.open, open_is_more: state.isMore }, { nowMs }), task.id, nowMs)
}

/**
 * The sitting without a word that was put away: it is not mine to undo, nor shown as what I decided. What nobody
 * has decided waits again.
 *
 * @param {object} state of the sitting, as review_state.js has it
 */
export function stoodDown(state, refusal) {
  const { edit, problem } = refusal
  if (edit.kind === "bulk") return state
  if (edit.kind === "missed") {
    const added = new Map(state.added).set(edit.task, (state.added.get(edit.task) ?? []).filter(({ id }) => id !== edit.new_task))
    return { ...state, added, trail: state.trail.filter((one) => one.new_task !== edit.new_task) }
  }
  if (!state.said.has(edit.task)) return state
  const said = new Map(state.said)
  said.delete(edit.task)
  const isOpen = isOfOther(refusal) || problem.current?.state === "open"
  const away = isOpen ? state.away : new Map(state.away).set(edit.task, "taken")
  return { ...state, said, away, trail: state.trail.filter((one) => one.kind !== "decide" || one.task !== edit.task) }
}
