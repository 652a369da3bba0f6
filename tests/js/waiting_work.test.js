import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { noteWaiting, othersText } from "../../static/annotations/waiting_work.js"

const items = new Map()
globalThis.localStorage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) }

describe("edits that wait at a station", () => {
  test("are told whoever comes after, and nobody else", () => {
    noteWaiting("ann", 3)
    noteWaiting("ann:talk", 1)
    noteWaiting("bob", 2)
    assert.equal(othersText("bob"), "4 edits of ann not sent yet. Kept in this browser, and sent when they sign in here.")
    assert.match(othersText("cid"), /^4 edits of ann and 2 edits of bob not sent yet/)
  })
  test("are none once they were sent", () => {
    noteWaiting("ann", 0)
    noteWaiting("ann:talk", 0)
    assert.equal(othersText("bob"), "")
  })
  test("are no fault where nothing can be kept", () => {
    globalThis.localStorage = { getItem() { throw new Error("no") }, setItem() { throw new Error("no") } }
    noteWaiting("ann", 3)
    assert.equal(othersText("bob"), "")
  })
})
