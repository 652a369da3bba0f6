import assert from "node:assert/strict"
import test from "node:test"
import { fieldOf, limitFrom, measurable, nameFor, rowOf } from "../../static/models_admin/golden_state.js"
import { plotsOf } from "../../static/models_admin/validation_plots.js"
import { besideOf, classRowsOf, confusionOf, differenceOf, flipOf, goldenText, limitsOf, progressOf, standingOf, verdictOf } from "../../static/models_admin/validation_state.js"
import { lineFigure, lineTable } from "../../static/shared/plots_lines.js"

const rate = (value) => ({ value, low: value === null ? null : value - 0.1, high: value === null ? null : value + 0.1 })
const speed = { sequential: { p50_ms: 40, p95_ms: 55.4, p99_ms: 60, images_per_s: 20 }, concurrent: { p50_ms: 90, p95_ms: 120, p99_ms: 130, images_per_s: 30 } }
const oneClass = (name, recall, defects = 4) => ({ class: name, is_known: true, defects, recall: rate(recall), precision: rate(0.9), f1: 0.8, ap50: 0.7, curve: recall === null ? null : Array(101).fill(1) })
const side = { accuracy: rate(0.9), macro_f1: 0.8, map50: 0.7, map50_95: null, missed: 2, renamed: 1, invented: 0, speed, calibration: { ece: 0.04, findings: 3, from: 0.05, bins: [{ count: 3, confidence: 0.8, right: rate(0.7) }, { count: 0, confidence: null, right: rate(null) }] }, per_class: [oneClass("pit", null, 0), oneClass("scratch", 0.9), oneClass("stain", 0.4)], confusion: [[0, 0, 0, 0], [0, 3, 0, 1], [0, 0, 0, 0], [0, 2, 0, 0]] }
const report = { model: "m", version: { version: "2.0.0" }, champion: { version: "1.0.0" }, classes: ["pit", "scratch", "stain"], figures: { version: side, champion: side }, paired: { accuracy: { value: -0.1, low: -0.2, high: -0.02 }, macro_f1: { value: 0.01, low: -0.1, high: 0.2 }, recall: [{ class: "stain", value: 0.3, low: 0.1, high: 0.5 }] } }

test("a verdict names the gates that are not met", () => {
  const gates = { has_passed: false, results: [{ gate: "accuracy", has_passed: false }, { gate: "ece", has_passed: true }, { gate: "recall_drop", has_passed: false }] }
  assert.equal(verdictOf(gates).words, "2 gates of 3 are not met: accuracy, recall kept.")
  assert.equal(verdictOf({ has_passed: true, results: [{}] }).words, "Every one of 1 gate is met.")
})

test("where it stands and how far it is", () => {
  assert.deepEqual(standingOf({ state: "done", has_passed: true }), { word: "Passed", kind: "accept" })
  assert.deepEqual(standingOf({ state: "running", has_passed: null }), { word: "Runs", kind: "running" })
  assert.deepEqual(progressOf({ state: "running", steps_done: 1, steps_total: 4, doing: "2.0.0 judges", waiting_for: "" }), { words: "2.0.0 judges.", share: 0.25 })
  assert.equal(progressOf({ state: "queued", steps_done: 0, steps_total: 0, doing: "", waiting_for: "Triton does not answer" }).words, "Triton does not answer")
})

test("a difference is one only where its interval does not hold nothing", () => {
  assert.equal(differenceOf(null), null)
  assert.deepEqual(differenceOf({ value: -0.1, low: -0.2, high: -0.02 }), { text: "−10.0 points", range: "−20.0 to −2.0", word: "worse", level: "worse" })
  assert.equal(differenceOf({ value: 0.01, low: -0.1, high: 0.2 }).word, "no difference shown")
  assert.equal(differenceOf({ value: 0.3, low: 0.1, high: 0.5 }).level, "better")
  assert.equal(differenceOf({ value: 0.3, low: null, high: null }).level, "same")
})

