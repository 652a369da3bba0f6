import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { figuresOf, flippedCount, flipsText, nothing, placeOf, saidText } from "../../static/inspection/flipped_state.js"

const TOTALS = { runs: 4, compared: 4, flipped: 2, bands_changed: 1, gone: 3, new: 1, class: 0, band: 0, same: 6 }
const flips = (values) => ({ flips: { same: 1, band: 0, class: 0, gone: 0, new: 0, ...values } })

describe("flipped calls", () => {
  it("are summed up; of a job under way with how much is compared", () => {
    assert.deepEqual(figuresOf(TOTALS).slice(0, 4), [["4", "runs compared"], ["2", "with a flipped call"], ["1", "in another band as a whole"], ["3", "calls gone"]])
    assert.equal(figuresOf({ ...TOTALS, compared: 1 })[0][0], "1 of 4")
  })
  it("are said of each run", () => {
    assert.equal(flipsText(flips({ gone: 2, class: 1 })), "2 gone, 1 of another class")
    assert.equal(flipsText(flips({})), "nothing flipped")
    assert.equal(flippedCount(flips({ gone: 2, class: 1 })), 3)
  })
  it("are none for a reason", () => {
    assert.equal(nothing(TOTALS), null)
    assert.equal(nothing({ ...TOTALS, compared: 0, flipped: 0 })[0], "Nothing to compare yet")
    assert.match(nothing({ ...TOTALS, flipped: 0, compared: 2 })[1], /all 2 runs so far/)
  })
  it("say what each version does", () => {
    assert.equal(saidText({ class_name: "Scratch", confidence: 0.912, band: "reject" }), "Scratch 0.91, reject")
    assert.equal(saidText(null), "Nothing here")
  })
  it("show one place in both pictures", () => {
    assert.deepEqual(placeOf({ before: { bbox_px: [10, 10, 20, 20] }, after: { bbox_px: [5, 15, 10, 30] } }), [5, 10, 25, 35])
    assert.deepEqual(placeOf({ before: null, after: { bbox_px: [5, 15, 10, 30] } }), [5, 15, 10, 30])
  })
})
