import assert from "node:assert/strict"
import { test } from "node:test"
import { appealActs, appealKind, appealWords, appealsSaid, glance, goldWords, itemsTitle, measureRows, ownVoices, shareLevel } from "../../static/annotations/scorecard_state.js"

const estimate = (value, low = value, high = value) => ({ value, low, high })
const none = estimate(null)
const card = { days: 30, is_sample: false, decisions: 244, median_ms: 1100, slow_ms: null, peers: { items: 40, agreed: estimate(0.9, 0.8, 0.95), kappa: estimate(0.81) }, rulings: { items: 12, agreed: estimate(1, 0.7, 1) }, gold: { items: 3, agreed: none, told: 0, least: 5 }, repeats: { items: 0, agreed: none, kappa: none } }

test("a share is judged only where its interval lets it", () => {
  assert.equal(shareLevel(estimate(0.9, 0.85, 0.95)), "good")
  assert.equal(shareLevel(estimate(0.5, 0.4, 0.6)), "poor")
  assert.equal(shareLevel(estimate(0.5, 0.2, 0.8)), "unsure")
  assert.equal(shareLevel(none), "none")
})

test("what a word is held against leads to the items where it was another, if there are any", () => {
  const rows = measureRows(card, { isOwn: true })
  assert.deepEqual(rows.map(({ key, isOpenable, note }) => [key, isOpenable, note]), [["peers", true, "40"], ["rulings", false, "12"], ["gold", false, "3"], ["repeat", false, "0"]])
  assert.equal(rows[3].label, "Myself, shown again")
  assert.equal(measureRows(card, { isOwn: false })[3].label, "Themselves, shown again")
})

test("unknown is never shown as 0", () => {
  assert.deepEqual(glance(card).map(({ value }) => value), ["244", "1.10 s", "–", "0.81", "–"])
  assert.equal(glance({ ...card, is_sample: true })[0].value, "> 244")
  const sure = glance({ ...card, peers: { ...card.peers, kappa: estimate(0.81, 0.7, 0.9) } })
  assert.deepEqual(sure.map(({ range }) => range), [undefined, undefined, undefined, "0.70 to 0.90", "too few to tell how sure"])
})

test("a score of known answers says what it is made of, and what is not told yet", () => {
  assert.match(goldWords(card.gold), /from 5 on; 3 of days that are over/)
  assert.match(goldWords({ items: 9, least: 5, told: 2 }), /2 of those answered otherwise can be seen/)
})

test("items of known answers and repeats show the words that are compared, and only one's own are contested", () => {
  const item = { said: { verdict: "nuisance" }, against: { verdict: "defect" } }
  assert.deepEqual(ownVoices("gold", item, { isOwn: true, reviewer: "ann" }).map(({ who }) => who), ["You said", "Known answer"])
  assert.deepEqual(ownVoices("repeat", item, { isOwn: false, reviewer: "ann" }).map(({ who, said }) => [who, said.verdict]), [["ann, at first", "defect"], ["ann, shown again", "nuisance"]])
  assert.deepEqual(ownVoices("peers", item, { isOwn: true }), [])
  assert.equal(appealKind("rulings", { isOwn: true, mayAppeal: true }), "ruling")
  assert.equal(appealKind("rulings", { isOwn: false, mayAppeal: true }), null)
  assert.equal(appealKind("peers", { isOwn: true, mayAppeal: true }), null)
  assert.match(itemsTitle("gold", { isOwn: false, reviewer: "ann" }), /than ann’s/)
})

test("an appeal is answered by a lead, taken back by its author, and left alone once it is answered", () => {
  const open = { kind: "ruling", state: "open", author: "ann" }
  assert.deepEqual(appealActs(open, { me: "ann", mayAnswer: true }), ["withdraw"])
  assert.deepEqual(appealActs(open, { me: "lea", mayAnswer: true }), ["uphold", "overturn"])
  assert.deepEqual(appealActs({ ...open, contests: "lea" }, { me: "lea", mayAnswer: true }), ["overturn"])
  assert.deepEqual(appealActs(open, { me: "bob", mayAnswer: false }), [])
  assert.deepEqual(appealActs({ ...open, state: "upheld" }, { me: "lea", mayAnswer: true }), [])
  assert.equal(appealWords({ ...open, state: "overturned" }, { me: "ann" }), "Ruling: you were right")
  assert.equal(appealWords({ ...open, state: "overturned" }, { me: "lea" }), "Ruling: ann was right")
})

test("a list of appeals that could not be had is not said to be empty", () => {
  assert.equal(appealsSaid([], { mayAnswer: true, problem: { message: "Try again." } }), "Appeals could not be loaded. Try again.")
  assert.equal(appealsSaid([], { mayAnswer: true, problem: null }), "Nobody contests anything.")
  assert.equal(appealsSaid([{ state: "open" }, { state: "upheld" }], { mayAnswer: false, problem: null }), "1 waits for an answer")
})
