import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { backOf, configBody, effectTexts, measuredRows, stateWord, stepsOf, warningOf } from "../../static/models_admin/deploy_state.js"

const ALL = { recipe: "", tool: "", product: "" }
const at = (seconds) => new Date(1_790_000_000_000 + seconds * 1000).toISOString()
const taken = (...states) => states.map((state, second) => ({ state, at: at(second * 2) }))
const status = {
  routes: [{ ...ALL, champion: "1.0.0", fallback: null }],
  versions: [{ version: "1.0.0", state: "active" }, { version: "1.1.0", state: "draining" }],
}
const effect = (version, more = {}) => effectTexts({ model: "visual_defects", version: { version, status: "validated" }, place: ALL, slot: "champion", status, ...more })

describe("the steps of a deployment", () => {
  const states = (row) => stepsOf(row).map((step) => step.state)
  test("are done, doing and waiting", () => {
    const row = { state: "warming", steps: taken("publishing", "loading", "warming") }
    assert.deepEqual(states(row), ["done", "done", "doing", "waiting", "waiting"])
    assert.deepEqual(stepsOf(row).map((step) => step.took), ["2.00 s", "2.00 s", "", "", ""])
    assert.equal(stepsOf(row)[2].word, "Warming up")
  })
  test("say where it failed", () => assert.deepEqual(states({ state: "failed", steps: taken("publishing", "loading", "failed") }), ["done", "refused", "waiting", "waiting", "waiting"]))
  test("are all done when it judges, and when it is ready without a place", () => {
    assert.deepEqual(states({ state: "active", steps: taken("publishing", "loading", "warming", "trying", "active") }), Array(5).fill("done"))
    assert.equal(stepsOf({ state: "draining", steps: taken("publishing", "loading", "warming", "trying", "draining") })[4].word, "Ready")
  })
  test("are of the last bringing, and unknown of one that was there before steps were kept", () => {
    const again = [...taken("publishing", "loading", "warming", "trying", "active"), { state: "draining", at: at(90) }]
    assert.equal(stepsOf({ state: "draining", steps: again })[3].took, "2.00 s")
    assert.deepEqual(stepsOf({ state: "active", steps: [] }).map((step) => step.took), ["", "", "", "", ""])
  })
  test("take the second loading where Triton lost the first", () => {
    const row = { state: "warming", steps: [...taken("publishing", "loading", "warming"), { state: "loading", at: at(10) }, { state: "warming", at: at(13) }] }
    assert.equal(stepsOf(row)[1].took, "3.00 s")
  })
})

describe("what a request will do", () => {
  test("names who judges, who goes on meanwhile and who stays warm", () => {
    assert.deepEqual(effect("2.0.0"), [
      "visual_defects 2.0.0 will judge everything.",
      "It is loaded, warmed up and held against its golden images first. Until then 1.0.0 goes on; if it fails, nothing changes.",
      "1.0.0 stays warm for up to 24 h, for a way back in a moment.",
    ])
  })
  test("is at once for what is loaded", () => assert.equal(effect("1.1.0")[1], "It is loaded: it takes its place at once."))
  test("is nothing where it judges already", () => assert.match(effect("1.0.0")[0], /already. Nothing changes/))
  test("tells of a route of its own", () => assert.match(effect("1.1.0", { place: { ...ALL, tool: "EDGE-3" } })[2], /a route of its own/))
  test("says what a fallback is", () => assert.match(effect("1.1.0", { slot: "fallback" })[0], /will stand in for the champion of everything/))
  test("warns of a candidate", () => {
    assert.match(warningOf({ status: "candidate" }), /no validation has passed/)
    assert.equal(effect("2.0.0", { version: { version: "2.0.0", status: "candidate" } }).length, 4)
  })
  test("asks for a version first", () => assert.deepEqual(effect("", { version: null }), ["Choose a version."]))
})

describe("a way back", () => {
  test("is none, in a moment, or after loading", () => {
    assert.equal(backOf({ champion_before: null }), null)
    assert.equal(backOf({ champion_before: { version: "1.0.0", status: "validated", is_warm: true } }).text, "warm: in a moment")
    assert.equal(backOf({ champion_before: { version: "1.0.0", status: "validated", is_warm: false } }).text, "to be loaded first")
  })
  test("is closed to what was rejected since", () => assert.equal(backOf({ champion_before: { version: "1.0.0", status: "rejected", is_warm: true } }).isOpen, false))
  test("is named of what leaves", () => assert.equal(stateWord({ state: "draining", leaves: true }), "Leaves when it has drained"))
})

describe("a configuration", () => {
  const config = { revision: 3, max_batch: 8 }
  const values = { instances: "2", max_queue_delay_us: "0", max_queue_size: "64", preferred_batches: "4, 8", reason: " " }
  test("is numbers with the revision that was seen", () => assert.deepEqual(configBody(values, config).body, { seen_revision: 3, instances: 2, max_queue_delay_us: 0, max_queue_size: 64, preferred_batches: [4, 8] }))
  test("names what cannot be", () => assert.deepEqual(Object.keys(configBody({ ...values, instances: "two", preferred_batches: "9" }, config).errors), ["instances", "preferred_batches"]))
  test("shows its effect beside what was before", () => {
    const speed = { alone_ms: 20, p50_ms: 40, p95_ms: 60, tiles_per_s: 50 }
    const [alone, , , rate] = measuredRows({ before: speed, after: { ...speed, alone_ms: 30, tiles_per_s: 25 } })
    assert.deepEqual([alone.before, alone.after, alone.change], ["20 ms", "30 ms", "+50 %"])
    assert.equal(rate.change, "−50 %")
    assert.deepEqual(measuredRows({}), [])
  })
})
