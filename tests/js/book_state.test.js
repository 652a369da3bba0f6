import assert from "node:assert/strict"
import { test } from "node:test"
import * as book from "../../static/annotations/book_state.js"

const page = { class_code: "pit", definition: "A hole", look_for: "", counts: { example: 5, counter: 1, borderline: 0 }, examples: [{ id: "a", kind: "example" }, { id: "b", kind: "counter" }] }

test("items stand by kind, and kinds without any are asked for", () => {
  assert.deepEqual(book.itemsByKind(page).map(({ kind, items, count }) => [kind, items.length, count]), [["example", 1, 5], ["counter", 1, 1]])
  assert.equal(book.itemsByKind(page, { all: true }).length, 3)
})

test("a class of which nothing is known has no card", () => {
  assert.equal(book.isWritten(page), true)
  assert.equal(book.isWritten({ ...page, definition: "", examples: [] }), false)
  assert.equal(book.isWritten(undefined), false)
})

test("a card without words names the key that fills it, where there is one", () => {
  assert.match(book.emptyWords("⇧B"), / ⇧B puts what is on the screen/)
  assert.equal(book.emptyWords(""), "The book says nothing of this class yet.")
})

test("what an item is in truth is said where it is something else", () => {
  const nameOf = (code) => code.toUpperCase()
  assert.equal(book.truthWords({ truth: "stain", kind: "counter" }, "pit", nameOf), "STAIN")
  assert.equal(book.truthWords({ truth: "nuisance", kind: "counter" }, "pit", nameOf), "Nuisance")
  assert.equal(book.truthWords({ truth: "pit", kind: "example" }, "pit", nameOf), "")
})

test("a card lies in the corner by its key, and leaves it where it would hide the defect", () => {
  const place = (seen, keyX = 100) => book.cardPlace([300, 200], [1000, 800], seen, keyX)
  assert.deepEqual(place([450, 350, 100, 100]), { x: 12, y: 588 })
  assert.deepEqual(place([450, 350, 100, 100], 900), { x: 688, y: 588 })
  assert.deepEqual(place([0, 600, 200, 200]), { x: 688, y: 588 })
  assert.deepEqual(place([0, 600, 1000, 200]), { x: 12, y: 12 })
})

test("where a card hides something everywhere it hides least", () => {
  const { x, y } = book.cardPlace([600, 500], [1000, 800], [300, 200, 690, 590], 900)
  assert.deepEqual([x, y], [12, 12])
})

test("an item is moved before its neighbour, or last", () => {
  const items = [{ id: "a" }, { id: "b" }, { id: "c" }]
  assert.equal(book.movedBefore(items, "b", -1), "a")
  assert.equal(book.movedBefore(items, "a", 1), "c")
  assert.equal(book.movedBefore(items, "b", 1), null)
  assert.equal(book.movedBefore(items, "a", -1), undefined)
})

test("an item is kept as the server takes it, and what came of it is said", () => {
  const edit = book.addedItem({ id: "i", task: "t", classCode: "pit", kind: "counter", why: "" })
  assert.deepEqual(edit, { kind: "add", id: "i", task: "t", class_code: "pit", shows: "counter" })
  assert.equal(book.addedItem({ id: "i", task: "t", classCode: "pit", kind: "counter", why: "Round" }).why, "Round")
  const said = (ack) => book.answerWords({ entry: { edit }, ack }, () => "Pit")
  assert.deepEqual(said({ state: "done", example: { id: "i" } }), { text: "Counter-example of pit: it is in the book.", isRefused: false })
  assert.deepEqual(said({ state: "refused", problem: { detail: "The page is full." } }), { text: "It is not in the book: The page is full.", isRefused: true, isToChange: true })
  assert.equal(said({ state: "refused", problem: { code: "still_blind", detail: "Others are still asked." } }).isToChange, false)
})
