import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { between, dragged, grip, grown, moved } from "../../static/annotations/box_edit.js"

const size = { width_px: 200, height_px: 100 }
const box = [50, 40, 30, 20]

describe("what a pointer takes hold of", () => {
  for (const [name, point, expected] of [
    ["a corner", [50, 40], "nw"], ["the middle of an edge", [80, 50], "e"], ["a handle from outside", [84, 62], "se"],
    ["the box itself", [65, 50], "move"], ["the image beside it", [120, 50], "new"],
  ]) test(name, () => assert.equal(grip(box, point, 6), expected))
  test("a small box can still be moved by its middle", () => assert.equal(grip([50, 40, 6, 6], [53, 43], 10), "move"))
  test("without a box there is a new one", () => assert.equal(grip(null, [1, 1], 6), "new"))
})

describe("dragging", () => {
  for (const [name, hold, from, to, expected] of [
    ["a corner moves two edges", "se", [80, 60], [90, 70], [50, 40, 40, 30]],
    ["an edge moves that one", "n", [65, 40], [10, 30], [50, 30, 30, 30]],
    ["an edge over the other turns the box", "w", [50, 50], [100, 50], [80, 40, 20, 20]],
    ["the box moves it, and the image's edge stops it", "move", [60, 50], [260, 50], [170, 40, 30, 20]],
    ["beside the box draws a new one", "new", [10, 20], [4.4, 9.6], [4, 10, 6, 10]],
  ]) test(name, () => assert.deepEqual(dragged(box, hold, from, to, size), expected))
  test("a click is still a box that can be seen", () => assert.deepEqual(between([199, 99], [199, 99], size), [198, 98, 2, 2]))
})

describe("by keys", () => {
  test("an arrow moves it by a pixel", () => assert.deepEqual(moved(box, [-1, 0], size), [49, 40, 30, 20]))
  test("it stays in the image", () => assert.deepEqual(moved([0, 0, 5, 5], [-1, -1], size), [0, 0, 5, 5]))
  test("Shift and an arrow grows it by a pixel", () => assert.deepEqual(grown(box, [0, 1], size), [50, 40, 30, 21]))
  test("it never shrinks to nothing", () => assert.deepEqual(grown([5, 5, 2, 2], [-1, 0], size), [5, 5, 2, 2]))
})
