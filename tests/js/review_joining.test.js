import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { afterAcks, batchOf, isWork } from "../../static/annotations/journal_state.js"
import * as joining from "../../static/annotations/joining_state.js"
import * as said from "../../static/annotations/review_said.js"
import * as sitting from "../../static/annotations/review_state.js"
import * as way from "../../static/annotations/review_way.js"

const review = { ...sitting, ...said, ...way }

describe("a cut", () => {
  const box = [10, 20, 30, 12]
  test("goes across the longer side and makes two parts of the box", () => {
    assert.deepEqual(joining.partsOf(box, joining.firstCut(box)), [[10, 20, 15, 12], [25, 20, 15, 12]])
  })
  test("is turned, and moved as far as both parts can be seen", () => {
    const turned = joining.turnedCut(box, joining.firstCut(box))
    assert.deepEqual(joining.partsOf(box, joining.movedCut(box, turned, 100)), [[10, 20, 30, 10], [10, 30, 30, 2]])
  })
})

test("a word about a box that it would hide is written beside it, on the side where there is room", () => {
  assert.deepEqual(joining.labelPlace([100, 100, 80, 60], 480), [106, 122])
  assert.deepEqual(joining.labelPlace([100, 100, 20, 10], 480), [126, 112])
  assert.deepEqual(joining.labelPlace([440, 100, 20, 10], 480), [396, 112])
})

test("the box round several holds all of them", () => assert.deepEqual(joining.around([[1, 2, 3, 4], [30, 2, 10, 4], [1, 20, 3, 6]]), [1, 2, 39, 24]))

test("the nearest of the others come first, and no more than there are keys", () => {
  const others = [{ id: "far", bbox_px: [90, 0, 5, 5] }, { id: "touching", bbox_px: [4, 0, 5, 5] }, { id: "near", bbox_px: [12, 0, 5, 5] }]
  assert.deepEqual(joining.nearest([0, 0, 5, 5], others, 2).map(({ id }) => id), ["touching", "near"])
})

describe("a task that is split or merged", () => {
  const task = { id: "t1", revision: 3, state: "open", class_code: "pit", bbox_px: [0, 0, 9, 9], wafer: { id: "w" } }
  const start = review.withTasks(review.emptyReview(), { tasks: [task, { ...task, id: "t2" }], open: 0 })
  const part = { new_task: "n1", class_code: "scratch", bbox_px: [5, 0, 4, 9] }
  const cut = review.join(start, { class_code: "pit", bbox_px: [0, 0, 5, 9], parts: [part] }, 10)

  test("is one edit upon the revision that was looked at, and the next task is shown", () => {
    assert.deepEqual(cut.edit, { kind: "split", parts: [part], task: "t1", seen_revision: 3, class_code: "pit", bbox_px: [0, 0, 5, 9], took_ms: 10 })
    assert.equal(cut.state.at, "t2")
    assert.equal(review.join(start, { class_code: "pit", bbox_px: [0, 0, 9, 20], detections: ["d1"] }, 10).edit.kind, "merge")
  })
  test("is taken back by one undo, and done again with a part of another key", () => {
    const undone = review.undo(cut.state, 20)
    assert.deepEqual(undone.edit, { kind: "undo", task: "t1" })
    const again = review.redo(undone.state, () => "n2", 30)
    assert.deepEqual(again.edit.parts, [{ ...part, new_task: "n2" }])
  })
  test("has parts of any shape, of which the box follows", () => {
    const shape = { kind: "polygon", points_px: [[0, 0], [4, 0], [4, 4]] }
    const { edit, state } = review.join(start, { class_code: "pit", bbox_px: [0, 0, 4, 4], shape, parts: [{ ...part, shape }, { ...part, new_task: "n3" }] }, 10)
    assert.deepEqual([edit.shape, edit.bbox_px, edit.parts], [shape, undefined, [{ new_task: "n1", class_code: "scratch", shape }, { ...part, new_task: "n3" }]])
    let made = 0
    const again = review.redo(review.undo(state, 20).state, () => `m${(made += 1)}`, 30).edit
    assert.deepEqual([again.parts.map(({ new_task: id }) => id), again.shape], [["m1", "m2"], shape])
  })
  test("waits for the answer about an earlier edit of it, is lifted upon its revision, and is somebody's work", () => {
    const entries = [{ seq: 1, edit: { kind: "undo", task: "t1" } }, { seq: 2, edit: cut.edit }]
    assert.deepEqual(batchOf(entries).map(({ seq }) => seq), [1])
    const { lifted } = afterAcks(entries, [{ seq: 1, state: "done", task: { id: "t1", revision: 7 } }])
    assert.equal(lifted[0].edit.seen_revision, 7)
    assert.ok(isWork(cut.edit) && isWork({ kind: "merge" }) && !isWork({ kind: "hold" }))
  })
})

test("a hold is of every task of its wafer", () => {
  const state = review.withTasks(review.emptyReview(), { tasks: [{ id: "a", revision: 1, state: "open", wafer: { id: "w" } }, { id: "b", revision: 1, state: "open", wafer: { id: "v" } }], open: 0 })
  const held = review.withHold(state, "w", { reason: "x" })
  assert.deepEqual([...held.tasks.values()].map(({ wafer }) => wafer.hold?.reason), ["x", undefined])
})
