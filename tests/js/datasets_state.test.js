import assert from "node:assert/strict"
import { describe, test } from "node:test"

import { bodyOf, chosenText, fieldErrors, formErrors, formOf, freeCode, freezeWord, previewRows, splitsText, stateOf, warningText } from "../../static/annotations/datasets_state.js"

const form = (values) => bodyOf({ ...formOf({ code: "A" }), ...values })

describe("a row of the list", () => {
  test("says how far it is once that is known", () => {
    assert.deepEqual(stateOf({ state: "building", progress: { done: 0, total: 0, share: 0 } }), { word: "Gathering", kind: "building", share: null })
    assert.deepEqual(stateOf({ state: "building", progress: { done: 2, total: 8, share: 0.25 } }), { word: "2 of 8 images", kind: "building", share: 0.25 })
    assert.equal(stateOf({ state: "failed", progress: {} }).word, "Failed")
  })
  test("shows unknown counts as a dash, never as 0", () => {
    assert.equal(splitsText({}), "–")
    assert.equal(splitsText({ train: 7, test: 1 }), "7 · 0 · 1")
  })
  test("says what was chosen", () => {
    assert.equal(chosenText({ classes: ["pit"], layers: ["M3"], states: ["accepted"] }, (code) => `${code}s`), "Pits of layer M3, accepted")
    assert.equal(chosenText({ lots: ["A", "B"], states: ["decided", "accepted"], since: "x" }, String), "All classes, of 2 lots, decided or accepted, received from x")
  })
})

describe("the form", () => {
  test("begins with a code that nobody has", () => {
    const now = new Date("2026-11-22T10:00:00Z")
    assert.equal(freeCode(now, []), "SET-2026-11-22")
    assert.equal(freeCode(now, ["SET-2026-11-22", "SET-2026-11-22-2"]), "SET-2026-11-22-3")
  })
  test("sends shares that make exactly 1 and leaves out what takes all", () => {
    assert.deepEqual(form({ train: "80", validation: "10", test: "10", layers: ["M1"], seed: "4" }), {
      code: "A", name: "", seed: 4, shares: [0.8, 0.1, 0.1], selection: { layers: ["M1"], states: ["accepted"] },
    })
  })
  test("keeps of a suggestion what has no field of its own", () => {
    assert.deepEqual(bodyOf(formOf({ code: "A" }), { bands: ["reject"] }).selection, { bands: ["reject"], states: ["accepted"] })
  })
  test("sends local times as moments and shows them again", () => {
    const { since } = form({ since: "2026-11-22T10:30" }).selection
    assert.equal(formOf({ code: "A", selection: { since } }).since, "2026-11-22T10:30")
  })
  test("says what is wrong before it asks", () => {
    assert.deepEqual(Object.keys(formErrors(form({ code: " ", train: "80", seed: "1.5", states: [] }))), ["code", "shares", "seed", "states"])
    assert.match(formErrors(form({ train: "80" })).shares, /110/)
    assert.deepEqual(formErrors(form({})), {})
    assert.ok(formErrors(form({ since: "2026-11-22T10:30", until: "2026-11-22T10:30" })).since)
  })
  test("in spite of a warning needs a name, and its button says so", () => {
    const isNameNeeded = true
    assert.deepEqual([Object.keys(formErrors(form({}), { isNameNeeded })), formErrors(form({ name: "Trial" }), { isNameNeeded })], [["name"], {}])
    assert.deepEqual([freezeWord(0), freezeWord(2)], ["Freeze", "Freeze all the same"])
  })
  test("finds the field of a refusal, however deep it lies", () => {
    assert.deepEqual(fieldErrors({ fields: { selection: { layers: ["There is no M9."] } } }), { layers: "There is no M9." })
    assert.deepEqual(fieldErrors({ code: "code_taken", message: "Taken." }), { code: "Taken." })
    assert.deepEqual(fieldErrors({ message: "Down." }), { form: "Down." })
  })
})

test("what is to be minded names classes as people do", () => {
  const warning = { text: "Test has none of: edge_chip, pit. More lots with them, or another seed, may help.", classes: ["edge_chip", "pit"] }
  assert.equal(warningText(warning, (code) => ({ edge_chip: "Edge chip", pit: "Pit" })[code]), "Test has none of: edge chip, pit. More lots with them, or another seed, may help.")
  assert.equal(warningText({ text: "Few." }, String), "Few.")
})

test("the table ahead begins with the most frequent class", () => {
  const rows = previewRows({ classes: { train: { pit: 2, crack: 1 }, test: { crack: 4 } } }, (code) => code)
  assert.deepEqual(rows.map(({ code, counts, sum }) => [code, counts, sum]), [["crack", [1, 0, 4], 5], ["pit", [2, 0, 0], 2]])
})
