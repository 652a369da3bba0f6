import assert from "node:assert/strict"
import { test } from "node:test"
import * as talk from "../../static/annotations/talk_state.js"

const image = { id: "i1" }
const thread = (values = {}) => ({ id: "t1", image, task: null, place_px: [10, 10, 20, 20], state: "open", revision: 1, author: "ann", started_at: "2026-11-21T12:00:00Z", is_unread: false, comments: [{ id: "c1", kind: "said", author: "ann", text: "What?", mentions: [], made_at: "2026-11-21T12:00:00Z", until: "2026-11-21T12:10:00Z" }], ...values })
const with1 = () => talk.withThreads(talk.emptyTalk(), "i1", [thread()])
const on = (state) => talk.threadsOn(state, { me: "bob", image })

test("what is laid down is shown at once, and once when it is answered", () => {
  const entry = { seq: 1, edit: { kind: "reply", thread: "t1", comment: "c2", text: "A residue", at: "2026-11-21T12:01:00Z" } }
  const waiting = talk.withPending(with1(), entry)
  assert.deepEqual(on(waiting)[0].comments.map(({ text, isPending = false }) => [text, isPending]), [["What?", false], ["A residue", true]])
  const card = thread({ revision: 2, comments: [...thread().comments, { id: "c2", kind: "said", author: "bob", text: "A residue", mentions: [] }] })
  const done = talk.answered(waiting, { entry, ack: { state: "done", thread: card } })
  assert.deepEqual(on(done)[0].comments.map(({ text, isPending = false }) => [text, isPending]), [["What?", false], ["A residue", false]])
})

test("a thread that is begun without a line has its pin, in the order of time", () => {
  const entry = { seq: 1, edit: { kind: "start", thread: "t2", comment: "c9", image: "i1", place_px: [1, 1, 0, 0], text: "And this?", at: "2026-11-21T12:05:00Z" } }
  assert.deepEqual(on(talk.withPending(with1(), entry)).map(({ id, pin }) => [id, pin]), [["t1", 1], ["t2", 2]])
})

test("what is refused is kept with its text and its reason", () => {
  const entry = { seq: 4, edit: { kind: "reply", thread: "t1", comment: "c2", text: "@ghost" } }
  const state = talk.answered(talk.withPending(with1(), entry), { entry, ack: { state: "refused", problem: { code: "mention_refused" } } })
  assert.deepEqual([state.pending.length, state.refused[0].edit.text], [0, "@ghost"])
  assert.equal(talk.withoutRefusal(state, 4).refused.length, 0)
})

test("an older answer does not undo a newer one", () => {
  const state = talk.withThread(with1(), thread({ revision: 3, state: "resolved" }))
  assert.equal(talk.withThread(state, thread({ revision: 2 })).threads.get("t1").state, "resolved")
})

test("resolving and taking back are seen at once", () => {
  const resolved = talk.withPending(with1(), { seq: 1, edit: { kind: "resolve", thread: "t1" } })
  const gone = talk.withPending(with1(), { seq: 1, edit: { kind: "take_back", thread: "t1", comment: "c1" } })
  assert.equal(on(resolved)[0].state, "resolved")
  assert.deepEqual([on(gone)[0].comments[0].kind, on(gone)[0].comments[0].text], ["taken_back", ""])
})

test("resolved threads have no pin unless one reads them", () => {
  const threads = [{ id: "a", state: "open" }, { id: "b", state: "resolved" }]
  assert.deepEqual(talk.pinned(threads, null).map(({ id }) => id), ["a"])
  assert.deepEqual(talk.pinned(threads, "b").map(({ id }) => id), ["a", "b"])
})

test("pins lie beside their place, apart from one another, and away when it is out of sight", () => {
  const at = { x: 0, y: 0, scale: 2 }
  const [one, other, far] = talk.pinPlaces([{ id: "a", place_px: [100, 100, 50, 50] }, { id: "b", place_px: [100, 100, 50, 50] }, { id: "c", place_px: [900, 900, 5, 5] }], at, [800, 600])
  assert.ok(one.x - 11 > 300, "outside of the box")
  assert.ok(other.x - one.x >= 22)
  assert.deepEqual([one.isSeen, far.isSeen], [true, false])
})

test("a point in sight has its pin in sight, at the edge too", () => {
  const [pin] = talk.pinPlaces([{ id: "a", place_px: [400, 0, 0, 0] }], { x: 0, y: 0, scale: 2 }, [800, 600])
  assert.deepEqual([pin.isSeen, pin.x <= 800, pin.y >= 0], [true, true, true])
})

test("words lie on the side away from the place", () => {
  assert.equal(talk.sideFor([700, 10, 20, 20], 800), "left")
  assert.equal(talk.sideFor([10, 10, 20, 20], 800), "right")
})

test("a place is a box, or a point where hardly anything was drawn, and stays on the image", () => {
  const image = { widthPx: 100, heightPx: 100, leastPx: 4 }
  assert.deepEqual(talk.placeOf([90, 90], [120, 50], image), [90, 50, 10, 40])
  assert.deepEqual(talk.placeOf([10, 10], [11, 11], image), [11, 11, 0, 0])
  assert.deepEqual(talk.movedPlace([90, 90, 10, 10], [5, -5], image), [90, 85, 10, 10])
})

test("names are completed where they are written", () => {
  const people = [{ username: "reviewer", full_name: "Ann Lee" }, { username: "lead", full_name: "Bob Ray" }]
  assert.deepEqual(talk.nameAt("look @le", 8), { from: 5, part: "le" })
  assert.equal(talk.nameAt("a@b", 3), null)
  assert.deepEqual(talk.peopleFor(people, "le").map(({ username }) => username), ["lead", "reviewer"])
  assert.deepEqual(talk.completed("look @le please", 8, "lead"), { text: "look @lead please", caret: 11 })
  assert.deepEqual(talk.unknownNames("@lead and @ghost, a@b.c", people), ["ghost"])
})

test("only names that were heard are shown as names", () => {
  assert.deepEqual(talk.partsOf({ text: "@lead see @5", mentions: ["lead"] }), [{ text: "@lead", isName: true }, { text: " see ", isName: false }, { text: "@5", isName: false }])
})

test("a comment of one's own is taken back in time", () => {
  const [comment] = thread().comments
  assert.equal(talk.mayTakeBack(comment, "ann", Date.parse("2026-11-21T12:09:00Z")), true)
  assert.equal(talk.mayTakeBack(comment, "ann", Date.parse("2026-11-21T12:11:00Z")), false)
  assert.equal(talk.mayTakeBack(comment, "bob", Date.parse("2026-11-21T12:01:00Z")), false)
})
