import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { nextRow } from "../../static/shared/rows.js"

describe("keys", () => {
  test("begin at the first row", () => assert.deepEqual(["j", "k", "ArrowDown", "ArrowUp"].map((key) => nextRow(-1, key, 3)), [0, 0, 0, 0]))
  test("stop at both ends", () => assert.deepEqual([nextRow(2, "j", 3), nextRow(0, "ArrowUp", 3)], [2, 0]))
  test("go to the ends at once", () => assert.deepEqual(["Home", "End"].map((key) => nextRow(1, key, 3)), [0, 2]))
  test("stay where there is no row", () => assert.equal(nextRow(-1, "j", 0), -1))
})
