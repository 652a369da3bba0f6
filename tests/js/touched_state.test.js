import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { askedIn, choices, figuresOf, questionOf, rerunBody, servedText, standsText, stepText, sumsNote } from "../../static/inspection/touched_state.js"

const SUMS = { runs: 3, wafers: 1, lots: 1, detections: 5, by_band: { reject: 2, review: 0, accept: 3 }, by_class: { pit: 3, scratch: 2 }, on_hold: 0, degraded: 0, is_all: true }

describe("the question", () => {
  it("is what the address and the fields say, times in UTC", () => {
    assert.deepEqual(askedIn("?tool=T1&since=2026-11-21T12:00&other=1"), { tool: "T1", since: "2026-11-21T12:00" })
    const question = questionOf({ tool: "T1", recipe_version: "", since: "2026-11-21T12:00" }, 7)
    assert.deepEqual([question.get("deployment"), question.get("tool"), question.get("since")], ["7", "T1", new Date("2026-11-21T12:00").toISOString()])
  })
  it("is none where nothing narrows it, or only what is no time", () => {
    assert.equal(questionOf({ tool: "", since: "" }, null), null)
    assert.equal(questionOf({ since: "tomorrow" }, null), null)
  })
  it("is a body for whoever judges again", () => {
    const body = rerunBody(new URLSearchParams("deployment=7&recipe_version=3&tool=T1"), { model: "visual_defects", version: "1.1.0", label: "x" })
    assert.deepEqual(body, { deployment: 7, recipe_version: 3, tool: "T1", model: "visual_defects", version: "1.1.0" })
  })
})

describe("who may judge again", () => {
  const loaded = [{ model: "visual_defects", version: "1.0.0" }, { model: "visual_defects", version: "1.1.0" }, { model: "thermal", version: "1.0.0" }]
  it("is every other version of the model that judged", () => assert.deepEqual(choices(loaded, { model: "visual_defects", version: "1.0.0" }).map(({ label }) => label), ["1.1.0"]))
  it("is every version where no deployment is asked about", () => assert.deepEqual(choices(loaded, null).map(({ label }) => label), ["visual_defects 1.0.0", "visual_defects 1.1.0", "thermal 1.0.0"]))
})

describe("sums", () => {
  it("say what is there, and warn of nothing that is not", () => {
    const figures = figuresOf(SUMS)
    assert.deepEqual(figures[0], ["1", "wafer"])
    assert.deepEqual(figures.find(([, words]) => words === "to reject"), ["2", "to reject", "alarm"])
    assert.deepEqual(figures.find(([, words]) => words === "for review"), ["0", "for review", ""])
    assert.equal(figures.some(([, words]) => words.includes("fallback")), false)
  })
  it("say where they are of a part only", () => {
    const part = { ...SUMS, runs: 5000, is_all: false }
    assert.equal(figuresOf(part)[0][0], "> 1")
    assert.match(sumsNote(part, (code) => code), /By class: pit 3 · scratch 2\. Counted over the newest 5.000 runs; there are more/)
    assert.equal(sumsNote({ ...SUMS, by_class: {} }, (code) => code), "")
  })
})

describe("a wafer", () => {
  it("says whether these runs still have the word", () => {
    assert.equal(standsText({ images: 3, images_standing: 3 })[0], "Yes")
    assert.equal(standsText({ images: 3, images_standing: 1 })[0], "1 of 3 images")
    assert.equal(standsText({ images: 3, images_standing: 0 })[0], "Judged anew since")
  })
})

describe("a deployment", () => {
  const words = { nameOf: ({ recipe }) => recipe || "everything", timeOf: (moment) => moment }
  const steps = [{}, {}]
  it("says where it serves, or served", () => {
    assert.equal(servedText({ places: [{ slot: "champion", recipe: "", since: "noon" }], tenures: [{}], steps }, words), "It is champion of everything since noon · 2 steps")
    assert.equal(servedText({ places: [], tenures: [{ until: "four" }, {}], steps }, words), "It held a place 2 times, until four · 2 steps")
    assert.equal(servedText({ places: [], tenures: [], steps }, words), "It never held a place · 2 steps")
  })
  it("tells its steps", () => {
    assert.equal(stepText({ action: "deployment.request", state: null, slot: "champion", recipe: "", reason: "Worse." }), "Asked for as champion of everything “Worse.”")
    assert.equal(stepText({ action: "deployment.change", state: "failed", error: "No room." }), "Failed: No room.")
    assert.equal(stepText({ action: "deployment.change", state: null, error: "", loaded_again: true }), "Loaded again: the server had lost it")
    assert.equal(stepText({ action: "deployment.change", state: null, error: "Triton is away." }), "Waits: Triton is away.")
  })
})
