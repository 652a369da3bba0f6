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
  test("is the job where nothing was known", () => assert.equal(jobs.answered(null, job), job))
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
