/**
 * What is said about places of an image: threads as the server has them, what this browser has said and nobody has answered
 * yet, and what is being written. Pure. No DOM.
 *
 * A thread is as `review/threads/` shows it. `pending` are {seq, edit} of the journal; `draft` is {image, task, place_px} of a
 * thread that is being begun.
 */

const PIN_PX = 22
/** Beside the place, never over it, and below the name of its class. */
const AWAY_PX = 20
const DOWN_PX = 6
const APART_PX = 26
const EDGE_PX = 14
const NAMED = /(^|[^\w@.+-])@([\w.+-]*)$/

export function emptyTalk() {
  return { threads: new Map(), pending: [], refused: [], openId: null, draft: null, isShown: true }
}

/** All that the server has of an image, in the place of what was known of it. */
export function withThreads(state, imageId, list) {
  const threads = new Map([...state.threads].filter(([, thread]) => thread.image.id !== imageId))
  for (const thread of list) threads.set(thread.id, thread)
  return { ...state, threads }
}

/** One thread, unless a newer one of it is known. */
export function withThread(state, thread) {
  const known = state.threads.get(thread.id)
  if (known && known.revision > thread.revision) return state
  return { ...state, threads: new Map(state.threads).set(thread.id, thread) }
}

/** An edit that was laid down and waits for its answer. */
export function withPending(state, entry) {
  return { ...state, pending: [...state.pending.filter(({ seq }) => seq !== entry.seq), entry] }
}

/** What became of an edit. */
export function answered(state, { entry: { seq, edit }, ack }) {
  const pending = state.pending.filter((one) => one.seq !== seq)
  if (ack.state === "done") return withThread({ ...state, pending }, ack.thread)
  return { ...state, pending, refused: [...state.refused.filter((one) => one.seq !== seq), { seq, edit, problem: ack.problem }] }
}

export function withoutRefusal(state, seq) {
  return { ...state, refused: state.refused.filter((one) => one.seq !== seq) }
}

/**
 * The threads of an image, the first begun first, with what is not answered yet in them; each with the number of its pin.
 *
 * @param {{me: string, image: object}} of
 */
export function threadsOn(state, { me, image }) {
  const known = [...state.threads.values()].filter((thread) => thread.image.id === image.id)
  const begun = state.pending.filter(({ edit }) => edit.kind === "start" && edit.image === image.id && !state.threads.has(edit.thread)).map(({ edit }) => begunBy(me, edit, image))
  return [...known, ...begun].sort((one, other) => (one.started_at < other.started_at ? -1 : 1))
    .map((thread, at) => ({ ...withUnanswered(thread, state.pending, me), pin: at + 1 }))
}

/** When something was said: its id begins with the time. */
const saidAt = ({ at, comment }) => at ?? new Date(parseInt(comment.replaceAll("-", "").slice(0, 12), 16)).toISOString()

function begunBy(me, edit, image) {
  return { id: edit.thread, image, task: edit.task ?? null, place_px: edit.place_px, state: "open", revision: 0, author: me, started_at: saidAt(edit), is_unread: false, comments: [] }
}

function withUnanswered(thread, pending, me) {
  const mine = pending.filter(({ edit }) => edit.thread === thread.id)
  const said = mine.filter(({ edit }) => edit.kind === "start" || edit.kind === "reply").filter(({ edit }) => !thread.comments.some(({ id }) => id === edit.comment))
    .map(({ edit }) => ({ id: edit.comment, kind: "said", author: me, text: edit.text, mentions: [], made_at: saidAt(edit), until: null, isPending: true }))
  const gone = new Set(mine.filter(({ edit }) => edit.kind === "take_back").map(({ edit }) => edit.comment))
  const comments = [...thread.comments, ...said].map((one) => (gone.has(one.id) ? { ...one, kind: "taken_back", text: "", until: null } : one))
  const settled = mine.findLast(({ edit }) => edit.kind === "resolve" || edit.kind === "reopen")
  return { ...thread, comments, state: settled ? { resolve: "resolved", reopen: "open" }[settled.edit.kind] : thread.state }
}

/** The pins that are drawn: open threads, and the one that is read. */
export function pinned(threads, openId) {
  return threads.filter(({ id, state }) => state === "open" || id === openId)
}

/**
 * Where pins are on the screen: to the right of the upper corner of their place, side by side where places are the same, and
 * within sight as long as the place is.
 *
 * @param {{id: string, place_px: number[]}[]} threads
 * @param {{x: number, y: number, scale: number}} at where the image is, as the zoom says it
 * @param {[number, number]} size of what is seen, in px of the screen
 * @returns {{id: string, x: number, y: number, isSeen: boolean, box: number[]}[]} x, y: the middle of the mark
 */
