/** How often the model is wrong, as a page draws it. No DOM. */
import { countText, percentText } from "../shared/formats.js"

/** Beyond so wide an interval a rate is only a hint. */
const TOO_WIDE = 0.3

export function rateLevel({ value, low, high }) {
  if (value === null) return "none"
  return high - low > TOO_WIDE ? "unsure" : "good"
}

/**
 * Rows of an interval plot, those that were seen at all.
 *
 * @param {object[]} parts with a rate under `figure`
 * @param {"missed"|"false_calls"} figure
 * @param {(part: object) => {key: string, label: string, code?: string}} nameOf
 */
export function rateRows(parts, figure, nameOf) {
  return parts
    .filter((part) => part[figure].answers || part[figure].naive !== null)
    .map((part) => ({ ...nameOf(part), estimate: part[figure].audit, beside: part[figure].naive, level: rateLevel(part[figure].audit), note: countText(part[figure].answers) }))
}

/** The figures at a glance. */
export function glance({ overall }) {
  const rate = ({ audit, naive, answers }, label) => ({
    value: audit.value === null ? "–" : percentText(audit.value).replace(" %", ""), unit: "%", label,
    range: audit.low === null ? "" : `${percentText(audit.low)} to ${percentText(audit.high)}, of ${countText(answers)}`,
    beside: naive === null ? "" : `${percentText(naive)} of what was reviewed`,
  })
  return [rate(overall.missed, "of the defects missed"), rate(overall.false_calls, "of the calls false"), rate(overall.alarmed_images, "of clean images called")]
}

export function saidOf({ images, reviewed, days }) {
  const waiting = images.waiting ? ` ${countText(images.waiting)} more wait.` : ""
  return `${countText(images.complete)} images drawn by chance in ${days} days, ${countText(reviewed)} defects reviewed beside.${waiting}`
}

/** How many answers make a rate how sure. */
export function neededWords(needed) {
  const parts = needed.map(({ half_width: width, answers }) => `${countText(answers)} to ± ${Math.round(width * 100)} %`)
  return `So many audited defects tell a rate of 10 %: ${parts.join(", ")}.`
}

/** A scale that holds all that is drawn, in steps that are read easily. */
export function scaleOf(rows) {
  const highest = Math.max(0, ...rows.flatMap(({ estimate, beside }) => [estimate.high ?? estimate.value ?? 0, beside ?? 0]))
  const to = [0.1, 0.2, 0.3, 0.4, 0.6, 0.8].find((one) => highest <= one) ?? 1
  return { from: 0, to, marks: [0, to / 2, to] }
}
