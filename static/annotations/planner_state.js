/** How far a reviewer gets in their time: what is asked, what the answer says, where its curve runs. No DOM. */
import { countText } from "../shared/formats.js"

export const USUAL = [15, 30, 60]
export const DEFAULT_MINUTES = 30
export const MOST_MINUTES = 480

/** Whole minutes that can be asked for, null of anything else. */
export function minutesOf(text) {
  const minutes = Number(text)
  return Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES ? minutes : null
}

/** @param {{minutes: number, queue: ?string}} asked */
export function pathOf({ minutes, queue }) {
  return `review/plan/?${new URLSearchParams({ minutes, ...(queue && { queue }) })}`
}

/** The way into the sitting: the queue hands out first what saves most. */
export function startOf({ queue }) {
  return `/review/${queue.id}/?first=saving`
}

/** "1.4 s", "45 s", "12 min": nobody plans to the second. */
export function spanText(seconds) {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`
  return seconds < 90 ? `${Math.round(seconds)} s` : `${countText(Math.round(seconds / 60))} min`
}

const nameOf = ({ name, code }) => name || code

/** "Where it saves most", and each queue in which anything waits. */
export function choicesOf(queues) {
  return [{ value: "", text: "Where it saves most" }, ...queues.map((queue) => ({ value: queue.id, text: nameOf(queue) }))]
}

/** A cost in wafers that are rejected for nothing: "3.4", "410". */
export function rejectsText(saved, unit) {
  const rejects = saved / unit
  return rejects < 10 ? String(Math.round(rejects * 10) / 10) : countText(Math.round(rejects))
}

/** What the time comes to, in sentences. @returns {{head: string, saved: string, apart: string}} */
export function sentences({ minutes, unit_per_reject: unit, plan }) {
  const { items, seconds, saved, waiting, audit, checks_seconds: checks, queue } = plan
  const isAll = items === waiting.items && !waiting.is_more
  const of = `${waiting.is_more ? "the next " : ""}${countText(waiting.items)}`
  const head = isAll
    ? `All ${countText(items)} that wait in ${nameOf(queue)}, in about ${spanText(seconds / (1 - checks / (minutes * 60)))}.`
    : `About ${countText(items)} of ${of} that wait in ${nameOf(queue)}, in ${minutes} min.`
  const share = waiting.saved > 0 ? `, ${Math.round((saved / waiting.saved) * 100)} % of what a look at ${waiting.is_more ? `the ${of}` : `all ${of}`} would save` : ""
  const apart = [audit.items && `${countText(audit.items)} of them ${audit.items === 1 ? "is" : "are"} of the random audit (${spanText(audit.seconds)})`, checks > 0 && !isAll && `${spanText(checks)} go to checks of how sure reviewers are`].filter(Boolean)
  return {
    head,
    saved: saved > 0 ? `Expected to save the cost of ${rejectsText(saved, unit)} wafers rejected for nothing${isAll ? "" : share}.` : "Nothing of it is expected to save anything.",
    apart: apart.length ? `${apart.join("; ")}.` : "",
  }
}

/**
 * The curve in a box of so many units.
 * @param {{minutes: number, saved: number}[]} curve
 * @returns {{points: string, at: ?{x: number, y: number}, top: number, last: number}} at: where the time asked for ends; null: after all is done
 */
export function curveOf({ minutes, plan: { curve, saved } }, { width, height }) {
  const last = curve.at(-1).minutes
  const top = Math.max(...curve.map(({ saved }) => saved))
  const place = ({ minutes: minute, saved: cost }) => ({ x: rounded((minute / last) * width), y: rounded(height - (top > 0 ? cost / top : 0) * height) })
  return { points: curve.map(place).map(({ x, y }) => `${x},${y}`).join(" "), at: minutes < last ? place({ minutes, saved }) : null, top, last }
}

function rounded(value) {
  return Math.round(value * 10) / 10
}
