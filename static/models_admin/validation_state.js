/** A validation and its report, as what is to be drawn. No DOM. */
import { countText, plural } from "../shared/formats.js"

export const GATES = { images: "Images", accuracy: "Accuracy", recall_drop: "Recall kept", map50: "mAP50", ece: "Calibration", latency: "Latency" }
const LEFT_OUT = { incomplete: "with findings that nobody settled", no_box: "with a defect marked without a box" }
const STATES = { queued: "Waits", running: "Runs", failed: "Failed", cancelled: "Cancelled" }

/** A word for where a validation stands, and how it looks. @returns {{word: string, kind: string}} */
export function standingOf({ state, has_passed: hasPassed }) {
  if (state === "done") return hasPassed ? { word: "Passed", kind: "accept" } : { word: "Not passed", kind: "review" }
  return { word: STATES[state], kind: state }
}

/** How far it is. @returns {{words: string, share: ?number}} share: null while nobody knows */
export function progressOf({ state, steps_done: done, steps_total: total, doing, waiting_for: waiting, is_cancel_asked: isEnding }) {
  if (isEnding) return { words: "It stops at the next image.", share: total ? done / total : null }
  if (state === "queued") return { words: waiting || "A worker takes it in a moment.", share: total ? done / total : null }
  return { words: doing ? `${doing}.` : "It is being prepared.", share: total ? done / total : null }
}

/** What the verdict comes to. @param {object} gates of a report */
export function verdictOf({ has_passed: hasPassed, results }) {
  const failed = results.filter((one) => !one.has_passed)
  if (hasPassed) return { word: "Passed", kind: "accept", words: `Every one of ${plural(results.length, "gate")} is met.` }
  const named = failed.map(({ gate }) => GATES[gate].toLowerCase())
  return { word: "Not passed", kind: "review", words: `${plural(failed.length, "gate")} of ${results.length} ${failed.length === 1 ? "is" : "are"} not met: ${named.join(", ")}.` }
}

export const numberText = (value, digits = 3) => (value === null || value === undefined ? "unknown" : value.toFixed(digits))
export const shareText = (value) => (value === null || value === undefined ? "unknown" : `${(value * 100).toFixed(1)} %`)
const msText = (value) => `${Math.round(value)} ms`
function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits)
  return Number(text) === 0 ? text : `${value > 0 ? "+" : "−"}${text}`
}

/** An estimate with its interval. @returns {{text: string, range: string}} */
export function estimateOf({ value, low, high }, text = shareText) {
  return { text: text(value), range: value === null || low === null ? "" : `${text(low)} to ${text(high)}` }
}

/** A difference on the same images, and whether it is one. @returns {?{text: string, range: string, word: string, level: string}} */
export function differenceOf(estimate) {
  if (!estimate || estimate.value === null) return null
  const { value, low, high } = estimate
  const points = (one) => `${signed(one * 100, 1)} points`
  const range = low === null ? "" : `${signed(low * 100, 1)} to ${signed(high * 100, 1)}`
  if (low !== null && low > 0) return { text: points(value), range, word: "better", level: "better" }
  if (high !== null && high < 0) return { text: points(value), range, word: "worse", level: "worse" }
  return { text: points(value), range: low === 0 && high === 0 ? "" : range, word: low === 0 && high === 0 ? "the same on every image" : "no difference shown", level: "same" }
}

/** The figures side by side. @returns {{name: string, hint: string, version: object, champion: ?object, difference: ?object}[]} */
export function besideOf({ figures: { version, champion }, paired }) {
  const row = (name, read, difference = null, hint = "") => ({ name, hint, version: read(version), champion: champion && read(champion), difference })
  const plain = (text) => ({ text, range: "" })
  return [
    row("Verdict right", (one) => estimateOf(one.accuracy), differenceOf(paired?.accuracy), "Images called defective when they are, clean when they are"),
    row("Macro-F1", (one) => plain(numberText(one.macro_f1)), differenceOf(paired?.macro_f1), "Mean over the classes"),
    row("mAP50", (one) => plain(numberText(one.map50))),
    row("mAP50-95", (one) => plain(numberText(one.map50_95))),
    row("Calibration error", (one) => plain(numberText(one.calibration.ece)), null, "ECE: how far confidence is from what is right"),
    row("Missed", (one) => plain(countText(one.missed)), null, "Defects not found at all"),
    row("Under another name", (one) => plain(countText(one.renamed))),
    row("False alarms", (one) => plain(countText(one.invented))),
    row("One image, P95", (one) => plain(msText(one.speed.sequential.p95_ms)), null, "From the file to the findings"),
    row("Four at once, P95", (one) => plain(msText(one.speed.concurrent.p95_ms))),
    row("Images per second", (one) => plain(`${one.speed.sequential.images_per_s.toFixed(1)} · ${one.speed.concurrent.images_per_s.toFixed(1)}`), null, "One after the other · four at once"),
  ]
}

