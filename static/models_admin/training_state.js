/** Training runs, as what is to be drawn. No DOM. */
import { countText, plural } from "../shared/formats.js"

const WORDS = { queued: "Waiting", running: "Learning", done: "Done", failed: "Failed", cancelled: "Cancelled" }
const KINDS = { queued: "queued", running: "running", done: "accept", failed: "failed", cancelled: "cancelled" }
/** What is measured and taken in after the last step takes about so long on two cores. */
const AFTERWARDS_S = 90
const LOOK_BACK = 12
const SURE = 0.05
const LOSSES = { total: "All of it", class: "Classes", box: "Boxes", outline: "Outlines" }
const METRICS = { map50_new: "Data set", map50_old: "Drawn scenes" }

/** @returns {{word: string, kind: string, share: ?number, note: string}} share: null where it is not known */
export function stateOf({ state, doing, waiting_for: waitingFor, steps_done: done, steps_total: total, error, is_cancel_asked: isEnding }) {
  const note = { running: isEnding ? "Being cancelled" : doing || "Starting", queued: waitingFor, failed: error?.detail ?? "" }[state] ?? ""
  return { word: isEnding && state === "running" ? "Ending" : WORDS[state] ?? state, kind: KINDS[state] ?? "queued", share: total ? Math.min(1, done / total) : null, note }
}

export const isMoving = ({ state }) => state === "queued" || state === "running"
export const canResume = ({ state }) => state === "failed" || state === "cancelled"

/** Seconds that are left, from how fast the last steps went; null where nobody can say. @param {{step: number, s?: number}[]} losses */
export function leftSeconds({ state, settings, steps_done: done }, losses) {
  const timed = losses.filter(({ s }) => Number.isFinite(s)).slice(-LOOK_BACK)
  if (state !== "running" || timed.length < 2) return null
  // A resumed run counts its seconds anew.
  const from = timed.findLastIndex(({ s }, at) => at > 0 && s < timed[at - 1].s)
  const [first, last] = [timed[Math.max(0, from)], timed.at(-1)]
  if (last.step <= first.step || last.s <= first.s) return null
  const perStep = (last.s - first.s) / (last.step - first.step)
  return Math.max(0, settings.steps - Math.max(done, last.step)) * perStep + AFTERWARDS_S
}

/** "about 4 min left" */
export function leftText(seconds) {
  if (seconds === null) return ""
  if (seconds < 90) return "about a minute left"
  return seconds < 5400 ? `about ${Math.round(seconds / 60)} min left` : `about ${(seconds / 3600).toFixed(1)} h left`
}

/** Curves as plots have them. @param {{loss: object[], metrics: object[]}} curve @param {{id: string}} run */
export function curvesOf(curve, { id }) {
  const series = (points, names) => Object.entries(names).map(([key, name]) => {
    const known = points.filter((point) => Number.isFinite(point[key]))
    return { name, x: known.map(({ step }) => step), y: known.map((point) => point[key]) }
  }).filter(({ x }) => x.length)
  return {
    loss: { title: "Loss", x: "Step", y: "Loss", file: `training-${id}-loss`, series: series(curve.loss, LOSSES) },
    metrics: { title: "mAP50 on pictures it does not learn from", x: "Step", y: "mAP50", top: 1, file: `training-${id}-map50`, series: series(curve.metrics, METRICS) },
  }
}

/** What stands beside one another: [key, title, note] of each set that was measured. */
export function setsOf({ compared } = {}) {
  if (!compared) return []
  const lots = compared.lots?.length ? ` of ${plural(compared.lots.length, "lot")}` : ""
  const found = [
    ["new", "On the data set", compared.on === "test" ? `Pictures${lots} that nothing was learned from.` : `No lot was held out for the test: these pictures${lots} also set the thresholds, so this flatters.`],
    ["old", "On what it knew before", "Drawn scenes, as the shipped model was judged on: this shows whether it forgot."],
  ]
  return found.filter(([key]) => Object.keys(compared[key] ?? {}).length)
}

