import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as refusals from "../../static/annotations/refusals_state.js"
import * as said from "../../static/annotations/review_said.js"
import * as sitting from "../../static/annotations/review_state.js"
import * as way from "../../static/annotations/review_way.js"

const review = { ...sitting, ...said, ...way }

const NAMES = { pit: "Pit", scratch: "Scratch", void: "Void" }
const how = { me: "me", nameOf: (code) => NAMES[code] }
const maria = (values = {}) => ({ number: 1, author: "maria", layer: "opinion", verdict: "nuisance", change: "nuisance", class_code: null, bbox_px: null, shape: null, comment: "", made_at: "2026-11-22T09:00:00Z", ...values })
const head = (values = {}) => ({ id: "t", kind: "detection", revision: 4, state: "decided", annotation: maria(), ...values })
const card = (values = {}) => ({ ...head(), class_code: "pit", bbox_px: [10, 10, 8, 8], image: { id: "i", width_px: 100, height_px: 100 }, lot: { code: "L1" }, wafer: { code: "W07" }, opinions: [maria()], steps: [], detection: { id: "d" }, ...values })
const refusal = (edit = {}, problem = {}, seq = 7) => ({ seq, at: "2026-11-22T09:01:00Z", edit: { kind: "decide", task: "t", seen_revision: 1, verdict: "defect", class_code: "pit", ...edit }, problem: { code: "stale_task", title: "Changed", detail: "Compare both.", current: head(), ...problem } })
const shown = (one, task = card()) => refusals.clashOf(one, task, how)

describe("the list of what was refused", () => {
  const missed = (seq) => refusal({ kind: "missed", new_task: `n${seq}` }, {}, seq)
  test("has the newest word about a task alone, whichever came back first", () => {
    const [old, late] = [refusal({}, {}, 3), refusal({ kind: "split", parts: [] }, {}, 5)]
    assert.deepEqual(refusals.withRefusal([old], late), { all: [late], gone: [old] })
    assert.deepEqual(refusals.withRefusal([late], old), { all: [late], gone: [old] })
  })
  test("has each defect that was missed", () => assert.equal(refusals.withRefusal([missed(1)], missed(2)).all.length, 2))
  test("loses what a later word of mine stands for, and nothing else", () => {
    const all = [refusal({}, {}, 3), missed(4)]
    const after = (edit, seq) => refusals.outspoken(all, { seq, edit: { task: "t", ...edit } }).map((one) => one.seq)
    assert.deepEqual([after({ kind: "decide" }, 9), after({ kind: "decide" }, 2), after({ kind: "hold" }, 9), after({ kind: "decide", task: "u" }, 9)], [[3], [], [], []])
  })
})

describe("both words", () => {
  test("stand side by side, each with its place, and with room for both", () => {
    const theirs = maria({ verdict: "defect", class_code: "void", bbox_px: [40, 10, 5, 5], comment: "at the seam" })
    const clash = shown(refusal({ bbox_px: [11, 10, 8, 8], comment: "seen twice" }), card({ annotation: theirs }))
    assert.deepEqual([clash.mine.words, clash.mine.comment, clash.mine.marks], ["Pit", "seen twice", [{ box: [11, 10, 8, 8], shape: null, code: "pit" }]])
    assert.deepEqual([clash.theirs.who, clash.theirs.words, clash.theirs.comment, clash.theirs.marks[0].box], ["maria", "Void", "at the seam", [40, 10, 5, 5]])
    assert.deepEqual([clash.around, clash.place, clash.title], [[10, 10, 35, 8], "L1 · W07", "maria decided this as well"])
  })
  test("are there from the answer alone, while the card cannot be had", () => assert.deepEqual([shown(refusal(), null).theirs.words, shown(refusal(), null).mine.words], ["Nuisance", "Pit"]))
  test("are as the newer of answer and card says", () => {
    const later = card({ revision: 6, annotation: maria({ author: "nori", verdict: "defect", class_code: "void" }) })
    assert.deepEqual([shown(refusal(), later).theirs.who, shown(refusal(), card({ revision: 2, annotation: null, opinions: [] })).theirs.who], ["nori", "maria"])
  })
  test("of a dispute have the last opinion that is not mine", () => {
    const opinions = [maria(), maria({ number: 2, author: "nori", verdict: "defect", class_code: "void" }), maria({ number: 3, author: "me" })]
    const clash = shown(refusal(), card({ revision: 5, state: "disputed", annotation: null, opinions }))
    assert.deepEqual([clash.theirs.who, clash.note], ["nori", "1 other spoke of it as well; its history has them."])
  })
  test("have the box around a shape", () => {
    const shape = { kind: "polygon", points_px: [[20, 20], [30, 20], [30, 40]] }
    assert.deepEqual(shown(refusal({ shape })).mine.marks, [{ box: [20, 20, 10, 20], shape, code: "pit" }])
  })
  test("of a nuisance mark no place", () => assert.deepEqual([shown(refusal({ verdict: "nuisance", class_code: undefined })).mine.marks, shown(refusal()).theirs.marks], [[], []]))
  for (const [name, edit, words] of [
    ["a split", { kind: "split", verdict: undefined, bbox_px: [10, 10, 4, 8], parts: [{ class_code: "scratch", bbox_px: [14, 10, 4, 8] }] }, "Two defects: Pit and Scratch"],
    ["a merge", { kind: "merge", verdict: undefined, bbox_px: [10, 10, 9, 9], detections: ["d1", "d2"] }, "3 boxes, one defect: Pit"],
    ["what was missed", { kind: "missed", verdict: undefined, new_task: "n", bbox_px: [1, 1, 4, 4] }, "Missed here: Pit"],
    ["a whole image", { verdict: "complete", class_code: undefined }, "Nothing missing"],
  ]) test(`say ${name} in plain words`, () => assert.equal(shown(refusal(edit)).mine.words, words))
  test("of a split mark every part", () => assert.equal(shown(refusal({ kind: "split", bbox_px: [10, 10, 4, 8], parts: [{ class_code: "scratch", bbox_px: [14, 10, 4, 8] }] })).mine.marks.length, 2))
})

