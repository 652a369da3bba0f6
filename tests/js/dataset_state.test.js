import assert from "node:assert/strict"
import { describe, test } from "node:test"

import { diffExamples, diffLines, exportCell, figuresOf, leakOf, plotsOf } from "../../static/annotations/dataset_state.js"

const counts = {
  images: { train: 6, test: 2 }, objects: { train: 9, test: 1 }, complete: { train: 6, test: 1 }, nuisances: { train: 2 },
  classes: { train: { pit: 5, crack: 4 }, test: { pit: 1 } }, lots: { train: { A: 6 }, test: { B: 2 } },
  sizes: { pit: { 4: 3, 16: 3 }, crack: { 16: 4 } }, per_image: { 0: 1, 10: 2, 2: 4, 20: 1 }, authors: { ann: 3, bob: 7 }, layers: { M1: 8 },
  confidence: { 9: 8, none: 2 }, days: { "2026-11-21": 4, "2026-11-20": 6 },
}
const plot = (file) => plotsOf(counts, { nameOf: (code) => code.toUpperCase(), code: "D" }).find((one) => one.file === `D-${file}`)

describe("figures", () => {
  test("warn where something on an image waits for a word", () => assert.deepEqual(figuresOf(counts).at(-1), ["87.5 %", "of the images complete", "warn"]))
  test("tell what the proof found, and what was left out", () => {
    assert.match(leakOf({ checked: { lots: 2, pictures: 8 }, duplicates: 1 }).words, /none of its 2 lots and 8 pictures is in two splits\. 1 image was left out/)
    assert.match(leakOf({}).words, /would not have been built\. No image was there twice/)
  })
})

describe("plots", () => {
  test("show classes by split, the most frequent first, absent ones as 0", () => {
    assert.deepEqual([plot("classes").categories, plot("classes").series], [["PIT", "CRACK"], [{ name: "Train", values: [5, 4] }, { name: "Test", values: [1, 0] }]])
  })
  test("show octaves without a gap", () => assert.deepEqual([plot("sizes").categories, plot("sizes").series[0].values], [["4 to 8", "8 to 16", "16 to 32"], [3, 0, 7]]))
  test("show every tenth of confidence, and what people found apart", () => {
    assert.equal(plot("confidence").categories.length, 11)
    assert.deepEqual([plot("confidence").categories.at(-1), plot("confidence").series[0].values.slice(-2)], ["none", [8, 2]])
  })
  test("count up defects per image, and days in their order", () => {
    assert.deepEqual(plot("per-image").categories, ["0", "2", "10", "20+"])
    assert.deepEqual(plot("days").categories, ["2026-11-20", "2026-11-21"])
  })
  test("leave out what there is nothing of", () => assert.deepEqual(plotsOf({}, { nameOf: String, code: "D" }), []))
})

describe("a file", () => {
  test("is offered, followed or tried again", () => {
    assert.equal(exportCell(null).kind, "none")
    assert.equal(exportCell({ state: "building", progress: { done: 0, total: 4, share: 0 } }).words, "Waiting for a worker")
    assert.equal(exportCell({ state: "building", progress: { done: 2, total: 4, share: 0.5 } }).share, 0.5)
    assert.deepEqual(exportCell({ state: "failed", error: { detail: "Too large." } }), { kind: "failed", words: "Too large." })
    assert.equal(exportCell(null, { isManifest: true }).kind, "ready")
  })
})

describe("a comparison", () => {
  test("tells what differs and nothing that does not", () => {
    const found = { images: { same: 3, added: 1, removed: 0, changed: 2, moved: 1 }, moved: { "train to test": 1 }, objects: { added: 0, removed: 0, reclassed: 2, redrawn: 0 } }
    assert.deepEqual(diffLines(found).map(([count, words]) => `${count} ${words}`), ["3 images are the same", "1 images are new", "2 images are said otherwise", "1 went from train to test", "2 defects of another class"])
  })
  test("draws what stayed, went and came", () => {
    const said = (...objects) => ({ split: "train", objects, nuisances: [] })
    const pictures = { i: { width_px: 9, height_px: 9, before: said(["pit", [1, 1, 2, 2], "a"], ["pit", [3, 3, 2, 2], "b"], ["pit", [5, 5, 2, 2], "c"]), after: said(["pit", [1, 1, 2, 2], "a"], ["crack", [3, 3, 2, 2], "b"]) } }
    const [group, ...rest] = diffExamples({ examples: { added: [], removed: [], changed: ["i", "unseen"], moved: [] }, pictures })
    assert.deepEqual(rest, [])
    assert.deepEqual(group.shots[0].boxes.map(({ state, code }) => `${state} ${code}`), ["kept pit", "gone pit", "new crack", "gone pit"])
  })
})
