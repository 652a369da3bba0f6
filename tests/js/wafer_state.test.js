import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as page from "../../static/inspection/wafer_state.js"

const detection = (id, values = {}) => ({ id, image: "i1", class_code: "pit", confidence: 0.5, severity: "major", ordinal: Number(id.slice(1)), size_um: 1, ...values })
const run = (...detections) => ({ id: "r1", images: [{ id: "i1" }, { id: "i2" }], detections })
const ids = (list) => list.map(({ id }) => id)
const three = page.withRun(page.emptyWafer(), run(
  detection("d1", { confidence: 0.9, severity: "minor", class_code: "stain" }), detection("d2", { confidence: 0.4, size_um: 9 }),
  detection("d3", { confidence: 0.6, severity: "critical", class_code: "open", image: "i2", size_um: null }),
))

describe("the strip", () => {
  for (const [sort, expected] of [["severity", ["d3", "d2", "d1"]], ["score", ["d1", "d3", "d2"]], ["size", ["d2", "d1", "d3"]]])
    test(`by ${sort}`, () => assert.deepEqual(ids(page.visible({ ...three, sort })), expected))
  test("holds what reaches the threshold, the threshold included", () => assert.deepEqual(ids(page.visible(page.withThreshold(three, 0.6))), ["d3", "d1"]))
  test("leaves out hidden classes", () => assert.deepEqual(ids(page.visible(page.toggleClass(three, "pit"))), ["d3", "d1"]))
})

describe("a map without marks", () => {
  const placed = { id: "i1", origin_um: [0, 0] }
  const lost = { id: "i1", origin_um: null }
  for (const [name, images, text] of [
    ["is explained where its image has no place", [lost], "This image has no place on the wafer."],
    ["is explained where none of its images has one", [lost, { ...lost, id: "i2" }], "These images have no place on the wafer."],
    ["is explained for the image that is shown alone", [lost, { ...placed, id: "i2" }], "This image has no place on the wafer."],
    ["is what it is where the image has a place", [placed, { ...lost, id: "i2" }], ""],
    ["is not explained before anything is known", undefined, ""],
  ]) test(name, () => assert.equal(page.placelessText({ run: images && { images }, imageId: "i1" }), text))
})

describe("going through the detections", () => {
  test("begins with the first", () => assert.equal(page.step(three, 1).selectedId, "d3"))
  test("begins backwards with the last", () => assert.equal(page.step(three, -1).selectedId, "d1"))
  test("follows the strip and turns to the image", () => {
    const after = page.step(page.step(three, 1), 1)
    assert.deepEqual([after.selectedId, after.imageId], ["d2", "i1"])
  })
  test("stops at the end", () => assert.equal(page.step(page.select(three, "d1"), 1).selectedId, "d1"))
  test("does nothing where there is nothing", () => assert.equal(page.step(page.withThreshold(three, 1), 1).selectedId, null))
})

describe("what is hidden is not meant", () => {
  test("when its class is switched off", () => assert.equal(page.toggleClass(page.select(three, "d2"), "pit").selectedId, null))
  test("when the threshold passes it", () => assert.equal(page.withThreshold(page.select(three, "d2"), 0.5).selectedId, null))
})

describe("one class alone", () => {
  const codes = ["pit", "stain", "open"]
  test("hides the others", () => assert.deepEqual(ids(page.visible(page.isolateClass(three, "pit", codes))), ["d2"]))
  test("twice shows all again", () => assert.equal(page.visible(page.isolateClass(page.isolateClass(three, "pit", codes), "pit", codes)).length, 3))
})

describe("a newer run", () => {
  test("keeps what the person chose", () => {
    const after = page.withRun(page.withThreshold({ ...three, imageId: "i2", sort: "size" }, 0.3), run(detection("d9")))
    assert.deepEqual([after.imageId, after.threshold, after.sort, after.selectedId], ["i2", 0.3, "size", null])
  })
  test("opens on the image with the gravest detection", () => assert.equal(three.imageId, "i2"))
  test("opens on the first image when nothing was found", () => assert.equal(page.withRun(page.emptyWafer(), run()).imageId, "i1"))
})

test("classes are counted with and without the filters", () => {
  assert.deepEqual(page.classCounts(page.withThreshold(three, 0.5)).get("pit"), { shown: 0, total: 1 })
})

describe("the list of runs", () => {
  const history = [{ run: "02", revision: 3 }, { run: "01", revision: 3 }]
  test("takes up a new run on top", () => assert.deepEqual(page.withCard(history, { run: "03", revision: 1 }).map(({ run: id }) => id), ["03", "02", "01"]))
  test("is the same after an overtaken event", () => assert.equal(page.withCard(history, { run: "02", revision: 2 }), history))
})

describe("an answer of the server", () => {
  const answer = (state, ...images) => ({ state, images: images.map(([id, run, imageState]) => ({ id, run, state: imageState })) })
  const known = answer("done", ["i1", "r1", "done"])
  test("shows the same while the same runs have the word", () => assert.ok(page.isSameAnswer(known, answer("done", ["i1", "r1", "done"]))))
  test("shows another when a newer run has it", () => assert.ok(!page.isSameAnswer(known, answer("done", ["i1", "r2", "done"]))))
  test("shows another when an image was added", () => assert.ok(!page.isSameAnswer(known, answer("done", ["i1", "r1", "done"], ["i2", "r2", "queued"]))))
  test("shows another when the one run that was asked for has ended", () => assert.ok(!page.isSameAnswer({ state: "running", images: [{ id: "i1" }] }, { state: "done", images: [{ id: "i1" }] })))
  test("shows another when nothing was known", () => assert.ok(!page.isSameAnswer(null, answer("queued"))))
})

describe("a place of the map", () => {
  const image = { id: "i1", origin_um: [0, 100], pixel_um: 1, width_px: 100, height_px: 100 }
  const known = page.withRun(page.emptyWafer(), { ...run(detection("d1", { die: [0, 0] }), detection("d2", { die: [0, 0], confidence: 0.9 })), images: [image] })
  const at = (die, place) => ({ die, place })
  test("tells what was found in its die", () => assert.equal(page.foundAt(known, at([0, 0], [50, 50])), "2 found"))
  test("tells what the filters hide", () => assert.equal(page.foundAt(page.withThreshold(known, 0.8), at([0, 0], [50, 50])), "1 of 2 found shown"))
  test("where nothing was found is told from one that no image shows", () => {
    assert.equal(page.foundAt(known, at([1, 0], [90, 90])), "nothing found")
    assert.equal(page.foundAt(known, at([1, 0], [500, 90])), "no image of this place")
  })
  test("is not known before the first answer", () => assert.equal(page.foundAt(page.emptyWafer(), at([0, 0], [50, 50])), "not known yet"))
})

describe("the head of the strip", () => {
  test("counts nothing before the first answer", () => assert.equal(page.stripTitle(page.emptyWafer()), "Defects"))
  test("counts what was found", () => assert.equal(page.stripTitle(three), "3 defects"))
  test("counts what is shown of it", () => assert.equal(page.stripTitle(page.withThreshold(three, 0.6)), "2 of 3 defects"))
  test("says how to see what is cut off", () => assert.match(page.stripNote(three, 2), /^1 more defect: raise the threshold/))
  test("says how to see what is hidden", () => assert.match(page.stripNote(page.withThreshold(three, 1), 400), /lower the threshold/))
  test("says nothing where nothing was found", () => assert.equal(page.stripNote(page.withRun(page.emptyWafer(), run()), 400), ""))
})
