import assert from "node:assert/strict"
import { test } from "node:test"
import { classRows, figuresOf, graphFacts, isVersion, lineageOf, nextVersions, servesText, statusOf, stepsOf } from "../../static/models_admin/registry_state.js"

test("a version says where it serves", () => {
  assert.equal(servesText({ places: [{ slot: "champion", recipe: "" }, { slot: "fallback", recipe: "R7" }], state: "active" }), "judges everything, stands in for R7")
  assert.equal(servesText({ places: [], state: "warming" }), "being loaded")
  assert.equal(servesText({ places: [], state: "draining" }), "loaded, for a quick way back")
  assert.equal(servesText({ places: [], state: null }), "nowhere")
})

test("the numbers that come next, the smallest step first", () => {
  assert.deepEqual(nextVersions("2.3.9").map(({ version }) => version), ["2.3.10", "2.4.0", "3.0.0"])
  assert.deepEqual(nextVersions(null).map(({ version }) => version), ["1.0.0"])
})

test("a version number has three parts of ASCII digits", () => {
  assert.deepEqual(["2.4.0", "2.4", "2.4.x", "٢.٤.٠", "12345.0.0"].map(isVersion), [true, false, false, false, false])
})

test("what nobody measured is left out, never shown as 0", () => {
  assert.deepEqual(figuresOf({ test: { map50: 0.8812 }, speed: { cpu_ms: 30.19 } }), [["0.881", "mAP50"], ["30 ms", "CPU a tile"]])
  assert.deepEqual(figuresOf(undefined), [])
})

test("the weakest class stands first", () => {
  const rows = classRows({ test: { per_class: { pit: { recall: 0.9 }, edge_chip: { recall: 0.4 } } } })
  assert.deepEqual(rows.map(({ name }) => name), ["edge chip", "pit"])
})

test("what training wrote down, where it did", () => {
  const rows = Object.fromEntries(lineageOf({ training: { dataset: "ab".repeat(32), seed: 0, versions: { torch: "2.1", python: "3" } } }))
  assert.deepEqual(rows, { "Data set": "abababababab…", Seed: "0", "Made with": "torch 2.1" })
  assert.deepEqual(Object.fromEntries(lineageOf({})), { "Data set": "unknown", Seed: "unknown" })
})

test("a file goes through quarantine step by step", () => {
  const states = (state) => stepsOf({ state }).map((step) => step.state)
  assert.deepEqual(states("waiting"), ["done", "doing", "waiting"])
  assert.deepEqual(states("registered"), ["done", "done", "done"])
  assert.deepEqual(states("refused"), ["done", "done", "refused"])
})

test("words of status, and of what a file holds", () => {
  assert.deepEqual(statusOf("rejected"), { word: "Rejected", kind: "failed" })
  assert.deepEqual(graphFacts({ opset: 18, nodes: 1200, producer: "" }), [["Opset", "18"], ["Nodes", "1\u202f200"]])
})