test("what stands side by side says unknown where nothing is known, and nothing without a champion", () => {
  const rows = Object.fromEntries(besideOf(report).map((one) => [one.name, one]))
  assert.equal(rows["Verdict right"].difference.level, "worse")
  assert.equal(rows["mAP50-95"].version.text, "unknown")
  assert.equal(rows["One image, P95"].version.text, "55 ms")
  assert.equal(besideOf({ ...report, figures: { version: side, champion: null }, paired: null })[0].champion, null)
})

test("the weakest class stands first, one without a defect last", () => {
  assert.deepEqual(classRowsOf(report).map((one) => one.class), ["stain", "scratch", "pit"])
  assert.equal(classRowsOf(report)[0].difference.level, "better")
})

test("confusion leaves out what is not there and tells right from wrong", () => {
  const { names, rows } = confusionOf(report)
  assert.deepEqual(names, ["pit", "scratch", "stain", "Missed"])
  assert.deepEqual(rows.map(({ name }) => name), ["scratch", "Nothing there"])
  assert.deepEqual(rows[0].cells[1], { count: 3, share: 0.75, isRight: true })
})

test("flips and golden sets in words", () => {
  const flip = flipOf({ of: "verdict", is_better: false, defects: 1, version: { hits: 0, renamed: 0, missed: 1, invented: 0 }, champion: { hits: 1, renamed: 0, missed: 0, invented: 2 } })
  assert.deepEqual(flip, { word: "right → wrong", level: "worse", what: "Verdict", there: "1 defect", version: "1 missed", champion: "1 found, 2 false alarms" })
  assert.equal(goldenText({ images: 20, defects: 31, splits: ["test"], left_out: { incomplete: 2 } }), "20 images with 31 defects, part test; left out: 2 with findings that nobody settled")
  assert.deepEqual(rowOf({ images: 20, defects: 31, classes: { pit: 31 }, splits: ["test"], left_out: { no_box: 1 }, retired_at: null }), { images: "20", defects: "31", note: "test of its data set · 1 class · 1 left out", isRetired: false })
})

test("limits are read as they are shown, and an empty field lifts one", () => {
  const share = { name: "accuracy_least", times: 100 }
  assert.equal(fieldOf(0.95, share), "95")
  assert.deepEqual(limitFrom("95", share), { value: 0.95 })
  assert.deepEqual(limitFrom(" ", share), { value: null })
  assert.equal(limitFrom("-1", share).fault, "A number from 0 is wanted.")
  assert.equal(limitFrom("2.5", { isWhole: true }).fault, "A whole number is wanted.")
  assert.equal(limitFrom("", { isNeeded: true }).fault, "A number is needed.")
  assert.deepEqual(limitsOf({ images_least: 10, accuracy_least: 0.95, recall_drop_most: null, recall_drop_defects_least: 10, map50_least: 0.5, ece_most: 0.1, latency_p95_most_ms: 500 })[2], ["Recall of a class", "not held to"])
})

test("what can be measured are candidates first, and names are not taken twice", () => {
  assert.deepEqual(measurable([{ version: "3", status: "validated" }, { version: "2", status: "candidate" }, { version: "1", status: "rejected" }]).map(({ version }) => version), ["2", "3"])
  assert.equal(nameFor({ code: "A" }, ["A", "A-2"]), "A-3")
})

test("plots hold the curves of classes there are, what confidence means, and times of both", () => {
  const [curves, reliability, times] = plotsOf(report, (code) => code)
  assert.deepEqual(curves.lines.map(({ name }) => name), ["scratch", "stain"])
  assert.deepEqual(reliability.lines[1].y, [0.7])
  assert.deepEqual(times.series.map(({ name }) => name), ["2.0.0, one after the other", "2.0.0, four at once", "1.0.0, champion, one after the other", "1.0.0, champion, four at once"])
  const { data } = lineFigure(reliability, {})
  assert.equal(data[0].showlegend, false)
  assert.deepEqual(data[1].error_y.array.map((one) => Math.round(one * 10) / 10), [0.1])
  assert.deepEqual(lineTable(reliability), { head: ["", "Confidence", "Share that is right", "95 % from", "to"], rows: [["Findings", 0.8, 0.7, 0.6, 0.8]] })
})