describe("mine", () => {
  const agreed = card({ annotation: maria({ verdict: "defect", class_code: "pit", bbox_px: [10, 10, 8, 7] }) })
  test("may be kept beside theirs, and goes to a lead where they differ", () => assert.deepEqual(shown(refusal()).first, { act: "keep", label: "Keep mine", text: "You differ, so a lead decides" }))
  test("counts as well where both say the same", () => assert.equal(shown(refusal(), agreed).first.label, "Keep mine too"))
  test("is sent upon what stands now, as it was said", () => {
    const one = refusal({ comment: "seen twice", took_ms: 900 })
    assert.deepEqual(refusals.sentAnew(one, null), { ...one.edit, seen_revision: 4 })
    assert.equal(refusals.sentAnew(one, card({ revision: 6 })).seen_revision, 6)
  })
  test("that was missed is sent as it is", () => {
    const one = refusal({ kind: "missed", seen_revision: undefined, new_task: "n" }, { code: "conflict", current: undefined })
    assert.deepEqual([refusals.sentAnew(one, card()), shown(one).first.act, shown(one).theirs], [one.edit, "keep", null])
  })
  for (const [name, problem, task, first] of [
    ["cannot be kept where a lead ruled first: it is told", { current: head({ state: "validated", annotation: maria({ layer: "adjudication" }) }) }, card({ state: "validated" }), "tell"],
    ["cannot be kept where it is accepted", { code: "task_locked", current: head({ state: "accepted" }) }, card({ state: "accepted" }), "tell"],
    ["cannot be kept in others' hands", { code: "not_held" }, card({ state: "open" }), "tell"],
    ["cannot be told of what is not there", { code: "not_found", current: undefined }, null, undefined],
    ["cannot be told without a line", { code: "task_locked", current: head({ state: "accepted" }) }, null, undefined],
    ["that could not be read is said anew", { code: "invalid", current: undefined }, card(), "again"],
  ]) test(name, () => assert.equal(shown(refusal({}, problem), task).first?.act, first))
  test("is told to whoever closed it", () => assert.equal(shown(refusal({}, { code: "task_locked", current: head({ state: "accepted" }) }), card({ state: "accepted", steps: [{ author: "lena" }] })).first.label, "Tell lena"))
  test("that is closed says so, whoever was first", () => assert.match(shown(refusal({}, { current: head({ state: "validated" }) }), card({ state: "validated" })).note, /validated: nobody changes it/))
  test("can always be put away", () => assert.deepEqual([shown(refusal()).take.label, shown(refusal({}, { code: "not_found", current: undefined }), null).take.label], ["Take theirs", "Put mine away"]))
})

