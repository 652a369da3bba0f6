import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { inColumn, isInside, layOut, rowsIn, scrollTo } from "../../static/annotations/wafer_sheet_layout.js"
import * as whole from "../../static/annotations/wafer_review_state.js"
import * as said from "../../static/annotations/wafer_said_state.js"

const classes = [{ code: "pit" }, { code: "void" }]
const item = (task, values = {}) => ({ task, detection: `d${task}`, is_made: true, revision: 1, state: "open", is_taken: false, said: null, image: "i", class_code: "pit", band: "review", severity: "minor", confidence: 0.5, bbox_px: [0, 0, 9, 9], ...values })
const word = { author: "bob", verdict: "nuisance", class_code: null }
const answer = (items, values = {}) => ({ items, images: [{ id: "i" }], layer: "M1", layers: ["M1"], is_more: false, ...values })
const start = whole.withAnswer(whole.emptyWhole({ classes, me: "ann" }), answer([item("a"), item("b", { class_code: "void", band: "reject" }), item("c", { is_made: false }), item("d", { band: "reject" }), item("e", { state: "decided", said: word, revision: 2 })]))
const nuisance = { verdict: "nuisance" }
const chosen = (state) => [...state.chosen].sort()
const head = (id, revision = 2, values = {}) => ({ id, revision, state: "decided", annotation: { author: "ann", ...nuisance, class_code: null }, ...values })
const done = (id) => ({ id, state: "done", task: head(id) })
const bulkOf = (...ids) => ({ kind: "bulk", wafer: "w", tasks: ids.map((task) => ({ task, seen_revision: 1 })), ...nuisance })

test("a map is of use where one of the images has a place on the wafer", () => {
  const of = (...images) => whole.isOnMap(whole.withAnswer(start, answer([item("a")], { images })))
  assert.deepEqual([of({ id: "i", origin_um: null }), of({ id: "i", origin_um: null }, { id: "j", origin_um: [0, 0] })], [false, true])
})

describe("what is in sight", () => {
  test("is what waits, by class, and what was said among the rest", () => {
    assert.deepEqual(whole.inSight(start), ["a", "c", "d", "b"])
    assert.deepEqual(whole.groups(whole.withShow(start, "all")).map(({ key, ids }) => [key, ids]), [["pit", ["a", "c", "d"]], ["void", ["b"]], ["nuisance", ["e"]]])
    assert.deepEqual(whole.inSight(whole.withShow(start, "decided")), ["e"])
  })
  test("is counted", () => assert.deepEqual(whole.counts(start), { open: 4, decided: 1, all: 5 }))
  test("what goes out of sight is not chosen any more", () => assert.deepEqual(chosen(whole.withShow(whole.pickAll(start, ["a", "b"]), "decided")), []))
  test("a word that was taken back is none", () => assert.equal(whole.isSaid(start, item("a", { said: { ...word, verdict: "withdrawn" } })), false))
  test("an answer that was overtaken says nothing, and leaves what is chosen", () => {
    const later = whole.withAnswer(whole.pickAll(start, ["a"]), answer([item("a"), item("e")]))
    assert.deepEqual([later.items.get("e").state, chosen(later)], ["decided", ["a"]])
  })
})

describe("what is chosen", () => {
  test("is one, one more, and all up to one", () => {
    const two = whole.pick(whole.pick(start, "a"), "d")
    assert.deepEqual([chosen(two), chosen(whole.pick(two, "a")), chosen(whole.pickTo(whole.pick(start, "a"), "d"))], [["a", "d"], ["d"], ["a", "c", "d"]])
  })
  test("is all in sight, then none", () => {
    const all = whole.pickAll(start, whole.inSight(start))
    assert.deepEqual([chosen(all), chosen(whole.pickAll(all, whole.inSight(all)))], [["a", "b", "c", "d"], []])
  })
  test("is all of the class and band of one", () => assert.deepEqual(chosen(whole.pickLike({ ...start, focus: "a" })), ["a", "c"]))
  test("is nothing that is closed, in others' hands, or out of sight", () => {
    const shut = whole.withAnswer(start, answer([item("a", { is_taken: true, revision: 3 }), item("b"), item("e", { state: "accepted", said: word, revision: 3 })]))
    assert.deepEqual(chosen(whole.pickAll(shut, ["a", "b", "e"])), ["b"])
    assert.deepEqual(whole.meant({ ...shut, focus: "a" }), [])
  })
  test("is counted by class and band", () => {
    const { classes: byClass, bands } = whole.chips(whole.pickAll(start, ["a", "b"]))
    assert.deepEqual([byClass.map(({ key, chosen: count }) => [key, count]), bands.map(({ key, ids }) => [key, ids.length])], [[["pit", 1], ["void", 1]], [["reject", 2], ["review", 2]]])
  })
  test("where nothing is, the one with the focus is meant", () => assert.deepEqual(whole.meant({ ...start, focus: "c" }), ["c"]))
  test("goes with the focus while Shift is held", () => assert.deepEqual([whole.step(start, 1).focus, chosen(whole.step(whole.step(start, 1, { isMore: true }), 1, { isMore: true }))], ["c", ["a", "c", "d"]]))
})

