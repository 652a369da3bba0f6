import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as health from "../../static/inspection/health_state.js"

const AT = Date.parse("2026-11-21T12:00:00Z")
const ok = { state: "ok", banner: null, components: [] }
const known = health.answered(health.nothingKnown(), ok, AT)
const unreachable = { message: "The server does not answer.", requestId: "" }

describe("the title", () => {
  test("before any answer claims nothing", () => assert.equal(health.headline(health.nothingKnown(), AT).state, "unknown"))
  test("says that everything works while that is known", () => assert.equal(health.headline(known, AT + 3000).title, "Everything works"))
  test("says what the server says of trouble", () => assert.equal(health.headline(health.answered(known, { ...ok, state: "degraded", banner: "B" }, AT), AT).text, "B"))
  test("never says that everything works while work is held back", () => assert.equal(health.headline(health.answered(known, { ...ok, state: "degraded", banner: "B" }, AT), AT).title, "Some of it does not work"))
  test("is unknown once the server cannot be asked, with since when and how old", () => {
    const head = health.headline(health.failed(known, unreachable, AT + 5000), AT + 34_000)
    assert.equal(head.state, "unknown")
    assert.match(head.title, /^The state is unknown since \d\d:\d\d:\d\d$/)
    assert.ok(!head.title.includes("works"))
    assert.equal(head.age, "34 s old")
  })
  test("is unknown when the last answer is old, even without a failure", () => assert.equal(health.headline(known, AT + health.STALE_MS + 1).state, "unknown"))
  test("counts from the last answer, however often a question failed", () => {
    const twice = health.failed(health.failed(known, unreachable, AT + 5000), unreachable, AT + 9000)
    assert.equal(health.headline(twice, AT + 60_000).age, "1 min old")
  })
  test("has no age when nothing was ever known", () => {
    const head = health.headline(health.failed(health.nothingKnown(), unreachable, AT), AT + 9000)
    assert.deepEqual([head.state, head.age], ["unknown", ""])
  })
  test("hands on the request's id", () => assert.equal(health.headline(health.failed(known, { message: "Broke.", requestId: "r-1" }, AT), AT).requestId, "r-1"))
  test("is itself again after the next answer", () => assert.equal(health.headline(health.answered(health.failed(known, unreachable, AT), ok, AT + 9000), AT + 9000).title, "Everything works"))
})

describe("what trouble means", () => {
  test("is said of every part that is down or degraded, of no other", () => {
    const parts = [["postgres", "ok"], ["redis", "down"], ["worker", "degraded"], ["model", "unknown"]].map(([name, state]) => ({ name, state }))
    const rows = health.effects(parts)
    assert.deepEqual(rows.map(({ name }) => name), ["redis", "worker"])
    for (const { works, waits } of rows) assert.ok(works && waits)
  })
})

describe("times of a model", () => {
  test("are means per request, not totals", () => assert.deepEqual(health.modelFigures({ requests: 40, inferences: 120, queue_ms: 80, compute_ms: 4000, pending: 3, rejected: 0 }), { requests: "40", tiles: "120", queue: "2.0 ms", compute: "100 ms", pending: "3", rejected: "0" }))
  test("and its queue are unknown where Triton's metrics cannot be read", () => assert.equal(health.modelFigures({ requests: 0, inferences: 0, queue_ms: 0, compute_ms: 0, pending: null, rejected: null }).pending, "unknown"))
  test("are a dash before the first request", () => assert.equal(health.modelFigures({ requests: 0, inferences: 0, queue_ms: 0, compute_ms: 0 }).queue, "–"))
  test("are not made up from a missing count", () => assert.equal(health.perRequest(10, undefined), null))
})

describe("GPUs", () => {
  test("say how busy and how full they are", () => assert.deepEqual(health.gpuTexts([{ utilisation: 0.43, memory_used_bytes: 2.1e9, memory_total_bytes: 80e9 }]), ["GPU 0: load 43.0 %, memory 2.10 GB of 80.0 GB"]))
  test("say what is not known of them", () => assert.deepEqual(health.gpuTexts([{ utilisation: null }]), ["GPU 0: load unknown, memory unknown of unknown"]))
  test("are none where there are none", () => assert.deepEqual(health.gpuTexts(undefined), []))
})

describe("the breaker", () => {
  const open = { state: "open", opened_at: "2026-11-21T11:59:00Z", failures: 7, reason: "no answer within 2 s", probe_in_s: 4.2 }
  test("counts down to its next try", () => {
    assert.equal(health.breakerFacts(open, { at: AT, now: AT }).next, "in 5 s")
    assert.equal(health.breakerFacts(open, { at: AT, now: AT + 3000 }).next, "in 2 s")
    assert.equal(health.breakerFacts(open, { at: AT, now: AT + 6000 }).next, "now due")
  })
  test("keeps reason and failures apart", () => {
    const facts = health.breakerFacts(open, { at: AT, now: AT })
    assert.deepEqual([facts.reason, facts.failures, facts.since], ["no answer within 2 s", "7", open.opened_at])
  })
  test("has neither reason nor next try while closed", () => {
    const facts = health.breakerFacts({ state: "closed", failures: 0, reason: "", probe_in_s: null }, { at: AT, now: AT })
    assert.deepEqual([facts.state, facts.reason, facts.next, facts.since], ["ok", "–", "–", null])
  })
  test("is unknown where there is none", () => assert.equal(health.breakerFacts({ state: "unknown", failures: null }, { at: AT, now: AT }).failures, "unknown"))
})

describe("figures", () => {
  test("of the cache show the ratio with its count", () => assert.deepEqual(health.cacheFigure({ hits: 3, misses: 21 }), { value: "12.5 %", label: "from the cache: 3 hits, 21 misses" }))
  test("of a cache that was not asked claim no ratio", () => assert.equal(health.cacheFigure({ hits: 0, misses: 0 }).value, "–"))
  test("that are unknown are not zero", () => {
    assert.equal(health.cacheFigure({ hits: null, misses: null }).value, "unknown")
    assert.equal(health.queueFigures(null).queued, "unknown")
  })
  test("of an empty queue have no oldest", () => assert.equal(health.queueFigures({ queued: 0, running: 0, oldest_queued_s: null, failed_24h: 0 }).oldest, "none"))
})

describe("no model in the list", () => {
  test("while Triton is away nobody knows", () => assert.match(health.noModelsText([{ name: "triton", state: "down" }]), /does not answer, so nobody knows/))
  test("while Triton is away the figures of the last known are not shown as 0", () => {
    const triton = { models: [{ name: "visual_defects__1_1_0", requests: 0 }] }
    assert.deepEqual(health.modelsKnown({ triton, components: [{ name: "triton", state: "down" }] }), [])
    assert.equal(health.modelsKnown({ triton, components: [{ name: "triton", state: "ok" }] }).length, 1)
  })
  test("is a fact once Triton answers", () => assert.match(health.noModelsText([{ name: "triton", state: "ok" }]), /no model loaded/))
})