describe("a merge of which somebody has decided another box", () => {
  const other = head({ id: "o" })
  const one = (detections) => refusal({ kind: "merge", verdict: undefined, bbox_px: [0, 0, 50, 50], detections }, { current: other })
  const task = card({ id: "o", detection: { id: "d2" } })
  test("says so, and asks for that box", () => assert.deepEqual([shown(one(["d1", "d2"]), task).title, refusals.aboutOf(one(["d2"]))], ["maria decided one of the boxes you merged", "o"]))
  test("goes on without it, its box round those that remain", () => {
    const sent = refusals.sentAnew(one(["d1", "d2"]), task)
    assert.deepEqual([sent.kind, sent.detections, sent.bbox_px, sent.seen_revision], ["merge", ["d1"], undefined, 1])
  })
  test("becomes a decision where nothing else remains", () => {
    const { kind, verdict, class_code: code, detections } = refusals.sentAnew(one(["d2"]), task)
    assert.deepEqual([kind, verdict, code, detections, shown(one(["d2"]), task).first.label], ["decide", "defect", "pit", undefined, "Keep mine by itself"])
  })
  test("waits for the line to say which it was", () => assert.equal(shown(one(["d1", "d2"]), null).first, null))
})

describe("a comment in the place of a word", () => {
  const closed = card({ state: "accepted", steps: [{ author: "nori" }, { author: "lena" }] })
  test("names who closed it, and says both words", () => assert.equal(refusals.tellText(shown(refusal({ comment: "seen twice" }), closed), closed, "me"), "@lena I say Pit (“seen twice”), maria Nuisance. Please look at it again: "))
  test("names who said what stands", () => assert.equal(refusals.closerOf(card(), shown(refusal()).theirs, "me"), "maria"))
  test("names neither me nor a program", () => assert.deepEqual([refusals.closerOf(card({ state: "accepted", steps: [{ author: "me" }] }), null, "me"), refusals.closerOf(card(), { author: "service:import" }, "me")], ["", ""]))
})

describe("what was done is said", () => {
  test("of mine that goes out again", () => assert.equal(refusals.keptWords(shown(refusal())), "Yours goes out again. You differ, so a lead decides."))
  test("of mine that is put away", () => assert.equal(refusals.takenWords(shown(refusal())), "Yours is put away: Pit. maria’s stands: Nuisance."))
})

describe("the sitting", () => {
  const image = { width_px: 100, height_px: 100 }
  const task = (id) => ({ id, revision: 1, state: "open", class_code: "pit", bbox_px: [0, 0, 9, 9], image, wafer: { id: "w" } })
  const start = review.withTasks(review.emptyReview(), { tasks: [task("t"), task("u")], open: 0 })
  test("shows a word that was put away no more as mine, nor takes it back", () => {
    const after = refusals.stoodDown(review.decide(start, { verdict: "defect" }, 1).state, refusal())
    assert.deepEqual([review.saidOf(after, "t"), review.undo(after, 2).entry, review.waiting(after)], [null, null, ["u"]])
  })
  test("asks again about a defect whose merge was put away: nobody has decided it", () => {
    const { state, edit } = review.join(start, { class_code: "pit", bbox_px: [0, 0, 9, 9], detections: ["d2"] }, 1)
    assert.deepEqual(review.waiting(refusals.stoodDown(state, refusal(edit, { current: head({ id: "o" }) }))), ["t", "u"])
  })
  test("loses the missed defect that was put away", () => {
    const { state, edit } = review.miss(start, { id: "n", class_code: "pit", bbox_px: [1, 1, 2, 2] })
    const after = refusals.stoodDown(state, refusal(edit, { code: "invalid", current: undefined }))
    assert.deepEqual([review.addedOf(after, "t"), after.trail], [[], []])
  })
  test("has a task on the screen again that has to be said anew", () => assert.equal(refusals.broughtBack(start, task("x"), 5).at, "x"))
})

describe("a word about many that was refused as a whole", () => {
  const many = { seq: 3, at: "2026-11-22T09:01:00Z", edit: { kind: "bulk", wafer: "w", tasks: [{ task: "t" }, { task: "u" }], verdict: "nuisance" }, problem: { code: "forbidden", title: "No", detail: "Not yours." } }
  const { title, mine, first, theirs, note } = shown(many, null)
  test("says what it was, and may be sent again", () => assert.deepEqual([title, mine.words, mine.marks, first.act, theirs, note], ["This was not taken", "2 findings of a wafer: Nuisance", [], "keep", null, "Not yours."]))
  test("is put away without a change to the sitting", () => {
    const state = review.emptyReview()
    assert.equal(refusals.stoodDown(state, many), state)
  })
})
