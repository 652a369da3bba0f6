import assert from "node:assert/strict"
import { test } from "node:test"
import { cellText, levelOf, matrixOf, plotRows, saidOf, stepped, walkOrder } from "../../static/annotations/agreement_state.js"

const estimate = (value, low = value, high = value) => ({ value, low, high })
const pair = (first, second, kappa, more = {}) => ({ first, second, items: 40, differ: 5, agreed: estimate(0.9), kappa, boxes: { items: 30, f1: estimate(0.95, 0.9, 1), mean_iou: 0.8 }, ...more })
const report = { days: 30, items: 60, is_sample: false, overall: { kappa: estimate(0.71, 0.6, 0.8) }, people: [{ username: "a", items: 60 }, { username: "b", items: 50 }, { username: "c", items: 2 }], pairs: [pair("a", "b", estimate(0.5, 0.4, 0.6)), pair("b", "c", estimate(null, null, null))] }

test("what is sure and good stays calm, what is sure and poor does not, and what is unsure says so", () => {
  assert.equal(levelOf(estimate(0.9, 0.8, 0.95)), "good")
  assert.equal(levelOf(estimate(0.7, 0.6, 0.8)), "fair")
  assert.equal(levelOf(estimate(0.5, 0.4, 0.6)), "poor")
  assert.equal(levelOf(estimate(0.5, 0.1, 0.9)), "unsure")
  assert.equal(levelOf({ value: null, low: null, high: null }), "none")
  assert.equal(levelOf({ value: 1, low: null, high: null }), "good")
})

test("classes stand above the diagonal, boxes below, and nothing where two have not seen the same", () => {
  const [a, b, c] = matrixOf(report)
  assert.deepEqual(a.cells.map(({ kind, level }) => [kind, level]), [["self", "none"], ["class", "poor"], ["none", "none"]])
  assert.deepEqual(b.cells.map(({ kind, level }) => [kind, level]), [["boxes", "good"], ["self", "none"], ["class", "unsure"]])
  assert.equal(c.cells[0].kind, "none")
  assert.equal(cellText(a.cells[1]), "a and b: kappa of the class 0.50, 0.40–0.60, 40 items, 5 different")
  assert.match(cellText(a.cells[2]), /have not seen the same/)
})

test("steps lead through pairs, those that agree least first, and stay at the ends", () => {
  const order = walkOrder(report)
  assert.deepEqual(order.map(({ first, second }) => first + second), ["ab", "bc"])
  assert.equal(stepped(order, {}, 1), order[0])
  assert.equal(stepped(order, order[0], 1), order[1])
  assert.equal(stepped(order, { first: "c", second: "b" }, 1), order[1])
  assert.equal(stepped([], {}, 1), null)
})

test("plots have a row for what anything was said of", () => {
  const rows = plotRows([{ class_code: "pit", items: 12, kappa: estimate(0.9, 0.8, 1) }, { class_code: "void", items: 0, kappa: estimate(null, null, null) }], ({ class_code: code }) => code.toUpperCase())
  assert.deepEqual(rows.map(({ label, note, level }) => [label, note, level]), [["PIT", "12", "good"]])
})

test("it is said how much was compared, and that it is a part where it is one", () => {
  assert.equal(saidOf(report), "60 defects of the last 30 days that several of 3 people saw. Together: kappa 0.71 (0.60–0.80).")
  assert.match(saidOf({ ...report, is_sample: true }), /^The newest 60 defects/)
  assert.match(saidOf({ ...report, items: 0 }), /Nothing/)
})
