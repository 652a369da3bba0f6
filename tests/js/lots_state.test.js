import assert from "node:assert/strict"
import { describe, test } from "node:test"

import { MOST_LOTS, lotRows, lotsSaid, toggled } from "../../static/annotations/lots_state.js"

const lot = (code, images = 3, product = "LOGIC") => ({ code, product, images, received_at: "2026-11-22T10:00:00Z" })
const OFFERED = [lot("B2", 4), lot("A1", 2, "SENSOR")]
const codes = (rows) => rows.map(({ code }) => code)

describe("lots to choose from", () => {
  test("are listed as they are offered, and found by code or product", () => {
    assert.deepEqual(codes(lotRows(OFFERED, new Set())), ["B2", "A1"])
    assert.deepEqual([codes(lotRows(OFFERED, new Set(), " b")), codes(lotRows(OFFERED, new Set(), "sens")), codes(lotRows(OFFERED, new Set(), "x"))], [["B2"], ["A1"], []])
  })
  test("keep a chosen one in sight that has nothing fitting any more", () => {
    const [first, ...others] = lotRows(OFFERED, new Set(["Z9", "A1"]))
    assert.deepEqual([first, others.map(({ isChosen }) => isChosen)], [{ code: "Z9", product: "", images: 0, receivedAt: null, isChosen: true }, [false, true]])
  })
  test("are told how many, and with how many images", () => {
    const said = (values) => lotsSaid({ offered: OFFERED, isMore: false, chosen: new Set(), shown: 2, ...values })
    assert.equal(said({}), "All of 2 lots that fit.")
    assert.equal(said({ chosen: new Set(["B2"]) }), "1 of 2 lots that fit, with 4 images.")
    assert.match(said({ isMore: true }), /the newest 2 lots/)
    assert.match(said({ shown: 0 }), /None has this/)
    assert.match(said({ offered: [] }), /no lot to choose/)
  })
  test("go in and out, no more than one choice may name", () => {
    const many = Array.from({ length: MOST_LOTS + 5 }, (_, at) => `L${at}`)
    assert.equal(toggled(new Set(), many, true).size, MOST_LOTS)
    assert.deepEqual([...toggled(new Set(["A", "B"]), ["A"], false)], ["B"])
  })
})
