import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as list from "../../static/inspection/wafers_state.js"

describe("the address", () => {
  test("holds the filters that are set", () => assert.equal(String(list.queryOf([["q", " A12 W07 "], ["lot", ""], ["band", "reject"]])), "q=A12+W07&band=reject"))
})

describe("arrivals", () => {
  test("are the rows above the first one shown", () => assert.deepEqual(list.arrivals(["c", "b", "a"], ["e", "d", "c", "b"]), { newer: 2, isMore: false }))
  test("are none when nothing is newer", () => assert.deepEqual(list.arrivals(["b", "a"], ["b", "a"]), { newer: 0, isMore: false }))
  test("do not count a row that left the filter", () => assert.deepEqual(list.arrivals(["c", "b", "a"], ["b", "a"]), { newer: 0, isMore: false }))
  test("may be more than a page holds", () => assert.deepEqual(list.arrivals(["b", "a"], ["y", "x"]), { newer: 2, isMore: true }))
  test("of an empty list are all of them", () => assert.deepEqual(list.arrivals([], ["b", "a"]), { newer: 2, isMore: false }))
  test("are offered with their count", () => {
    assert.equal(list.newerText({ newer: 3, isMore: false }), "3 newer – show")
    assert.equal(list.newerText({ newer: 40, isMore: true }), "40 or more newer – show")
  })
})

describe("what is said", () => {
  test("counts what is shown", () => assert.equal(list.statusText({ count: 1, isNewest: true, hasFilters: false }), "1 wafer shown, newest first"))
  test("says that there is more than what is shown", () => assert.equal(list.statusText({ count: 40, isNewest: true, hasOlder: true, hasFilters: true }), "The newest 40 wafers, filtered; there are older ones on the next page"))
  test("leaves nothing to the empty state", () => assert.equal(list.statusText({ count: 0, isNewest: true, hasFilters: true }), ""))
  test("is nothing when it went well", () => assert.equal(list.failureText({ status: 200, ok: true, isElsewhere: false }), null))
  test("tells silence, overload and faults apart", () => {
    const texts = [0, 429, 503, 500].map((status) => list.failureText({ status, ok: false, isElsewhere: false }))
    assert.equal(new Set(texts).size, 4)
    for (const text of texts) assert.match(text, /from before/)
  })
  test("never takes the sign-in page for rows", () => assert.match(list.failureText({ status: 200, ok: true, isElsewhere: true }), /signed out/))
})