export function pinPlaces(threads, at, [width, height]) {
  const taken = []
  return threads.map(({ id, place_px: [x, y, w, h] }) => {
    const box = [at.x + x * at.scale, at.y + y * at.scale, w * at.scale, h * at.scale]
    const isSeen = box[0] < width && box[1] < height && box[0] + box[2] > 0 && box[1] + box[3] > 0 || (w === 0 && inside(box, width, height))
    let left = clamp(box[0] + box[2] + AWAY_PX, EDGE_PX, width - EDGE_PX)
    const top = clamp(box[1] + DOWN_PX, EDGE_PX, height - EDGE_PX)
    while (taken.some(([otherX, otherY]) => Math.abs(otherX - left) < PIN_PX && Math.abs(otherY - top) < PIN_PX)) left += APART_PX
    if (isSeen) taken.push([left, top])
    return { id, x: left, y: top, isSeen, box }
  })
}

const clamp = (value, least, most) => Math.max(least, Math.min(value, Math.max(least, most)))
const inside = ([x, y], width, height) => x >= 0 && y >= 0 && x <= width && y <= height

/** The side on which words hide less of a place: the one away from its middle. */
export function sideFor(box, width) {
  return box[0] + box[2] / 2 > width / 2 ? "left" : "right"
}

/** A place that somebody has drawn, within the image; less than a few pixels of the screen is a point. */
export function placeOf([fromX, fromY], [toX, toY], { widthPx, heightPx, leastPx }) {
  const [left, right] = [fromX, toX].sort((a, b) => a - b).map((x) => clamp(x, 0, widthPx))
  const [top, bottom] = [fromY, toY].sort((a, b) => a - b).map((y) => clamp(y, 0, heightPx))
  const isPoint = right - left < leastPx && bottom - top < leastPx
  return isPoint ? [clamp(toX, 0, widthPx), clamp(toY, 0, heightPx), 0, 0].map(rounded) : [left, top, right - left, bottom - top].map(rounded)
}

/** A place moved by so much, kept on the image. */
export function movedPlace([x, y, w, h], [right, down], { widthPx, heightPx }) {
  return [clamp(x + right, 0, widthPx - w), clamp(y + down, 0, heightPx - h), w, h].map(rounded)
}

const rounded = (px) => Math.round(px * 100) / 100

// Naming --------------------------------------------------------------------------------------------------------------

/** The name that is being written before the caret: {from, part}; null where none is. */
export function nameAt(text, caret) {
  const found = NAMED.exec(text.slice(0, caret))
  return found ? { from: caret - found[2].length - 1, part: found[2] } : null
}

/** People whose names begin like that, or have a part that does; at most so many. */
export function peopleFor(people, part, most = 6) {
  const wanted = part.toLowerCase()
  const begins = (one) => one.username.toLowerCase().startsWith(wanted)
  const fits = (one) => begins(one) || one.full_name.toLowerCase().split(/\s+/).some((word) => word.startsWith(wanted))
  return people.filter(fits).sort((one, other) => Number(begins(other)) - Number(begins(one))).slice(0, most)
}

/** The text with the name written out, and where the caret is then. */
export function completed(text, caret, username) {
  const { from } = nameAt(text, caret)
  const before = `${text.slice(0, from)}@${username} `
  return { text: before + text.slice(caret).replace(/^ /, ""), caret: before.length }
}

/** A comment as it is shown: [{text, isName}], names those that the server knows, or all while it has not answered. */
export function partsOf({ text, mentions, isPending }) {
  const parts = text.split(/(@[\w.+-]*\w)/)
  return parts.filter(Boolean).map((part) => ({ text: part, isName: part.startsWith("@") && (isPending || mentions.includes(part.slice(1))) }))
}

/** Names in a text that nobody has who may see the image: said before it is sent. */
export function unknownNames(text, people) {
  const named = [...text.matchAll(/(?<![\w@.+-])@([\w.+-]*\w)/g)].map(([, name]) => name)
  return [...new Set(named)].filter((name) => !people.some(({ username }) => username === name))
}

// Words ---------------------------------------------------------------------------------------------------------------

export const ENTRY_WORDS = { resolved: "resolved this", reopened: "opened this again", taken_back: "took a comment back" }

/** Whether its author may still take it back. */
export function mayTakeBack(comment, me, nowMs) {
  return comment.kind === "said" && comment.author === me && Boolean(comment.until) && Date.parse(comment.until) > nowMs
}

/** The address of a place: the wafer page, with the image seen there and the words open. */
export function placeAddress({ id, image, wafer, run }) {
  const query = new URLSearchParams({ ...(run && { run }), image: image.id, thread: id })
  return `/wafers/${wafer.id}/?${query}`
}
