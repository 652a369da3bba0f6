/** The journal of a page: what it says, when it is asked to go on, and what is asked before the page is left. */
import { setAttribute } from "../shared/dom.js"
import { Problem, postJson } from "../shared/http.js"
import { Journal } from "./journal.js"
import { leavingText, savedWords } from "./journal_state.js"
import { openStore } from "./journal_store.js"

/** @param {{onSaid?: (words: object) => void}} hooks @returns {Promise<Journal>} of the person who is signed in */
export async function pageJournal(user, { onSaid = () => {} } = {}) {
  const name = `waferdeck:journal:${user}`
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel(name) : null
  const send = async (body) => {
    if (!isOurs(user)) throw new Problem({ status: 401 })
    return postJson("review/edits/", { ...body, reviewer: user }, { isParting: true })
  }
  const journal = new Journal(await openStore(user), send, { locks: navigator.locks ?? null, channel, name })
  const say = () => {
    onSaid(savedWords({ pending: journal.pending, state: journal.state, kept: journal.isKept }))
    // Beside a page that holds something one signs in in a tab of its own.
    setAttribute(document.body, "data-holds", journal.pending ? "decisions" : null)
  }
  journal.addEventListener("change", say)
  addEventListener("online", () => journal.kick())
  document.addEventListener("live:resync", () => journal.kick())
  document.addEventListener("waferdeck:signed-in", () => journal.kick())
  addEventListener("beforeunload", (event) => {
    if (leavingText({ pending: journal.pending, kept: journal.isKept, state: journal.state })) event.preventDefault()
  })
  return journal
}

/** Whether nobody else has signed in at this station: what one person has decided is never sent under another's name. */
function isOurs(user) {
  return document.body.dataset.user === user && document.documentElement.dataset.link !== "somebody else"
}
