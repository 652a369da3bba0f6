import assert from "node:assert/strict"
import { test } from "node:test"
import { besideParent, runText } from "../../static/models_admin/variants_state.js"

test("what a form is at, or why there is none", () => {
  assert.equal(runText({ state: "running", doing: "Making INT8" }), "Making INT8")
  assert.equal(runText({ state: "queued", waiting_for: "" }), "Waits for a worker")
  assert.equal(runText({ state: "failed", error: { detail: "No image is complete." } }), "No image is complete.")
})

test("a form beside its parent, slower said as slower", () => {
  const beside = { cpu_ms: { parent: 40, variant: 60 }, findings: 26, kept: 25, added: 2, parent_bytes: 1000, variant_bytes: 508 }
  assert.deepEqual(besideParent(beside).map(([value]) => value), ["60.0 ms", "51 %", "25 of 26", "2"])
  assert.match(besideParent(beside)[0][1], /1.50 times as slow/)
  assert.match(besideParent({ ...beside, cpu_ms: { parent: 38, variant: 25 } })[0][1], /1.52 times as fast/)
  assert.deepEqual(besideParent({ map50_change: -0.0008 }), [])
})
