import assert from "node:assert/strict"
import { test } from "node:test"
import { alphasOf, progressOf, summaryOf } from "../../static/inspection/explanation_state.js"

const DONE = { state: "done", heat: [[0, 0.4], [-0.2, 0.1]], region_px: [100, 50, 20, 10], strength: 0.8 }

test("only places that are worth something are painted, the strongest fully", () => {
  assert.deepEqual(alphasOf(DONE), [0, 255, 0, 64])
  assert.deepEqual(alphasOf({ heat: [[0, -1], [0, 0]] }), [0, 0, 0, 0])
})

test("how far it is, in words", () => {
  assert.deepEqual(progressOf({ state: "running", steps_done: 36, steps_total: 144 }), { words: "Covering one place after the other", share: 0.25, isOver: false })
  assert.equal(progressOf({ state: "queued", waiting_for: "Triton does not answer." }).words, "Waits: Triton does not answer.")
  assert.deepEqual(progressOf({ state: "failed", error: { detail: "The file is gone." } }), { words: "The file is gone.", share: null, isOver: true })
})

test("a summary that does not say more than is known", () => {
  assert.equal(summaryOf(DONE), "Cover the strongest place, and 40 % of the finding is gone.")
  assert.match(summaryOf({ ...DONE, strength: 0.01 }), /No single place/)
})
