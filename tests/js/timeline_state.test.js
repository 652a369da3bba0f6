import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { laneName, lastedText, rowsOf, spansOf, stepTo, ticksOf, windowOf } from "../../static/models_admin/timeline_state.js"

const HOUR = 3_600_000
const NOON = Date.parse("2026-11-21T12:00:00Z")
const at = (hours) => new Date(NOON + hours * HOUR).toISOString()
const tenure = (version, since, until = null, values = {}) => ({ version, since: at(since), until: until === null ? null : at(until), since_known: true, deployment: 1, ...values })
const lane = (tenures, values = {}) => ({ model: "visual_defects", recipe: "", tool: "", product: "", slot: "champion", tenures, ...values })

describe("a window", () => {
  it("is as long as is chosen and ends where it is looked at", () => assert.deepEqual(windowOf({ zoom: "24h", end: NOON, now: NOON, lanes: [] }), [NOON - 24 * HOUR, NOON]))
  it("of everything begins before the first and ends after now", () => {
    const [from, to] = windowOf({ zoom: "all", now: NOON, lanes: [lane([tenure("1.0.0", -100, -2), tenure("1.1.0", -2)])] })
    assert.ok(from < NOON - 100 * HOUR && to > NOON)
  })
})

describe("a lane", () => {
  const window = { from: NOON - 10 * HOUR, to: NOON, now: NOON, width: 1000 }

  it("has a bar for each time that somebody held it, cut at the window", () => {
    const [old, present] = spansOf([tenure("1.0.0", -20, -5), tenure("1.1.0", -5)], window)
    assert.deepEqual([old.x, old.width, old.label, old.isOpen], [0, 500, "1.0.0", false])
    assert.deepEqual([present.x, present.width, present.isOpen], [500, 500, true])
  })
  it("has none of what was over before or began after", () => assert.deepEqual(spansOf([tenure("1.0.0", -20, -11), tenure("1.1.0", 1, 2)], window), []))
  it("shows what was short, without a word that has no room", () => {
    const [span] = spansOf([tenure("1.0.0", -5, -5)], window)
    assert.deepEqual([span.width > 0, span.label], [true, ""])
  })
  it("is called after its place", () => assert.deepEqual([laneName(lane([])), laneName(lane([], { recipe: "BF-M3", tool: "T1" }))], ["Everything", "BF-M3 · T1"]))
})

describe("the axis", () => {
  it("has no more marks than have room, within the window", () => {
    for (const hours of [1, 24, 24 * 7, 24 * 400]) {
      const ticks = ticksOf({ from: NOON - hours * HOUR, to: NOON, width: 900 })
      assert.ok(ticks.length >= 1 && ticks.length <= 11, `${hours} h: ${ticks.length}`)
      assert.ok(ticks.every(({ x, label }) => x >= 0 && x <= 900 && label))
    }
  })
})

describe("rows", () => {
  it("have the one that began last first, whatever its place", () => {
    const rows = rowsOf([lane([tenure("1.0.0", -9, -5), tenure("1.1.0", -5)]), lane([tenure("1.2.0", -7)], { recipe: "R" })])
    assert.deepEqual(rows.map(({ version }) => version), ["1.1.0", "1.2.0", "1.0.0"])
    assert.equal(new Set(rows.map(({ key }) => key)).size, 3)
  })
  it("say for how long", () => {
    assert.equal(lastedText(tenure("1.0.0", -5, -2), NOON), "3 h 0 min")
    assert.equal(lastedText(tenure("1.0.0", -50), NOON), "2 d 2 h")
    assert.equal(lastedText(tenure("1.0.0", -5, -5), NOON), "no time")
  })
})

describe("arrow keys", () => {
  const lanes = [[{ x: 0, width: 100 }, { x: 100, width: 100 }], [], [{ x: 0, width: 20 }, { x: 150, width: 10 }]]
  it("walk a lane and stop at its ends", () => {
    assert.deepEqual(stepTo(lanes, { lane: 0, index: 0 }, "ArrowRight"), { lane: 0, index: 1 })
    assert.deepEqual(stepTo(lanes, { lane: 0, index: 1 }, "ArrowRight"), { lane: 0, index: 1 })
  })
  it("lead to what is nearest in the next lane that has something", () => {
    assert.deepEqual(stepTo(lanes, { lane: 0, index: 1 }, "ArrowDown"), { lane: 2, index: 1 })
    assert.deepEqual(stepTo(lanes, { lane: 2, index: 0 }, "ArrowUp"), { lane: 0, index: 0 })
    assert.deepEqual(stepTo(lanes, { lane: 2, index: 0 }, "ArrowDown"), { lane: 2, index: 0 })
  })
})
