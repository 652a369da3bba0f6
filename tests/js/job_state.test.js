import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as jobs from "../../static/inspection/job_state.js"

const item = (ordinal, state, values = {}) => ({ ordinal, state, detection_count: null, ...values })
const job = { id: "j", revision: 2, state: "running", total: 4, done: 1, failed: 1, cancelled: 0, items: [item(0, "done", { detection_count: 3 }), item(1, "failed"), item(2, "waiting"), item(3, "waiting")] }

describe("events", () => {
  test("bring the job and one item up to date", () => {
    const after = jobs.received(job, { id: "j", revision: 3, done: 2, item: item(2, "done") })
    assert.deepEqual([after.done, after.items[2].state, after.revision], [2, "done", 3])
  })
  test("that were overtaken change no count", () => assert.equal(jobs.received(job, { id: "j", revision: 1, done: 0, item: null }).done, 1))
  test("that were overtaken do not undo an item", () => assert.equal(jobs.received(job, { id: "j", revision: 1, item: item(0, "waiting") }).items[0].state, "done"))
  test("of a retried item put it back in the queue", () => assert.equal(jobs.received(job, { id: "j", revision: 3, item: item(1, "waiting") }).items[1].state, "waiting"))
  test("of another job are not ours", () => assert.equal(jobs.received(job, { id: "k", revision: 9 }), job))
})

describe("items", () => {
  for (const [filter, ordinals] of [["all", [0, 1, 2, 3]], ["failed", [1]], ["waiting", [2, 3]], ["found", [0]]])
    test(`shown by ${filter}`, () => assert.deepEqual(jobs.shownItems(job, filter).map(({ ordinal }) => ordinal), ordinals))
})

test("what the server calls hopeless is not tried again", () => {
  const items = [item(0, "failed", { can_retry: true }), item(1, "failed", { can_retry: false })]
  assert.deepEqual(items.map(jobs.canRetry), [true, false])
})
test("an empty job has no shares", () => assert.deepEqual(jobs.shares({ total: 0 }), { done: 0, failed: 0, cancelled: 0 }))
describe("an answer of the server", () => {
  test("is the job", () => assert.equal(jobs.answered(job, { ...job, revision: 3 }).revision, 3))
  test("is the job where nothing was known", () => assert.deepEqual(jobs.answered(null, job, 5), { ...job, heardAt: 5 }))
  test("that events have overtaken does not bring an older state back", () => assert.equal(jobs.answered({ ...job, revision: 9, state: "done" }, { ...job, revision: 8 }).state, "done"))
})

test("a job that waits says for what its items wait", () => {
  const waiting = (...reasons) => ({ ...job, items: reasons.map((reason, at) => item(at, "waiting", { waiting_for: reason })) })
  assert.equal(jobs.stateWords(waiting("Triton is away", "Triton is away")), "Waiting: Triton is away")
  assert.equal(jobs.stateWords(waiting("Triton is away", "")), "Under way")
  assert.equal(jobs.stateWords({ ...job, items: undefined }), "Under way")
})
test("a cancelled job says what was done before", () => {
  assert.equal(jobs.stateWords({ ...job, state: "cancelled" }), "Cancelled, 1 done before")
  assert.equal(jobs.stateWords({ ...job, state: "cancelled", done: 0 }), "Cancelled")
})
test("a job that is over says what failed", () => assert.equal(jobs.stateWords({ ...job, state: "done" }), "Done, 1 failed"))

describe("a job while a part is away", () => {
  const system = (...down) => ({ components: ["postgres", "triton", "model", "worker", "beat"].map((name) => ({ name, state: down.includes(name) ? "down" : "ok" })) })
  test("waits for it, whatever its items have been told", () => {
    assert.equal(jobs.whatIsAway(system("triton", "model")), "Triton does not answer")
    assert.equal(jobs.stateWords(job, jobs.whatIsAway(system("model"))), "Waiting: no model is ready")
  })
  test("goes on without a part that it does not need", () => assert.equal(jobs.whatIsAway(system("beat")), ""))
  test("is a job that is over where it is over", () => assert.equal(jobs.stateWords({ ...job, state: "done" }, "Triton does not answer"), "Done, 1 failed"))
})

describe("news of a run", () => {
  const running = { ...job, items: [item(0, "done", { run: "r0", waiting_for: "" }), item(1, "waiting", { run: "r1", waiting_for: "" })] }
  test("says for what its item waits", () => assert.equal(jobs.toldOfRun(running, { run: "r1", waiting_for: "Triton is away" }).items[1].waiting_for, "Triton is away"))
  for (const [name, run] of [["of another job", "r9"], ["of one that has ended", "r0"]])
    test(`${name} changes nothing`, () => assert.equal(jobs.toldOfRun(running, { run, waiting_for: "Triton is away" }), running))
})

describe("the time left", () => {
  const running = jobs.received(job, { id: "j", revision: 3, eta_s: 20, waiting: 2, item: null }, 1000)
  test("runs down between two events", () => assert.equal(jobs.leftMs(running, { now: 5000 }), 16_000))
  test("is unknown before the first has ended", () => assert.equal(jobs.leftMs({ ...running, eta_s: null }, { now: 5000 }), null))
  test("is unknown while a part is away", () => assert.equal(jobs.leftMs(running, { now: 5000, away: "Triton does not answer" }), null))
  test("is unknown after a long silence, and never below nothing", () => {
    assert.deepEqual([jobs.leftMs(running, { now: 30_000 }), jobs.leftMs(running, { now: 57_000 })], [0, null])
  })
})

test("a job's speed and success are told while it runs, of what has ended", () => {
  const latencies = [400, 100, 300, 200].map((ms, at) => item(at, "done", { latency_ms: ms }))
  const running = { ...job, done: 4, failed: 1, created_at: "2026-11-21T10:00:00Z", items: [...latencies, item(4, "failed", { latency_ms: 9000 }), item(5, "waiting", { latency_ms: null })] }
  assert.deepEqual(jobs.sums(running, Date.parse("2026-11-21T10:00:02Z")), { p50_ms: 200, p95_ms: 400, throughput_per_s: 2, success_rate: 0.8 })
  assert.deepEqual(jobs.sums({ ...running, state: "done", summary: { p50_ms: 1 } }, 0), { p50_ms: 1 })
  assert.equal(jobs.sums({ ...running, done: 0, failed: 0, items: [] }, Date.parse("2026-11-21T10:00:02Z")).success_rate, undefined)
})
