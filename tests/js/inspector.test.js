import assert from "node:assert/strict"
import { test } from "node:test"
import { inOrder } from "../../static/inspection/inspector.js"

test("steps stand in the order of the work, those that nobody knows yet at the end", () => {
  const steps = { decode: 1, preprocess: 1, hash: 1, infer: 1, polish: 1, tile: 1, wait: 1, cache: 1, postprocess: 1, thumbnail: 1, quality: 1, total: 9 }
  assert.deepEqual(inOrder(steps), ["wait", "decode", "hash", "preprocess", "thumbnail", "quality", "cache", "tile", "infer", "postprocess", "polish"])
})
