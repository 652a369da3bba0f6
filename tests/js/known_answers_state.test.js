import assert from "node:assert/strict"
import { test } from "node:test"
import { actOf, noAnswers, onSheet, unasked, withItems } from "../../static/annotations/known_answers_state.js"

const item = (task, retiredAt = null) => ({ task, retired_at: retiredAt })
const task = (id, more = {}) => ({ id, kind: "detection", state: "accepted", ...more })

test("what the sheet has is asked about once", () => {
  const state = withItems(noAnswers(), ["a"], [])
  assert.deepEqual(unasked(state, ["a", "b"]), ["b"])
  assert.deepEqual(unasked(state, null), [])
})

test("what left the sheet is asked about anew", () => {
  const state = onSheet(withItems(noAnswers(), ["a", "b"], [item("a")]), ["b"])
  assert.deepEqual([unasked(state, ["a", "b"]), state.items.size], [["a"], 0])
})

test("a settled finding can be made a known answer, one in use retired", () => {
  const state = withItems(noAnswers(), ["a", "b", "c"], [item("b"), item("c", "2026-01-01")])
  assert.deepEqual([task("a"), task("b"), task("c")].map((one) => actOf(state, one)), ["make", "retire", "make"])
})

test("nothing can be done with what is not settled, not found by a model, or not asked about yet", () => {
  const state = withItems(noAnswers(), ["a", "b"], [])
  for (const one of [task("a", { state: "decided" }), task("b", { kind: "missed" }), task("z"), null]) assert.equal(actOf(state, one), null)
})

test("what is retired is not in use any more", () => {
  const state = withItems(withItems(noAnswers(), ["a"], [item("a")]), ["a"], [item("a", "2026-01-01")])
  assert.equal(actOf(state, task("a")), "make")
})
