import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { bodyOf, fieldErrors, formOf, openText, orderText, overlapText, selectionText } from "../../static/annotations/queues_state.js"
import { wordFor } from "../../static/annotations/review_state.js"
import { annotationWords, leftText, lostWords, matching, paceText, refusalTitle } from "../../static/annotations/review_words.js"
import { reasonsAmong, withReason } from "../../static/shared/reasons.js"

const nameOf = (code) => ({ pit: "pits", crack: "cracks" })[code]

describe("a queue in words", () => {
  test("counts what waits as far as it was counted", () => assert.deepEqual([openText({ open: 12, open_is_more: false, mine: 3 }), openText({ open: 1000, open_is_more: true })], ["15", "1\u202f000+"]))
  test("says what comes first", () => {
    const orders = [{ value: "severity", label: "Gravest first" }, { value: "novelty", label: "What is newest in kind" }]
    assert.deepEqual(["severity", "novelty", "other"].map((order) => orderText(order, orders)), ["Gravest first", "What is newest in kind comes first", "other"])
  })
  for (const [name, selection, text] of [
    ["takes everything", {}, "All classes"],
    ["takes some of it", { classes: ["pit", "crack"], bands: ["reject"], tools: ["BF-01"], min_confidence: 0.3, max_confidence: 0.7 }, "Pits and cracks rejected of tool BF-01, 0.30 to 0.70 sure"],
    ["takes what versions disagree about", { bands: ["review"], min_disagreement: 0.3 }, "All classes for review, versions disagree by 0.30 or more"],
    ["takes some places", { recipes: ["R1"], layers: ["M1", "M2"] }, "All classes of recipe R1 and layer M1 and M2"],
  ]) test(name, () => assert.equal(selectionText(selection, nameOf), text))
})

describe("second opinions in words", () => {
  for (const [name, queue, text] of [["none", { overlap_share: 0, overlap_reviewers: 2 }, ""], ["some", { overlap_share: 0.205, overlap_reviewers: 3 }, "20.5 % seen by 3"], ["all", { overlap_share: 1, overlap_reviewers: 2 }, "All seen by 2"]])
    test(name, () => assert.equal(overlapText(queue), text))
})

describe("the form of a queue", () => {
  const queue = { code: "Q", name: "Doubtful", order: "oldest", lease_s: 900, overlap_share: 0.205, overlap_reviewers: 3, audit_rate: 0.05, audit_share: 0.1, gold_rate: 0.02, repeat_rate: 0.03, repeat_after_s: 1800, version: 3, selection: { tools: ["BF-01"], min_confidence: 0.2, max_confidence: 1, min_disagreement: 0.4 } }
  test("sends back what it was given", () => assert.deepEqual(bodyOf(formOf(queue), queue), { seen_version: 3, name: "Doubtful", order: "oldest", lease_s: 900, overlap_share: 0.205, overlap_reviewers: 3, audit_rate: 0.05, audit_share: 0.1, gold_rate: 0.02, repeat_rate: 0.03, repeat_after_s: 1800, selection: { recipes: [], layers: [], tools: ["BF-01"], classes: [], bands: [], min_confidence: 0.2, max_confidence: 1, min_disagreement: 0.4 } }))
  test("of a new one sends a code and no version", () => assert.deepEqual(Object.keys(bodyOf({ ...formOf(null), code: " Q " }, null)), ["code", "name", "order", "selection", "lease_s", "overlap_share", "overlap_reviewers", "audit_rate", "audit_share", "gold_rate", "repeat_rate", "repeat_after_s"]))
  test("of a queue from before there was such a choice takes whatever versions say", () => assert.equal(formOf({ ...queue, selection: {} }).differ, 0))
  test("puts the lesser confidence first", () => assert.deepEqual(bodyOf({ ...formOf(null), least: 0.9, most: 0.1 }, null).selection.min_confidence, 0.1))
  test("says what is wrong beside its field, however deep it lies", () => assert.deepEqual(fieldErrors({ code: ["Taken."], selection: { min_confidence: ["Too low."], min_disagreement: ["Too high."] }, lease_s: ["Too short."], other: ["No."] }), { code: "Taken.", least: "Too low.", differ: "Too high.", minutes: "Too short.", form: "No." }))
  test("knows a field by a path with dots too", () => assert.deepEqual(fieldErrors({ "selection.tools": ["Unknown."], "selection.bands.0": ["No such."] }), { tools: "Unknown.", bands: "No such." }))
})

describe("a whole image", () => {
  const image = { kind: "image" }
  test("is complete by the key that confirms, and by no other", () => assert.deepEqual([wordFor(image, { verdict: "defect" }), wordFor(image, { verdict: "nuisance" }), wordFor(image, { verdict: "defect", class_code: "pit" })], [{ verdict: "complete" }, null, null]))
  test("is not what a defect is", () => assert.deepEqual(wordFor({ kind: "detection" }, { verdict: "nuisance" }), { verdict: "nuisance", class_code: undefined }))
  test("is told as such", () => assert.equal(annotationWords({ verdict: "complete" }, nameOf), "said that nothing is missing"))
})

describe("words of the review", () => {
  test("what waits is not known before it was asked for", () => assert.deepEqual([leftText(null), leftText(1000, true)], ["–", "1\u202f000+"]))
  test("the pace has a tenth while it is quick", () => assert.deepEqual([paceText(null), paceText(1.44), paceText(240.2)], ["–", "1.4", "240"]))
  test("history says what was done", () => assert.deepEqual([{ verdict: "nuisance" }, { verdict: "defect", change: "redrawn", class_code: "pit" }, { verdict: "withdrawn" }].map((one) => annotationWords(one, nameOf)), ["called it a nuisance", "drew the box anew: pits", "took the decision back"]))
  test("reasons begin with the last", () => assert.deepEqual([reasonsAmong(["b", "x"], ["a", "b"]), withReason(["a", "b", "c"], "b")], [["b", "x", "a"], ["b", "a", "c"]]))
  test("a class is meant by its key, its beginning or a part of it, in this order", () => {
    const classes = [{ code: "edge_chip", name: "Edge chip", key: "6" }, { code: "chip", name: "Chip", key: "7" }, { code: "stain", name: "Stain", key: "4" }]
    assert.deepEqual([matching(classes, "chi"), matching(classes, "4"), matching(classes, "")].map((found) => found.map(({ code }) => code)), [["chip", "edge_chip"], ["stain"], ["edge_chip", "chip", "stain"]])
  })
  test("a refusal names who was first", () => assert.equal(refusalTitle({ code: "stale_task", current: { annotation: { author: "maria" } } }), "maria decided this as well"))
})

test("whoever looks at what somebody else has decided is told the key that goes on, as they have chosen it", () => {
  assert.equal(lostWords("shown", "ann", "→"), "ann has just decided what you look at. → goes on.")
  assert.equal(lostWords("waiting", "ann", "→"), "ann has decided one that you held.")
  assert.equal(lostWords("mine", "ann", "→"), "")
})