/** The classes, the weakest first; those without a defect last. */
export function classRowsOf({ figures: { version }, paired }) {
  const drops = Object.fromEntries((paired?.recall ?? []).map((one) => [one.class, one]))
  const order = (one) => (one.recall.value === null ? 2 : one.recall.value)
  return version.per_class.toSorted((a, b) => order(a) - order(b)).map((one) => ({ ...one, difference: differenceOf(drops[one.class]) }))
}

/** What the version was asked about and what it found, as a table to shade. @returns {{names: string[], rows: {name: string, cells: {count: number, share: number, isRight: boolean}[]}[]}} */
export function confusionOf({ classes, figures }, side = "version", nameOf = (code) => code) {
  const table = figures[side].confusion
  return {
    names: [...classes.map(nameOf), "Missed"],
    rows: table.map((cells, at) => {
      const sum = cells.reduce((all, one) => all + one, 0)
      return { name: at < classes.length ? nameOf(classes[at]) : "Nothing there", sum, cells: cells.map((count, to) => ({ count, share: sum ? count / sum : 0, isRight: at === to && at < classes.length })) }
    }).filter(({ sum }) => sum > 0),
  }
}

/** What flipped, in words. */
export function flipOf({ of, is_better: isBetter, defects, version, champion }) {
  const side = ({ hits, renamed, missed, invented }) => [hits && `${hits} found`, renamed && `${renamed} under another name`, missed && `${missed} missed`, invented && `${plural(invented, "false alarm")}`].filter(Boolean).join(", ") || "nothing called"
  return { word: isBetter ? "wrong → right" : "right → wrong", level: isBetter ? "better" : "worse", what: of === "verdict" ? "Verdict" : "Findings", there: defects ? plural(defects, "defect") : "clean", version: side(version), champion: side(champion) }
}

export function flipsText({ flips, flip_count: count, only_version: mine, only_champion: theirs, p_value: p }) {
  if (!count) return "Both did the same on every image."
  const shown = flips.length < count ? ` The first ${flips.length} of ${countText(count)} stand here.` : ""
  return `The verdict is right only of this version on ${countText(mine)}, only of the champion on ${countText(theirs)} (chance alone would do that with p = ${numberText(p, 2)}).${shown}`
}

/** Which images count. */
export function goldenText({ images, defects, splits, left_out: leftOut }) {
  const gone = Object.entries(leftOut).map(([reason, count]) => `${countText(count)} ${LEFT_OUT[reason] ?? reason}`)
  return `${plural(images, "image")} with ${plural(defects, "defect")}, ${splits.length > 1 ? "parts" : "part"} ${splits.join(", ")}${gone.length ? `; left out: ${gone.join(", ")}` : ""}`
}

/** Limits in words, in a fixed order. @returns {[string, string][]} */
export function limitsOf(limits) {
  const at = (value, words) => (value === null ? "not held to" : words(value))
  return [
    ["Images", at(limits.images_least, (value) => `at least ${countText(value)}`)],
    ["Accuracy", at(limits.accuracy_least, (value) => `at least ${shareText(value)}`)],
    ["Recall of a class", at(limits.recall_drop_most, (value) => `at most ${shareText(value)} below the champion, from ${plural(limits.recall_drop_defects_least, "defect")} on`)],
    ["mAP50", at(limits.map50_least, (value) => `at least ${numberText(value)}`)],
    ["Calibration error", at(limits.ece_most, (value) => `at most ${numberText(value)}`)],
    ["Latency, P95", at(limits.latency_p95_most_ms, (value) => `at most ${msText(value)}`)],
  ]
}

