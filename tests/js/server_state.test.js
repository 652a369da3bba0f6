import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { breakerOf, callRow, figuresOf, gpuText, headOf, looked, modelRow, roleOf, stateOf } from "../../static/models_admin/server_state.js"

const at = (seconds) => new Date(1_790_000_000_000 + seconds * 1000).toISOString()
const model = (values = {}) => ({
  triton_name: "m__1_0_0", model: "m", version: "1.0.0", places: [{ recipe: "", tool: "", product: "", slot: "champion" }], ready: true, state: "READY", reason: "",
  instances: 2, max_queue_size: 64, requests: 100, failed: 0, tiles: 400, batches: 100, queue_ms: 1000, compute_ms: 3000, pending: 3, rejected: 0, memory_bytes: 150e6,
  breaker: { state: "closed", open_for_s: 0, reason: "" }, deployment_state: "active", ...values,
})
const server = (seconds, models, more = {}) => ({ at: at(seconds), live: true, version: "2.51.0", answered_in_ms: 3, models, gpus: [], processes: { processes: 3, memory_bytes: 600e6, cpu_s: seconds * 1.5 }, host: { memory_used_bytes: 95, memory_total_bytes: 100 }, ...more })
const twice = looked(looked(null, server(0, [model()])), server(5, [model({ requests: 150, tiles: 650, batches: 150, queue_ms: 1100, compute_ms: 4000 })]))

describe("rates", () => {
  test("are of the time between two looks", () => {
    const row = modelRow(twice, twice.server.models[0])
    assert.deepEqual([row.rate, row.instances, row.batch, row.queue, row.compute], ["10 a second", "2 instances", "5.0", "2.0 ms", "20 ms"])
    assert.deepEqual([row.queueOfAll, row.computeOfAll, row.batchOfAll], ["7.3 ms", "27 ms", "4.3"])
    assert.equal(row.waiting, "3 of 64")
  })
  test("of all of it stand above", () => {
    const figures = figuresOf(twice)
    assert.deepEqual([figures.requests.value, figures.cores.value, figures.waiting.value], ["10", "1.50", "3"])
    assert.equal(figures.host.level, "warn")
  })
  test("are unknown at the first look, after a reload, and without processes to be seen", () => {
    const once = looked(null, server(0, [model()], { processes: null }))
    assert.equal(modelRow(once, once.server.models[0]).rate, "")
    assert.equal(figuresOf(once).memory.value, "unknown")
    const anew = looked(twice, server(10, [model({ requests: 1 })]))
    assert.equal(modelRow(anew, anew.server.models[0]).rate, "")
  })
  test("stay of the look before where the same answer came twice", () => assert.equal(looked(twice, server(5, [model()])).before, twice.before))
})

describe("words", () => {
  test("of a server that is well, away, held back or lacks a model", () => {
    assert.deepEqual(headOf(server(0, [model()])), { state: "ok", text: "Triton 2.51.0 answers in 3.0 ms" })
    assert.equal(headOf(server(0, [], { live: false })).state, "down")
    assert.match(headOf(server(0, [model({ breaker: { state: "open", open_for_s: 4, reason: "" } })])).text, /held back/)
    assert.match(headOf(server(0, [model({ ready: false })])).text, /^Not ready: m 1.0.0/)
  })
  test("of a model: what it is for, and how it is", () => {
    assert.equal(roleOf(model()), "judges everything")
    assert.equal(roleOf(model({ places: [], deployment_state: "draining" })), "warm, for a way back")
    assert.equal(roleOf(model({ model: null })), "not one of ours")
    assert.equal(stateOf(model({ ready: false })).state, "down")
    assert.equal(stateOf(model({ ready: false, places: [], state: "LOADING" })).text, "loading")
    assert.equal(breakerOf(model({ breaker: { state: "open", open_for_s: 4, reason: "timed out" } })).text, "open for 4.00 s: timed out")
  })
  test("of GPUs, where there are any", () => {
    assert.equal(gpuText([]), "")
    assert.match(gpuText([{ uuid: "GPU-123456", utilisation: 0.5, memory_used_bytes: 1e9, memory_total_bytes: 8e9 }]), /50.0 % busy, 1.00 GB of 8.00 GB/)
  })
  test("of a call: what it cost, and what came of it", () => {
    const call = { kind: "load", outcome: "done", took_ms: 1200, memory_before: 100e6, memory_after: 250e6 }
    assert.deepEqual(callRow(call), { kind: "Load", took: "1.20 s", before: "100 MB", after: "250 MB", change: "+150 MB", outcome: "Done", isTrouble: false })
    assert.equal(callRow({ ...call, memory_after: 50e6 }).change, "−50.0 MB")
    assert.deepEqual([callRow({ ...call, outcome: "unknown", memory_before: null }).change, callRow({ ...call, outcome: "unknown" }).outcome], ["", "No answer"])
  })
})