describe("a word about many", () => {
  const { state, edits } = said.say(whole.pickAll(start, ["a", "c"]), nuisance, "w")
  test("is one edit, which names the detection where there is no task", () => assert.deepEqual(edits, [{ kind: "bulk", wafer: "w", tasks: [{ task: "a", seen_revision: 1 }, { task: "c", seen_revision: 1, detection: "dc" }], verdict: "nuisance" }]))
  test("counts at once, and the focus stays where it was", () => assert.deepEqual([whole.inSight(state), state.focus, chosen(state), whole.counts(state).open], [["d", "b"], "d", [], 2]))
  test("of more than 500 is several edits and one to undo", () => {
    const many = whole.withAnswer(start, answer(Array.from({ length: 1200 }, (_, at) => item(`n${at}`))))
    const all = said.say(whole.pickAll(many, whole.inSight(many)), nuisance, "w")
    assert.deepEqual(all.edits.map(({ tasks }) => tasks.length), [500, 500, 200])
    assert.deepEqual(said.undo(said.numbered(all.state, all.state.trail[0], [7, 8, 9])).edits, [7, 8, 9].map((of) => ({ kind: "undo_bulk", of })))
  })
  test("is told of several in words, and not of one, which is seen to go", () => {
    const nameOf = (code) => ({ pit: "Pit" })[code]
    const parts = [{ ids: ["a", "b"] }, { ids: ["c"] }]
    assert.equal(said.bulkWords(parts, nuisance, nameOf), "3 called nuisance.")
    assert.equal(said.bulkWords(parts, { verdict: "defect", class_code: "pit" }, nameOf), "3 called pit.")
    assert.equal(said.bulkWords(parts, { verdict: "defect" }, nameOf), "3 confirmed.")
    assert.equal(said.bulkWords([{ ids: ["a"] }], nuisance, nameOf), "")
  })
  test("about nothing is none", () => assert.deepEqual(said.say(whole.withAnswer(start, answer([])), nuisance, "w").edits, []))
  test("is answered item by item; what was refused stays, chosen, with who was first", () => {
    const current = head("c", 3, { annotation: { author: "bob", verdict: "defect", class_code: "pit" } })
    const after = said.answered(said.numbered(state, state.trail[0], [7]), { seq: 7, edit: edits[0] }, { state: "done", results: [done("a"), { id: "c", state: "refused", problem: { code: "stale_task", current } }] })
    assert.deepEqual([after.done, after.refused, after.state.pending.size], [1, 1, 0])
    assert.deepEqual([whole.inSight(after.state), chosen(after.state)], [["c", "d", "b"], ["c"]])
    assert.match(after.state.problems.get("c"), /^bob has decided/)
    assert.equal(said.say(after.state, nuisance, "w").edits[0].tasks[0].seen_revision, 3)
    assert.deepEqual([chosen(whole.letGo(after.state)), whole.inSight(whole.letGo(after.state))], [[], ["d", "b"]])
  })
  test("that was refused as a whole leaves all of it chosen", () => {
    const after = said.answered(state, { seq: 7, edit: edits[0] }, { state: "refused", problem: { code: "not_found", title: "Gone" } })
    assert.deepEqual([chosen(after.state), after.refused, after.state.problems.get("a")], [["a", "c"], 2, "Gone"])
  })
  test("stands for one that was refused of the same before", () => {
    const refused = [{ seq: 3, edit: bulkOf("a", "x") }, { seq: 4, edit: bulkOf("y") }, { seq: 5, edit: { kind: "decide", task: "a" } }]
    assert.deepEqual(said.outspokenBulks(refused, edits), [3])
  })
  test("of another page's is heard of, and chooses nothing", () => {
    const after = said.answered(start, { seq: 1, edit: bulkOf("a", "b") }, { state: "done", results: [done("a"), { id: "b", state: "refused", problem: { code: "not_held" } }] })
    assert.deepEqual([after.refused, chosen(after.state), after.state.items.get("a").state], [0, [], "decided"])
  })
  test("while more opinions are wanted it is still mine", () => {
    const after = said.answered(state, { seq: 7, edit: edits[0] }, { state: "done", results: ["a", "c"].map((id) => ({ id, state: "done", task: head(id, 2, { state: "open", annotation: null }) })) })
    assert.deepEqual([whole.inSight(after.state), after.state.items.get("a").said.author], [["d", "b"], "ann"])
  })
})

