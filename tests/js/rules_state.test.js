import assert from "node:assert/strict"
import { describe, test } from "node:test"

import { ruleBody, ruleErrors, ruleText } from "../../static/annotations/rules_state.js"

const form = { code: " ENOUGH ", least: "500", days: "", classes: [], layers: ["M1"], recipes: [] }

describe("a rule", () => {
  test("is said in words", () => {
    assert.equal(ruleText({ least_new: 1, every_days: null }), "When 1 annotation is newly accepted.")
    assert.equal(ruleText({ least_new: null, every_days: 30 }), "After 30 days, if any annotation is newly accepted.")
    assert.equal(ruleText({ least_new: 500, every_days: 1 }), "When 500 annotations are newly accepted, or after 1 day if any is.")
  })
  test("is sent with what it wants, and null for what it does not", () => {
    assert.deepEqual(ruleBody(form, null), { code: "ENOUGH", selection: { classes: [], layers: ["M1"], recipes: [] }, least_new: 500, every_days: null })
  })
  test("that is changed keeps what has no field, but never other states", () => {
    const { seen_version: seen, selection } = ruleBody(form, { version: 3, selection: { bands: ["reject"], since: null, states: ["accepted"], layers: ["M2"] } })
    assert.deepEqual([seen, selection], [3, { bands: ["reject"], classes: [], layers: ["M1"], recipes: [] }])
  })
  test("that suggests nothing is not sent", () => {
    assert.ok(ruleErrors(ruleBody({ ...form, least: "" }, null), null).least)
    assert.deepEqual(Object.keys(ruleErrors(ruleBody({ ...form, code: "", least: "1.5", days: "0" }, null), null)), ["code", "least", "days"])
    assert.deepEqual(ruleErrors(ruleBody(form, null), null), {})
  })
})
