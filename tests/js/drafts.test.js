import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Begun } from "../../static/annotations/begun.js"
import { Drafts } from "../../static/annotations/drafts.js"

describe("what is drawn", () => {
  const started = (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] })
    const kept = []
    return { drafts: new Drafts((id) => kept.push(id)), kept, rest: () => t.mock.timers.tick(400) }
  }
  test("is kept once, when the hand rests", (t) => {
    const { drafts, kept, rest } = started(t)
    drafts.soon("a")
    drafts.soon("a")
    rest()
    assert.deepEqual(kept, ["a"])
  })
  test("is kept before something is drawn of another", (t) => {
    const { drafts, kept, rest } = started(t)
    drafts.soon("a")
    drafts.soon("b")
    assert.deepEqual(kept, ["a"])
    rest()
    assert.deepEqual(kept, ["a", "b"])
  })
  test("is over with a decision about it, and kept by one about another", (t) => {
    const { drafts, kept, rest } = started(t)
    drafts.soon("a")
    drafts.forget("b")
    drafts.soon("c")
    drafts.forget("c")
    rest()
    assert.deepEqual(kept, ["a"])
  })
})

describe("what is begun", () => {
  test("is there again for its task and mode, in a page that is loaded anew too, until it is said", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] })
    const items = new Map()
    Object.assign(globalThis, { document: { body: { dataset: { user: "ann" } } }, sessionStorage: { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) } })
    const drawn = { mode: "missed", shape: { kind: "tag" }, open: null }
    const begun = new Begun(() => drawn)
    begun.later.soon("a")
    t.mock.timers.tick(400)
    const anew = new Begun(() => null)
    assert.deepEqual([anew.of("a", "missed"), anew.of("a", "redraw"), anew.of("b", "missed")], [drawn, null, null])
    anew.put("a", null)
    assert.equal(new Begun(() => null).of("a", "missed"), null)
  })
})
