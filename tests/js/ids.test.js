/** Keys of what a page makes. */
import assert from "node:assert/strict"
import { test } from "node:test"

import { newId, timedId } from "../../static/shared/ids.js"

test("keys are in order of their time", () => {
  assert.match(timedId("f".repeat(32), 0x0192f0000000), /^0192f000-0000-7fff-[89ab]fff-f{12}$/)
})

test("a new key has the time at which it was made", () => {
  const before = Date.now()
  const atMs = parseInt(newId().replace("-", "").slice(0, 12), 16)
  assert.ok(atMs >= before && atMs <= Date.now())
})
