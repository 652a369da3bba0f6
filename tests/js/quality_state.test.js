import assert from "node:assert/strict"
import { test } from "node:test"
import { glance, neededWords, rateLevel, rateRows, saidOf, scaleOf } from "../../static/annotations/quality_state.js"

const estimate = (value, low = value, high = value) => ({ value, low, high })
const rate = (audit, naive = null, answers = 0) => ({ audit, naive, answers })
const nothing = rate(estimate(null))

test("rates stand beside what was reviewed, and only where there is either", () => {
  const parts = [{ class_code: "pit", missed: rate(estimate(0.1, 0.05, 0.2), 0.4, 60) }, { class_code: "void", missed: nothing }, { class_code: "stain", missed: rate(estimate(null), 0.2) }]
  const rows = rateRows(parts, "missed", ({ class_code: key }) => ({ key, label: key }))
  assert.deepEqual(rows.map(({ key, beside, level, note }) => [key, beside, level, note]), [["pit", 0.4, "good", "60"], ["stain", 0.2, "none", "0"]])
  assert.equal(rateLevel(estimate(0.3, 0.1, 0.6)), "unsure")
})

test("the figures at a glance are never 0 where nothing is known", () => {
  const found = glance({ overall: { missed: rate(estimate(0.125, 0.1, 0.2), 0.3, 80), false_calls: nothing, alarmed_images: rate(estimate(0, 0, 0.1), null, 20) } })
  assert.deepEqual(found.map(({ value }) => value), ["12.5", "–", "0"])
  assert.equal(found[0].range, "10.0 % to 20.0 %, of 80")
  assert.equal(found[0].beside, "30.0 % of what was reviewed")
})

test("it is said what was drawn, what waits, and how much a given width takes", () => {
  assert.equal(saidOf({ images: { complete: 40, waiting: 2 }, reviewed: 300, days: 30 }), "40 images drawn by chance in 30 days, 300 defects reviewed beside. 2 more wait.")
  assert.equal(neededWords([{ half_width: 0.1, answers: 35 }, { half_width: 0.05, answers: 138 }]), "So many audited defects tell a rate of 10 %: 35 to ± 10 %, 138 to ± 5 %.")
})

test("the scale holds all that is drawn", () => {
  assert.equal(scaleOf([{ estimate: estimate(0.05, 0.01, 0.15), beside: 0.02 }]).to, 0.2)
  assert.equal(scaleOf([{ estimate: estimate(null), beside: 0.9 }]).to, 1)
})
