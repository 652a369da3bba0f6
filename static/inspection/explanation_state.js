/** Why a model saw a defect, as what is to be said and drawn. No DOM. */

const WORDS = {
  queued: "Waits for a worker", running: "Covering one place after the other", failed: "It could not be found out", cancelled: "It was cancelled",
}

/** @param {?object} explanation as the API gives it @returns {{words: string, share: ?number, isOver: boolean}} */
export function progressOf(explanation) {
  if (!explanation) return { words: "", share: null, isOver: false }
  const { state, steps_done: done, steps_total: total, waiting_for: waitingFor, error } = explanation
  const words = state === "queued" && waitingFor ? `Waits: ${waitingFor}` : state === "failed" && error ? error.detail : WORDS[state] ?? ""
  return { words, share: state === "running" && total ? done / total : null, isOver: !["queued", "running"].includes(state) }
}

/** Where most of it lies: "41 % of the finding hangs on the place that is darkest". */
export function summaryOf({ heat, strength }) {
  const most = Math.max(0, ...heat.flat())
  if (strength === null || strength < 0.05 || most < 0.05) return "No single place explains it: it is the picture as a whole."
  return `Cover the strongest place, and ${Math.round(Math.min(1, most) * 100)} % of the finding is gone.`
}

/** How strongly each place is painted, row by row, 0 to 255: what is worth nothing is left clear, the strongest is full. */
export function alphasOf({ heat }) {
  const most = Math.max(...heat.flat())
  return heat.flat().map((value) => (most > 0 ? Math.round((Math.max(0, value) / most) * 255) : 0))
}
