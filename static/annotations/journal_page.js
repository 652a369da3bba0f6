/** The journal of a page: what it says, when it is asked to go on, and what is asked before the page is left. */
import { setAttribute } from "../shared/dom.js"
import { Problem, postJson } from "../shared/http.js"
import { Journal } from "./journal.js"
import { leavingText, savedWords } from "./journal_state.js"
import { openStore } from "./journal_store.js"
import { noteWaiting } from "./waiting_work.js"

/** What of this page is on its way: from whichever of its journals. */
const held = new Set()

/**
 * @param {{onSaid?: (words: object) => void, path?: string, name?: string, what?: string}} how path: where edits go; name: of a
 *   journal beside that of decisions; what: its edits are, in a word
 * @returns {Promise<Journal>} of the person who is signed in
 */
export async function pageJournal(user, { onSaid = () => {}, path = "review/edits/", name: suffix = "", what = "decisions" } = {}) {
  const owner = suffix ? `${user}:${suffix}` : user
  const name = `waferdeck:journal:${owner}`
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel(name) : null
  const send = async (body) => {
    if (!isOurs(user)) throw new Problem({ status: 401 })
    return postJson(path, { ...body, reviewer: user }, { isParting: true })
  }
  const journal = new Journal(await openStore(owner), send, { locks: navigator.locks ?? null, channel, name })
  const say = () => {
    onSaid(savedWords({ pending: journal.pending, state: journal.state, kept: journal.isKept }))
    // What is just being sent is no news for whoever comes next.
    if (!journal.pending || journal.state !== "sending") noteWaiting(owner, journal.isKept ? journal.pending : 0)
    // Beside a page that holds something one signs in in a tab of its own.
    held[journal.pending ? "add" : "delete"](what)
    setAttribute(document.body, "data-holds", [...held].join(" and ") || null)
  }
  journal.addEventListener("change", say)
  addEventListener("online", () => journal.kick())
  document.addEventListener("live:resync", () => journal.kick())
  document.addEventListener("waferdeck:signed-in", () => journal.kick())
  addEventListener("beforeunload", (event) => {
    if (leavingText({ pending: journal.pending, laying: journal.laying, kept: journal.isKept, state: journal.state })) event.preventDefault()
  })
  return journal
}

/** Whether nobody else has signed in at this station: what one person has decided is never sent under another's name. */
function isOurs(user) {
  return document.body.dataset.user === user && document.documentElement.dataset.link !== "somebody else"
}
