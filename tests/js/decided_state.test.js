import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as sheet from "../../static/annotations/decided_state.js"

const classes = [{ code: "pit" }, { code: "void" }]
const task = (id, { author = "ann", verdict = "defect", code = "pit", revision = 2, state = "decided" } = {}) => {
  const annotation = { number: 1, author, verdict, class_code: verdict === "nuisance" ? null : code, bbox_px: [0, 0, 1, 1] }
  return { id, revision, state, class_code: "pit", bbox_px: [0, 0, 1, 1], annotation, opinions: [annotation], wafer: { id: "w1" } }
}
const me = "lead"
const start = sheet.withPage(sheet.emptySheet(), [task("a"), task("b", { verdict: "nuisance" }), task("c", { code: "void" }), task("d", { author: me }), task("e")], null)

describe("what lies on the sheet", () => {
  test("is grouped by what it is said to be, nuisances last", () => assert.deepEqual(sheet.groups(start, classes).map(({ key, tasks }) => [key, tasks.map(({ id }) => id)]), [["pit", ["a", "d", "e"]], ["void", ["c"]], ["nuisance", ["b"]]]))
  test("has classes that the site no longer draws before the nuisances", () => assert.deepEqual(sheet.groups(sheet.withPage(sheet.emptySheet(), [task("a", { verdict: "nuisance" }), task("b", { code: "old" })], null), classes).map(({ key }) => key), ["old", "nuisance"]))
  test("grows by a page, each once", () => assert.deepEqual(sheet.withPage(start, [task("e"), task("f")], null).order, ["a", "b", "c", "d", "e", "f"]))
})

describe("what is meant", () => {
  test("is all but my own word", () => assert.deepEqual(sheet.meant(start, me), ["a", "b", "c", "e"]))
  test("is nothing of what is accepted", () => assert.deepEqual(sheet.meant({ ...start, stage: "accepted" }, me), []))
  test("is without what was taken out, and with it again", () => {
    const out = sheet.toggled(start, "b", me)
    assert.deepEqual([sheet.meant(out, me), sheet.meant(sheet.toggled(out, "b", me), me)], [["a", "c", "e"], ["a", "b", "c", "e"]])
  })
  test("is told by its number before it goes on, with what stays", () => {
    const asked = sheet.questionBefore(sheet.toggled(start, "b", me), me, "validate")
    assert.deepEqual([asked.title, asked.yes], ["Validate 3 decisions?", "Validate 3"])
    assert.match(asked.text, /2 others on the sheet stay as they are\.$/)
    assert.match(sheet.questionBefore({ ...start, next: "more" }, me, "accept").text, /^They are locked.*What is not loaded yet is not touched\.$/)
    assert.equal(sheet.questionBefore(sheet.allToggled(start, start.order, me), me, "validate"), null)
  })
  test("my own word cannot be put in", () => assert.deepEqual(sheet.meant(sheet.toggled(start, "d", me), me), sheet.meant(start, me)))
  test("is a range as it lies on the sheet, all as its beginning is", () => assert.deepEqual(sheet.meant(sheet.rangeTo(sheet.toggled(start, "a", me), "c", me, classes), me), ["b"]))
  test("is all, then nothing, then all", () => {
    const none = sheet.allToggled(start, start.order, me)
    assert.deepEqual([sheet.meant(none, me), sheet.meant(sheet.allToggled(none, start.order, me), me)], [[], ["a", "b", "c", "e"]])
  })
  test("is sent as it was seen, so many at once", () => assert.deepEqual(sheet.batches(start, me, 3), [[{ id: "a", seen_revision: 2 }, { id: "b", seen_revision: 2 }, { id: "c", seen_revision: 2 }], [{ id: "e", seen_revision: 2 }]]))
})

describe("after a batch", () => {
  const after = sheet.advanced({ ...start, focus: "a" }, [{ id: "a", state: "done" }, { id: "b", state: "refused", problem: { detail: "Not yours." } }, { id: "e", state: "refused", problem: { title: "Not yours." } }])
  test("what is done is off the sheet", () => assert.deepEqual(after.order, ["b", "c", "d", "e"]))
  test("what was refused stays, out", () => assert.deepEqual(sheet.meant(after, me), ["c"]))
  test("reasons are told once, with how many", () => assert.deepEqual(sheet.refusals(after), [{ text: "Not yours.", ids: ["b", "e"] }]))
  test("the focus goes on to what is next", () => assert.deepEqual([after.focus, sheet.without({ ...start, focus: "e" }, ["e"]).focus, sheet.without(start, start.order).focus], ["b", "d", null]))
})

describe("news", () => {
  const event = (id, more) => ({ task: id, wafer: "w1", state: "decided", revision: 3, ...more })
  test("of one on the sheet asks what it is now", () => assert.deepEqual([sheet.heard(start, event("a")).isKnown, sheet.heard(start, event("a", { revision: 2 })).isKnown], [true, false]))
  test("of others waits to be shown", () => assert.deepEqual([...sheet.heard(start, event("z")).state.fresh], ["z"]))
  test("of another stage or wafer does not belong here", () => {
    assert.equal(sheet.heard(start, event("z", { state: "open" })).state.fresh.size, 0)
    assert.equal(sheet.heard({ ...start, wafer: "w2" }, event("z")).state.fresh.size, 0)
  })
  test("takes back what waited and went on", () => assert.equal(sheet.heard(sheet.heard(start, event("z")).state, event("z", { state: "validated" })).state.fresh.size, 0))
  test("leaves what went on in its place, and out", () => {
    const next = sheet.withTask(start, task("a", { state: "validated", revision: 3 }))
    assert.deepEqual([next.order, next.gone.get("a"), sheet.meant(next, me)], [start.order, "validated", ["b", "c", "e"]])
  })
  test("takes out what changed until it is looked at", () => assert.deepEqual([sheet.meant(sheet.withTask(start, task("a", { code: "void", revision: 3 })), me), sheet.withTask(start, task("a"))], [["b", "c", "e"], start]))
})

describe("arrows", () => {
  const middles = [[0, 0], [10, 0], [20, 0], [0, 10], [10, 10], [0, 30]].map(([x, y]) => ({ x, y }))
  for (const [name, at, way, to] of [["right goes on over the row's end", 2, [1, 0], 3], ["left stays at the first", 0, [-1, 0], 0], ["down keeps the column", 1, [0, 1], 4], ["down takes the nearest of a shorter row", 2, [0, 1], 4], ["down goes over a heading", 4, [0, 1], 5], ["up comes back", 5, [0, -1], 3], ["up stays in the first row", 1, [0, -1], 1]])
    test(name, () => assert.equal(sheet.inWay(middles, at, way), to))
})

test("a story has words and steps by number, the newest first", () => assert.deepEqual(sheet.storyOf({ history: [{ number: 1 }, { number: 3 }], steps: [{ number: 2, state: "open" }] }).map(({ number, what }) => [number, what]), [[3, "said"], [2, "step"], [1, "said"]]))
