/** Whose edits wait at this station, and how many: whoever signs in next sends nothing of theirs, and can tell them. No DOM. */
import { plural } from "../shared/formats.js"

const KEY = "waferdeck:waiting"

function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {}
  } catch {
    return {}
  }
}

/** @param {string} owner of a journal: a user name, with `:` and what it is of where that is not decisions */
export function noteWaiting(owner, count) {
  const known = all()
  if ((known[owner] ?? 0) === count) return
  const { [owner]: _, ...others } = known
  try {
    localStorage.setItem(KEY, JSON.stringify(count ? { ...others, [owner]: count } : others))
  } catch {
    // The edits themselves are kept elsewhere.
  }
}

/** What is told whoever is signed in now; empty where nothing of others waits. */
export function othersText(me) {
  const counts = Object.entries(all()).map(([owner, count]) => [owner.split(":")[0], count]).filter(([user]) => user !== me)
  const byUser = counts.reduce((sums, [user, count]) => ({ ...sums, [user]: (sums[user] ?? 0) + count }), {})
  const said = Object.entries(byUser).map(([user, count]) => `${plural(count, "edit")} of ${user}`)
  return said.length ? `${said.join(" and ")} not sent yet. Kept in this browser, and sent when they sign in here.` : ""
}
