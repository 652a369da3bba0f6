import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { choicesOf, curveOf, minutesOf, pathOf, rejectsText, sentences, spanText, startOf } from "../../static/annotations/planner_state.js"

const queue = { id: "q1", code: "Q", name: "Doubtful" }
const waiting = { items: 980, seconds: 4000, saved: 4000, is_more: false }
const plan = { queue, items: 412, seconds: 1700, saved: 3080, waiting, audit: { items: 0, seconds: 0 }, checks_seconds: 0, classes: [], curve: [{ minutes: 0, saved: 0 }, { minutes: 30, saved: 3 }, { minutes: 60, saved: 4 }] }
const answer = (more = {}) => ({ minutes: 30, unit_per_reject: 10, queues: [], plan: { ...plan, ...more } })

describe("what is asked", () => {
  for (const [text, minutes] of [["15", 15], ["480", 480], ["0", null], ["481", null], ["7.5", null], ["", null], ["soon", null]]) test(`${text || "nothing"} is ${minutes}`, () => assert.equal(minutesOf(text), minutes))
  test("names a queue only where one is chosen", () => assert.deepEqual([pathOf({ minutes: 15, queue: "" }), pathOf({ minutes: 15, queue: "q1" })], ["review/plan/?minutes=15", "review/plan/?minutes=15&queue=q1"]))
  test("is the best queue, or one of those in which anything waits", () => assert.deepEqual(choicesOf([queue, { id: "q2", code: "R", name: "" }]).map(({ text }) => text), ["Where it saves most", "Doubtful", "R"]))
  test("begins with what saves most", () => assert.equal(startOf(plan), "/review/q1/?first=saving"))
})

describe("what the time comes to", () => {
  test("is so many of those that wait", () => assert.deepEqual(sentences(answer()), { head: "About 412 of 980 that wait in Doubtful, in 30 min.", saved: "Expected to save the cost of 308 wafers rejected for nothing, 77 % of what a look at all 980 would save.", apart: "" }))
  test("says where more waits than was weighed", () => assert.match(sentences(answer({ waiting: { ...waiting, is_more: true } })).head, /^About 412 of the next 980 that/))
  test("is all of them where they are few", () => assert.deepEqual(sentences(answer({ items: 980, seconds: 600, saved: 34 })), { head: "All 980 that wait in Doubtful, in about 10 min.", saved: "Expected to save the cost of 3.4 wafers rejected for nothing.", apart: "" }))
  test("tells the audit and the checks apart", () => assert.equal(sentences(answer({ audit: { items: 20, seconds: 120 }, checks_seconds: 90 })).apart, "20 of them are of the random audit (2 min); 2 min go to checks of how sure reviewers are."))
  test("may save nothing", () => assert.equal(sentences(answer({ saved: 0, waiting: { ...waiting, saved: 0 } })).saved, "Nothing of it is expected to save anything."))
  test("is told in spans that one plans with", () => assert.deepEqual([1.44, 45.2, 89, 720].map(spanText), ["1.4 s", "45 s", "89 s", "12 min"]))
  test("is told in wafers, to a tenth where they are few", () => assert.deepEqual([rejectsText(99, 10), rejectsText(34.4, 10), rejectsText(41_234, 10)], ["9.9", "3.4", "4\u202f123"]))
})

describe("the curve", () => {
  test("fills its box and marks the time that was asked for", () => assert.deepEqual(curveOf(answer({ saved: 3 }), { width: 100, height: 40 }), { points: "0,40 50,10 100,0", at: { x: 50, y: 10 }, top: 4, last: 60 }))
  test("has no mark where all is done before", () => assert.equal(curveOf(answer({ curve: [{ minutes: 0, saved: 0 }, { minutes: 12, saved: 3 }] }), { width: 100, height: 40 }).at, null))
  test("of nothing lies on the ground", () => assert.equal(curveOf(answer({ curve: [{ minutes: 0, saved: 0 }, { minutes: 60, saved: 0 }] }), { width: 10, height: 4 }).points, "0,4 10,4"))
})
