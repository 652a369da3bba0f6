import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as disputes from "../../static/annotations/disputes_state.js"
import { differenceWords, differences, disputedAt, groundOf, isOwn, overlapOf, rulingBody, rulingWords, taken, unionOf, voicesOf } from "../../static/annotations/opinions_state.js"

const nameOf = (code) => ({ pit: "Pit", void: "Void" })[code]
const said = (author, more = {}) => ({ author, verdict: "defect", class_code: "pit", bbox_px: [10, 10, 20, 20], made_at: "2026-11-21T10:00:00Z", ...more })
const task = (opinions, more = {}) => ({ id: "t5", revision: 3, state: "disputed", bbox_px: [10, 10, 20, 20], class_code: "pit", annotation: null, opinions, ...more })
const nuisance = { verdict: "nuisance", class_code: null, bbox_px: null }

describe("boxes", () => {
  test("overlap by the share of what both cover", () => assert.deepEqual([overlapOf([0, 0, 2, 2], [0, 0, 2, 2]), overlapOf([0, 0, 2, 2], [1, 0, 2, 2]), overlapOf([0, 0, 2, 2], [2, 0, 2, 2])], [1, 1 / 3, 0]))
  test("are all within their union", () => assert.deepEqual(unionOf([[5, 5, 10, 10], [0, 8, 4, 20]]), [0, 5, 15, 23]))
  test("that were drawn lie around the model's", () => assert.deepEqual(groundOf(task([said("ann", { bbox_px: [40, 10, 10, 10] }), said("bo", nuisance)])), [10, 10, 40, 20]))
})

describe("what reviewers differ about", () => {
  for (const [name, other, kinds] of [
    ["is the verdict", nuisance, ["verdict"]],
    ["is the class", { class_code: "void" }, ["class"]],
    ["is the place", { bbox_px: [22, 10, 20, 20] }, ["place"]],
    ["may be more than one thing", { class_code: "void", bbox_px: [100, 10, 20, 20] }, ["class", "place"]],
    ["is nothing while boxes mostly overlap", { bbox_px: [12, 10, 20, 20] }, []],
  ]) test(name, () => assert.deepEqual(differences(task([said("ann"), said("bo", other)])), kinds))
  test("is said in words", () => assert.deepEqual(differenceWords(task([said("ann"), said("bo", { class_code: "void" }), said("cy", nuisance)]), nameOf), ["Verdict: defect or nuisance", "Class: pit or void"]))
  test("is as old as the last word", () => assert.equal(disputedAt(task([said("ann", { made_at: "2026-11-21T11:00:00Z" }), said("bo")])), "2026-11-21T11:00:00Z"))
  test("is not decided by one of them", () => assert.deepEqual([isOwn(task([said("ann")]), "ann"), isOwn(task([said("ann")]), "bo")], [true, false]))
})

describe("opinions side by side", () => {
  const voices = voicesOf(task([said("ann"), said("bo", nuisance)]))
  test("have a letter and a line each", () => assert.deepEqual(voices.map(({ letter, dash }) => [letter, dash]), [["A", []], ["B", [9, 5]]]))
  test("of a nuisance have no box", () => assert.deepEqual(voices.map(({ box }) => box), [[10, 10, 20, 20], null]))
  test("are taken as they are, with the box they drew", () => assert.deepEqual(voices.map((voice) => taken(voice)), [{ verdict: "defect", class_code: "pit", bbox_px: [10, 10, 20, 20], of: "ann" }, { verdict: "nuisance", of: "bo" }]))
  test("are sent without whose they were, the reason for record and readers", () => assert.deepEqual(rulingBody(task([]), taken(voices[1]), { reason: " the edge ", tookMs: 1200.4 }), { seen_revision: 3, verdict: "nuisance", took_ms: 1200, reason: "the edge", comment: "the edge" }))
  test("need no reason", () => assert.equal("reason" in rulingBody(task([]), { verdict: "nuisance" }, { reason: " ", tookMs: 0 }), false))
  test("are named by whose they were", () => assert.deepEqual([rulingWords(taken(voices[0]), nameOf), rulingWords({ verdict: "nuisance" }, nameOf)], ["ann’s: Pit", "Nuisance"]))
})

describe("the list of disputes", () => {
  const rows = ["t9", "t5", "t2"].map((id) => task([said("ann")], { id }))
  const start = disputes.withRows(disputes.emptyDisputes(), rows, null).state
  const at = (state) => [state.rows.map(({ id }) => id), state.at]
  test("begins with the newest", () => assert.deepEqual(at(start), [["t9", "t5", "t2"], "t9"]))
  test("is walked to its ends and no further", () => assert.deepEqual([-1, 1, 5].map((by) => disputes.step(start, by).at), ["t9", "t5", "t2"]))
  test("goes on to the next when one is decided", () => assert.deepEqual(at(disputes.ruled(disputes.choose(start, "t5"), { id: "t5", revision: 4 }, "x")), [["t9", "t2"], "t2"]))
  test("goes back to the last when the last is decided", () => assert.equal(disputes.ruled(disputes.choose(start, "t2"), { id: "t2", revision: 4 }, "x").at, "t5"))
  test("is not undone by an answer from before", () => assert.deepEqual(at(disputes.withRows(disputes.ruled(start, { id: "t9", revision: 4 }, "x"), rows, null).state), [["t5", "t2"], "t5"]))
  test("has in its place again what was taken back", () => {
    const decided = disputes.ruled(disputes.withReason(disputes.choose(start, "t5"), "t5", "why"), { id: "t5", revision: 4 }, "x")
    const back = disputes.takenBack(decided, "t5", task([], { id: "t5", revision: 5 }))
    assert.deepEqual([at(back), back.trail, disputes.reasonOf(back)], [[["t9", "t5", "t2"], "t5"], [], "why"])
  })
  test("keeps what is looked at and what was written through news", () => {
    const writing = disputes.withReason(disputes.choose(start, "t2"), "t2", "because")
    const { state, lost, changed } = disputes.withRows(writing, [task([], { id: "tb" }), ...rows.map((row) => ({ ...row, revision: 4 }))], null)
    assert.deepEqual([state.at, disputes.reasonOf(state), lost, changed], ["t2", "because", null, true])
  })
  test("says what was looked at and is gone, and goes on beside it", () => {
    const { state, lost } = disputes.withRows(disputes.choose(start, "t5"), [rows[0], rows[2]], null)
    assert.deepEqual([state.at, lost.id], ["t2", "t5"])
  })
  test("adds what is farther down once", () => assert.deepEqual(at(disputes.withMore(start, [rows[2], task([], { id: "t1" })], null))[0], ["t9", "t5", "t2", "t1"]))
  test("lets go of what is disputed no more", () => assert.deepEqual(at(disputes.withTask(start, { ...rows[0], state: "decided" })), [["t5", "t2"], "t5"]))
  test("forgets reason and note with the ruling", () => {
    const after = disputes.ruled(disputes.withNote(disputes.withReason(start, "t9", "x"), "t9", "refused"), { id: "t9", revision: 4 }, "x")
    assert.deepEqual([disputes.reasonOf(after, "t9"), disputes.noteOf(after, "t9")], ["", null])
  })
})
