/** Cheaper forms of a version, in words. No DOM. */
import { countText } from "../shared/formats.js"

/** What a form is at, or why there is none. @param {object} run as the API gives it */
export function runText({ state, doing, waiting_for: waitingFor, error }) {
  if (state === "failed") return error?.detail ?? "It could not be made."
  if (state === "cancelled") return "Cancelled"
  if (state === "running") return doing || "Being made"
  return waitingFor ? `Waits: ${waitingFor}` : "Waits for a worker"
}

/** How a form compares with the version it was made from: [value, words]. @param {?object} beside of `metrics` */
export function besideParent(beside) {
  if (!beside?.cpu_ms) return []
  const { cpu_ms: speed, findings, kept, added, parent_bytes: before, variant_bytes: after } = beside
  const faster = speed.parent / speed.variant
  return [
    [`${speed.variant.toFixed(1)} ms`, `CPU a tile, was ${speed.parent.toFixed(1)} ms: ${faster >= 1 ? `${faster.toFixed(2)} times as fast` : `${(1 / faster).toFixed(2)} times as slow`}`],
    [`${Math.round((after / before) * 100)} %`, "of its parent's size"],
    [`${countText(kept)} of ${countText(findings)}`, "of its parent's findings kept"],
    [countText(added), "findings more than its parent"],
  ]
}
