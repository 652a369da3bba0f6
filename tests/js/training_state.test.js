import assert from "node:assert/strict"
import { test } from "node:test"
import { lineFigure, tableRows } from "../../static/models_admin/curve_state.js"
import { canResume, classRows, curvesOf, figuresOf, formErrors, fromTo, isMoving, leftSeconds, leftText, setsOf, settingsText, share, stateOf, verdictOf } from "../../static/models_admin/training_state.js"

const SETTINGS = { steps: 400, rate: 0.0002, replay_share: 0.5, seed: 3 }
const RUN = { id: "7", state: "running", doing: "Learning", waiting_for: "", steps_done: 100, steps_total: 400, error: null, is_cancel_asked: false, settings: SETTINGS }
const estimate = (value, low, high) => ({ value, low, high, of: 40 })

test("what a run is at is said in words", () => {
  assert.deepEqual(stateOf(RUN), { word: "Learning", kind: "running", share: 0.25, note: "Learning" })
  assert.deepEqual(stateOf({ ...RUN, is_cancel_asked: true }).word, "Ending")
  assert.deepEqual(stateOf({ ...RUN, state: "queued", steps_total: 0, waiting_for: "Its worker stopped" }), { word: "Waiting", kind: "queued", share: null, note: "Its worker stopped" })
  assert.equal(stateOf({ ...RUN, state: "failed", error: { detail: "The disk is full." } }).note, "The disk is full.")
  assert.equal(stateOf({ ...RUN, state: "done" }).note, "")
  assert.deepEqual(["queued", "running", "done", "failed", "cancelled"].map((state) => [isMoving({ state }), canResume({ state })]), [[true, false], [true, false], [false, false], [false, true], [false, true]])
})

test("the time that is left follows the last steps, and a resumed run counts anew", () => {
  const points = [5, 10, 15, 20].map((step) => ({ step: step + 80, s: step }))
  assert.equal(leftSeconds(RUN, points), 300 + 90)
  assert.equal(leftSeconds(RUN, [{ step: 50, s: 900 }, { step: 90, s: 2 }, { step: 100, s: 12 }]), 300 + 90)
  assert.equal(leftSeconds(RUN, points.slice(0, 1)), null)
  assert.equal(leftSeconds({ ...RUN, state: "done" }, points), null)
  assert.deepEqual([null, 40, 390, 7200].map(leftText), ["", "about a minute left", "about 7 min left", "about 2.0 h left"])
})

test("curves hold what was measured, by name, and numbers go with them", () => {
  const { loss, metrics } = curvesOf({ loss: [{ step: 5, total: 2, s: 1 }, { step: 10, total: 1, s: 2 }], metrics: [{ step: 0, map50_new: 0.5 }, { step: 10, map50_new: 0.6, map50_old: 0.9 }] }, RUN)
  assert.deepEqual(loss.series, [{ name: "All of it", x: [5, 10], y: [2, 1] }])
  assert.deepEqual(metrics.series.map(({ name, x }) => [name, x]), [["Data set", [0, 10]], ["Drawn scenes", [10]]])
  assert.deepEqual(tableRows(metrics), { x: "Step", y: "mAP50", categories: ["0", "10"], series: [{ name: "Data set", values: [0.5, 0.6] }, { name: "Drawn scenes", values: [null, 0.9] }] })
  const { data, layout } = lineFigure(metrics, { ink: "#000", "ink-2": "#333" })
  assert.deepEqual(data.map(({ name, line }) => [name, line.dash, line.color]), [["Data set", "solid", "#000"], ["Drawn scenes", "dash", "#333"]])
  assert.deepEqual(layout.yaxis.range, [0, 1])
})

const MEASURED = {
  before: { map50: 0.5, ece: 0.19, false_alarms_per_picture: 0.2, recall: estimate(0.5, 0.4, 0.6), per_class: { pit: { recall: estimate(0.5, 0.3, 0.7), precision: estimate(null) }, crack: { recall: estimate(0.9, 0.8, 1), precision: estimate(0.9, 0.8, 1) }, open: { recall: estimate(null), precision: estimate(null) } } },
  after: { map50: 0.7, ece: 0.05, false_alarms_per_picture: 0.4, pictures: 30, defects: 80, recall: estimate(0.7, 0.6, 0.8), per_class: { pit: { defects: 40, recall: estimate(0.8, 0.6, 0.9), precision: estimate(0.9, 0.8, 1) }, crack: { defects: 40, recall: estimate(0.85, 0.7, 0.9), precision: estimate(0.9, 0.8, 1) }, open: { defects: 0, recall: estimate(null), precision: estimate(null) } } },
  changes: { after: { all: { gained: 14, lost: 4, p: 0.03 }, pit: { gained: 12, lost: 0, p: 0.0005 }, crack: { gained: 2, lost: 4, p: 0.69 }, open: { gained: 0, lost: 0, p: 1 } } },
}

test("before and after per class: the most changed first, and chance is called chance", () => {
  const rows = classRows(MEASURED)
  assert.deepEqual(rows.map(({ code, verdict, level, gained, lost }) => [code, verdict, level, gained, lost]), [["pit", "better", "better", 12, 0], ["crack", "less, may be chance", "same", 2, 4]])
  assert.equal(fromTo(...rows[0].precision), "– → 90 %")
  assert.deepEqual(verdictOf({ gained: 0, lost: 9, p: 0.004 }), { verdict: "worse", level: "worse" })
  assert.deepEqual(verdictOf({ gained: 2, lost: 2, p: 1 }).level, "same")
  assert.equal(share(estimate(0.754, 0.68, 0.81)), "75 % (68 to 81)")
})

test("over all: more false alarms are worse, less calibration error is better", () => {
  assert.deepEqual(figuresOf(MEASURED).map(([, , words, level]) => [words, level]), [["mAP50", "better"], ["of all defects found", "better"], ["false alarms a picture", "worse"], ["calibration error", "better"]])
  const few = { ...MEASURED, after: { ...MEASURED.after, map50: 0.45, defects: 30 } }
  assert.equal(figuresOf(few)[0][3], "same", "so few defects say nothing")
})

test("what was measured on what is said, also where nothing was held out", () => {
  assert.deepEqual(setsOf({}), [])
  const on = (compared) => setsOf({ compared }).map(([key, , note]) => [key, note])
  assert.deepEqual(on({ on: "test", lots: ["L1"], new: MEASURED, old: {} }), [["new", "Pictures of 1 lot that nothing was learned from."]])
  assert.match(on({ on: "validation", lots: [], new: MEASURED, old: MEASURED })[0][1], /flatters/)
})

test("a form says what is wrong with it", () => {
  const good = { dataset: "a".repeat(64), version: "", steps: 400, rate: 0.0002, replay: 50, seed: 0 }
  assert.deepEqual(formErrors(good, { mostSteps: 20000 }), {})
  const bad = formErrors({ dataset: "abc", version: "2.4", steps: 0, rate: 1, replay: 95, seed: -1 }, { mostSteps: 20000 })
  assert.deepEqual(Object.keys(bad), ["dataset_sha256", "version", "steps", "rate", "replay_share", "seed"])
  assert.equal(settingsText(SETTINGS), "400 steps at 0.0002, 50 % of it what it knew before, seed 3")
})
