/** Reasons that are offered where the record needs one. No DOM. */

const MOST_REASONS = 6
const MOST_KEPT = 3

/** Reasons to choose from: what was given last first, then the usual ones. */
export function reasonsAmong(last, usual) {
  return [...new Set([...last, ...usual])].slice(0, MOST_REASONS)
}

/** What was given last, with one more. */
export function withReason(last, reason) {
  return [reason, ...last.filter((one) => one !== reason)].slice(0, MOST_KEPT)
}