/** [before, after, words, level] over all classes. */
export function figuresOf(measured) {
  const { before, after, changes } = measured
  // What so few defects say by chance alone is no change.
  const least = Math.max(0.02, 0.7 / Math.sqrt(after.defects || 1))
  const pair = (key, words, isLess = false) => [number(before[key]), number(after[key]), words, levelOf(isLess ? before[key] - after[key] : after[key] - before[key], least)]
  return [
    pair("map50", "mAP50"), [share(before.recall), share(after.recall), "of all defects found", levelOf(...signed(changes.after.all))],
    pair("false_alarms_per_picture", "false alarms a picture", true), pair("ece", "calibration error", true),
  ]
}

/**
 * Before and after per class, the most changed first.
 *
 * @returns {{code: string, defects: number, before: object, after: object, gained: number, lost: number, verdict: string, level: string, precision: [object, object]}[]}
 */
export function classRows({ before, after, changes }) {
  const rows = Object.entries(after.per_class).filter(([, { defects }]) => defects).map(([code, row]) => {
    const { gained, lost, p } = changes.after[code]
    const was = before.per_class[code]
    return { code, defects: row.defects, before: was.recall, after: row.recall, gained, lost, ...verdictOf({ gained, lost, p }), precision: [was.precision, row.precision] }
  })
  return rows.sort((a, b) => b.gained - b.lost - (a.gained - a.lost) || b.defects - a.defects)
}

/** What a change is worth: chance alone would bring it in less than one case of twenty, or not. */
export function verdictOf({ gained, lost, p }) {
  if (gained === lost) return { verdict: gained ? "as before in number" : "as before", level: "same" }
  if (p >= SURE) return { verdict: gained > lost ? "more, may be chance" : "less, may be chance", level: "same" }
  return gained > lost ? { verdict: "better", level: "better" } : { verdict: "worse", level: "worse" }
}

/** "75 % (68 to 81)" */
export function share({ value, low, high }) {
  if (value === null || value === undefined) return "–"
  const percent = (one) => Math.round(one * 100)
  return `${percent(value)} % (${percent(low)} to ${percent(high)})`
}

/** "43 → 46 %" */
export function fromTo(before, after) {
  const percent = ({ value }) => (value === null || value === undefined ? "–" : String(Math.round(value * 100)))
  return `${percent(before)} → ${percent(after)} %`
}

/** "400 steps at 0.0002, half of it what it knew before, seed 0" */
export function settingsText({ steps, rate, replay_share: replay, seed }) {
  return `${countText(steps)} steps at ${rate}, ${Math.round(replay * 100)} % of it what it knew before, seed ${seed}`
}

/** What is wrong with a form: field to words. */
export function formErrors({ dataset, version, steps, rate, replay, seed }, { mostSteps }) {
  const errors = {}
  if (!/^[0-9a-f]{64}$/.test(dataset)) errors.dataset_sha256 = "Choose a data set, or paste the 64 characters of its digest."
  if (version && !/^[0-9]{1,4}(\.[0-9]{1,4}){2}$/.test(version)) errors.version = "Three numbers with dots between them, like 2.4.0."
  if (!(Number.isInteger(steps) && steps >= 1 && steps <= mostSteps)) errors.steps = `A whole number from 1 to ${countText(mostSteps)}.`
  if (!(rate >= 1e-6 && rate <= 1e-2)) errors.rate = "From 0.000001 to 0.01."
  if (!(replay >= 0 && replay <= 90)) errors.replay_share = "From 0 to 90 %."
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)) errors.seed = "A whole number from 0."
  return errors
}

function number(value) {
  return typeof value === "number" ? value.toFixed(3) : "–"
}

function signed({ gained, lost, p }) {
  return [p < SURE ? gained - lost : 0, 0]
}

function levelOf(gain, least) {
  if (!Number.isFinite(gain) || Math.abs(gain) <= least) return "same"
  return gain > 0 ? "better" : "worse"
}
