/** What names me, and what I have a part in and is open: rows of the page of mentions, and the words of the title bar. Pure. No DOM. */
import { placeAddress } from "./talk_state.js"

/** The server counts so far. */
const MOST = 100

/** @returns {{text: string, title: string}} text: empty where there is nothing to say */
export function mentionWords(unread) {
  if (!unread) return { text: "", title: "Comments that name you: all read" }
  const text = unread >= MOST ? `${MOST}+` : String(unread)
  return { text, title: `${text} ${unread === 1 ? "comment names" : "comments name"} you and ${unread === 1 ? "is" : "are"} not read` }
}

/** A mention as a row: the comment that names me, where it leads, and whether it is read. */
export function rowOfMention({ id, comment, is_read: isRead, made_at: at, thread }) {
  const said = thread.comments.find((one) => one.id === comment)
  return { id, thread, at, isRead, author: said?.author ?? thread.author, text: said?.text ?? "", state: thread.state, address: placeAddress(thread) }
}

/** A thread as a row: what was said last. */
export function rowOfThread(thread) {
  const last = thread.comments.findLast(({ kind }) => kind === "said") ?? thread.comments.at(-1)
  return { id: thread.id, thread, at: last?.made_at ?? thread.started_at, isRead: !thread.is_unread, author: last?.author ?? thread.author, text: last?.text ?? "", state: thread.state, address: placeAddress(thread) }
}

/** More rows after those that are there, each once, newest first. */
export function withRows(rows, more) {
  const known = new Set(rows.map(({ id }) => id))
  return [...rows, ...more.filter(({ id }) => !known.has(id))].sort((one, other) => (one.at < other.at ? 1 : -1))
}