describe("one undo for all", () => {
  const { state: before } = said.say(whole.pickAll(start, ["a", "c"]), nuisance, "w")
  const first = said.numbered(before, before.trail[0], [7])
  const { state, edits } = said.undo(first)
  test("takes back the edit by its number and chooses the same again", () => assert.deepEqual([edits, whole.inSight(state), chosen(state), state.trail], [[{ kind: "undo_bulk", of: 7 }], ["a", "c", "d", "b"], ["a", "c"], []]))
  test("waits for the number", () => assert.deepEqual(said.undo(said.say(start, nuisance, "w").state).edits, []))
  test("is over when it is answered, also for what had been refused", () => {
    const { state: told } = said.answered(state, { seq: 7, edit: bulkOf("a", "c") }, { state: "done", results: [done("a"), { id: "c", state: "refused", problem: { code: "not_held" } }] })
    assert.deepEqual([told.pending.size, told.problems.size], [2, 0])
    const { state: over } = said.answered(told, { seq: 8, edit: edits[0] }, { state: "done", results: [{ id: "a", state: "done", task: head("a", 3, { state: "open", annotation: null }) }] })
    assert.deepEqual([over.pending.size, over.undone.size, whole.inSight(over)], [0, 0, ["a", "c", "d", "b"]])
  })
  test("that was left over by an earlier page is taken up", () => {
    const left = [{ seq: 7, edit: bulkOf("a", "c") }, { seq: 8, edit: { ...bulkOf("b"), wafer: "other" } }]
    assert.deepEqual(whole.inSight(said.withUnsent(start, left, "w")), ["d", "b"])
    assert.deepEqual(whole.inSight(said.withUnsent(start, [...left, { seq: 9, edit: { kind: "undo_bulk", of: 7 } }], "w")), ["a", "c", "d", "b"])
  })
})

describe("a sheet of thousands", () => {
  const ids = Array.from({ length: 2000 }, (_, at) => `n${at}`)
  const layout = layOut([{ key: "pit", ids: ids.slice(0, 5) }, { key: "void", ids: ids.slice(5) }], { width: 320, side: 100, gap: 10, head: 40 })
  test("lies in rows with a head to each group", () => assert.deepEqual([layout.columns, layout.rows.slice(0, 5).map(({ top, ids: row }) => [top, row?.length ?? 0]), layout.height], [3, [[0, 0], [40, 3], [150, 2], [260, 0], [300, 3]], 300 + 665 * 110]))
  test("has elements for what is in sight alone", () => assert.deepEqual(rowsIn(layout, 1000, 500, 100).map(({ top }) => top), [850, 960, 1070, 1180, 1290, 1400, 1510]))
  test("goes where one is, with the head of its group", () => assert.deepEqual([scrollTo(layout, "n0", 500, 300), scrollTo(layout, "n5", 300, 300), scrollTo(layout, "n8", 0, 300), scrollTo(layout, "n8", 300, 300), scrollTo(layout, "x", 0, 1)], [0, 260, 220, null, null]))
  test("goes up and down by columns, over the ends of groups", () => assert.deepEqual([inColumn(layout, "n2", 1), inColumn(layout, "n4", 1), inColumn(layout, "n0", -1)], ["n4", "n6", null]))
})

describe("a line drawn around", () => {
  const line = [[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]]
  test("has what lies inside, hollows left out", () => assert.deepEqual([[1, 2], [5, 8], [11, 5], [9, 7]].map((point) => isInside(point, line)), [true, false, false, true]))
})
