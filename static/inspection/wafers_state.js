/** The list of wafers between what is shown and what the server says. No DOM. */
import { countText, plural } from "../shared/formats.js"

/** The address's query: filters that are set, and nothing else. */
export function queryOf(entries) {
  return new URLSearchParams([...entries].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value))
}

/**
 * What the server's rows add to those shown. Rows are wafers, newest first; wafers keep their order for ever.
 *
 * @param {string[]} shown ids
 * @param {string[]} fresh ids of the same page as it is now
 * @returns {{newer: number, isMore: boolean}} isMore: at least so many, for the page holds no more
 */
export function arrivals(shown, fresh) {
  const known = new Set(shown)
  const first = fresh.findIndex((id) => known.has(id))
  const newer = first < 0 ? fresh.length : first
  return { newer, isMore: first < 0 && shown.length > 0 && fresh.length > 0 }
}

export function newerText({ newer, isMore }) {
  return `${countText(newer)}${isMore ? " or more" : ""} newer – show`
}

/** What is said above the rows. */
export function statusText({ count, isNewest, hasOlder = false, hasFilters }) {
  if (count === 0) return ""
  const shown = isNewest && hasOlder ? `The newest ${plural(count, "wafer")}` : `${plural(count, "wafer")} ${isNewest ? "shown, newest first" : "on this page"}`
  return `${shown}${hasFilters ? ", filtered" : ""}${hasOlder ? "; there are older ones on the next page" : ""}`
}

/**
 * What went wrong with a question, in words that say what is shown now; null when nothing did.
 *
 * @param {{status: number, ok: boolean, isElsewhere: boolean}} answer status 0: there was none; isElsewhere: we were
 *   sent to another page, which is where people sign in
 */
export function failureText({ status, ok, isElsewhere }) {
  if (isElsewhere) return "You are signed out. Load the page again to sign in."
  if (ok) return null
  const why = status === 0 ? "The server does not answer." : status === 429 ? "The server is asked too often." : status === 503 ? "The server cannot answer right now." : `The server failed (${status}).`
  return `${why} The rows below are from before.`
}
