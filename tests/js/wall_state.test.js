import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as wall from "../../static/inspection/wall_state.js"

const card = (run, values = {}) => ({
  run, revision: 1, wafer: { id: `wafer-${run}`, code: "W1" }, layer: "M3", lot: "A12", product: "P1", tool: "T1", state: "done", band: "accept",
  counts_by_severity: {}, queued_at: "2026-11-21T12:00:00Z", ...values,
})
const runs = (cards) => cards.map(({ run }) => run)

describe("a card takes the place of another", () => {
  const known = card("02", { wafer: { id: "w" } })
  test("when its run is later", () => assert.ok(wall.isNewer(card("03", { wafer: { id: "w" } }), known)))
  test("when it is a later state of the same run", () => assert.ok(wall.isNewer({ ...known, revision: 2 }, known)))
  test("but not when it was overtaken", () => assert.ok(!wall.isNewer({ ...known, revision: 1 }, known)))
  test("but not when its run is older, whatever its revision", () => assert.ok(!wall.isNewer(card("01", { revision: 9 }), known)))
})

describe("arrivals", () => {
  test("are shown newest first", () => {
    const after = [card("01"), card("03"), card("02")].reduce(wall.received, wall.emptyWall())
    assert.deepEqual(runs(wall.shown(after)), ["03", "02", "01"])
  })
  test("that say nothing new leave the wall as it was", () => {
    const before = wall.received(wall.emptyWall(), card("01"))
    assert.equal(wall.received(before, card("01")), before)
  })
  test("past the most cards push out the oldest", () => {
    let after = wall.emptyWall()
    for (let n = 0; n <= wall.MOST_CARDS; n += 1) after = wall.received(after, card(String(n).padStart(4, "0")))
    assert.equal(after.cards.size, wall.MOST_CARDS)
    assert.ok(!after.cards.has("wafer-0000/M3"))
  })
  test("of another layer of the same wafer have a card of their own", () => {
    const after = [card("01", { wafer: { id: "w" } }), card("02", { wafer: { id: "w" }, layer: "M4" })].reduce(wall.received, wall.emptyWall())
    assert.equal(after.cards.size, 2)
  })
})

test("a wafer on hold is so on each of its cards", () => {
  const before = [card("01", { wafer: { id: "w" } }), card("02", { wafer: { id: "w" }, layer: "M4" }), card("03")].reduce(wall.received, wall.emptyWall())
  const after = wall.withHold(before, "w", { reason: "scratches" })
  assert.deepEqual(wall.shown(after).map(({ hold }) => hold?.reason), [undefined, "scratches", "scratches"])
  assert.deepEqual(wall.shown(wall.withHold(after, "w", null)).map(({ hold }) => hold), [undefined, null, null])
})

describe("after a gap", () => {
  test("what the server no longer has is gone", () => {
    const after = wall.resynced(wall.received(wall.emptyWall(), card("01")), [card("02")])
    assert.deepEqual(runs(wall.shown(after)), ["02"])
  })
  test("what arrived while the answer was under way stays", () => {
    const after = wall.resynced(wall.received(wall.emptyWall(), card("03")), [card("02")])
    assert.deepEqual(runs(wall.shown(after)), ["03", "02"])
  })
  test("an overtaken state in the answer does not undo a newer one", () => {
    const newer = card("02", { revision: 5, band: "reject" })
    const after = wall.resynced(wall.received(wall.emptyWall(), newer), [card("02", { revision: 4 })])
    assert.equal(wall.shown(after)[0].band, "reject")
  })
})

describe("pausing the view", () => {
  const before = wall.paused(wall.received(wall.emptyWall(), card("01")))
  test("keeps what is shown while arrivals are counted", () => {
    const after = wall.received(before, card("02"))
    assert.deepEqual(runs(wall.shown(after)), ["01"])
    assert.equal(wall.heldBack(after), 1)
  })
  test("counts a changed card once", () => {
    const after = [card("02"), card("02", { revision: 2 })].reduce(wall.received, before)
    assert.equal(wall.heldBack(after), 1)
  })
  test("counts only what the filters let through", () => {
    const after = wall.received(wall.filtered(before, { tool: "T1" }), card("02", { tool: "T2" }))
    assert.equal(wall.heldBack(after), 0)
  })
  test("counts nothing when the server says again what is shown", () => {
    assert.equal(wall.heldBack(wall.resynced(before, [card("01")])), 0)
  })
  test("counts what the server says anew after a gap", () => {
    assert.equal(wall.heldBack(wall.resynced(before, [card("01", { revision: 2 }), card("02")])), 2)
  })
  test("ends with everything shown", () => {
    const after = wall.resumed(wall.received(before, card("02")))
    assert.deepEqual(runs(wall.shown(after)), ["02", "01"])
    assert.equal(wall.heldBack(after), 0)
  })
})

describe("filters", () => {
  const all = [card("01"), card("02", { tool: null, band: "review" }), card("03", { state: "queued", band: null }), card("04", { tool: "T2", state: "cancelled", band: null })].reduce(wall.received, wall.emptyWall())
  for (const [filters, expected] of [
    [{ tool: "T1" }, ["03", "01"]], [{ tool: wall.NO_TOOL }, ["02"]], [{ band: "review" }, ["02"]], [{ band: "waiting" }, ["03"]], [{ band: "cancelled" }, ["04"]], [{ product: "P2" }, []],
  ]) test(JSON.stringify(filters), () => assert.deepEqual(runs(wall.shown(wall.filtered(all, filters))), expected))
})

describe("what needs a person", () => {
  for (const [name, values, expected] of [
    ["a rejected wafer", { band: "reject" }, "alarm"], ["a failed run", { state: "failed", band: null }, "alarm"],
    ["a critical defect in any band", { band: "review", counts_by_severity: { critical: 1 } }, "alarm"], ["a wafer to review", { band: "review" }, "warn"],
    ["an accepted wafer", {}, "none"], ["a waiting run", { state: "queued", band: null }, "none"],
  ]) test(`${name}: ${expected}`, () => assert.equal(wall.levelOf(card("01", values)), expected))
})

describe("lanes", () => {
  const now = Date.parse("2026-11-21T12:10:00Z")
  const tools = [{ code: "T2", cadence_s: 60, last_image_at: "2026-11-21T12:05:00Z" }, { code: "T1", cadence_s: 900, last_image_at: null }]
  test("begin with who sent last, by hand or not, and a tool without cards keeps its lane", () => {
    const after = [card("01"), card("02", { tool: null })].reduce(wall.received, wall.emptyWall())
    assert.deepEqual(wall.lanes(after, tools, now).map(({ tool }) => tool), [wall.NO_TOOL, "T1", "T2"])
  })
  test("of tools that are late come before all others", () => {
    const after = [card("01", { state: "queued", band: null }), card("02", { tool: null })].reduce(wall.received, wall.emptyWall())
    assert.deepEqual(wall.lanes(after, [{ code: "T1", cadence_s: 60, last_image_at: null }], now).map(({ tool }) => tool), ["T1", wall.NO_TOOL])
  })
  test("say how long ago the last image came, and do not alarm over a tool that is done", () => {
    const found = wall.lanes(wall.received(wall.emptyWall(), card("01")), tools, now)
    assert.deepEqual(found.map(({ silentMs, isLate }) => [silentMs, isLate]), [[600_000, false], [300_000, false]])
  })
  for (const [name, cadence, expected] of [["past its cadence", 599, true], ["within its cadence", 601, false]])
    test(`with unfinished work ${name}: ${expected ? "late" : "not late"}`, () => {
      const waiting = wall.received(wall.emptyWall(), card("01", { state: "queued", band: null }))
      assert.equal(wall.lanes(waiting, [{ code: "T1", cadence_s: cadence, last_image_at: null }], now)[0].isLate, expected)
    })
  test("are not silent because a filter hides what came last", () => {
    const after = [card("01", { band: "reject", queued_at: "2026-11-21T11:00:00Z" }), card("02", { queued_at: "2026-11-21T12:09:00Z" })].reduce(wall.received, wall.emptyWall({ band: "reject" }))
    assert.equal(wall.lanes(after, [{ code: "T1", cadence_s: 900, last_image_at: null }], now)[0].silentMs, 60_000)
  })
  test("are not silent because the view is paused", () => {
    const before = wall.paused(wall.received(wall.emptyWall(), card("01", { state: "queued", band: null, queued_at: "2026-11-21T11:00:00Z" })))
    const after = wall.received(before, card("02", { queued_at: "2026-11-21T12:09:00Z" }))
    assert.equal(wall.lanes(after, [{ code: "T1", cadence_s: 900, last_image_at: null }], now)[0].isLate, false)
  })
  test("hear of images that the wall does not take up", () => {
    const after = wall.sentBy(tools, { tool: "T1", queued_at: "2026-11-21T12:09:00Z" })
    assert.equal(wall.lanes(wall.emptyWall(), after, now)[0].silentMs, 60_000)
    assert.equal(wall.sentBy(after, { tool: "T1", queued_at: "2026-11-21T12:08:00Z" }), after)
    assert.equal(wall.sentBy(after, { tool: null, queued_at: "2026-11-21T12:09:30Z" }), after)
  })
  test("say nothing of a tool that never sent an image", () => {
    assert.equal(wall.lanes(wall.emptyWall(), [{ code: "T9", cadence_s: 60, last_image_at: null }], now)[0].silentMs, null)
  })
})

describe("the places of lanes", () => {
  const row = (tool, newest, isLate = false) => ({ tool, isLate, cards: newest ? [card(newest)] : [] })
  const tools = ({ rows }) => rows.map(({ tool }) => tool)
  const start = wall.arranged([], [row("C", "30"), row("B", "20"), row("A", "10"), row("empty", "")], { inSight: new Set(), mayMove: true })
  const free = { inSight: new Set(["C", "B"]), mayMove: true }
  const after = (rows, screen = free, places = start.places) => wall.arranged(places, rows, screen)

  test("are by urgency at first", () => assert.deepEqual(tools(start), ["C", "B", "A", "empty"]))
  test("stay while news is in lanes that are seen", () => assert.deepEqual(tools(after([row("B", "40"), row("C", "30"), row("A", "10"), row("empty", "")])), ["C", "B", "A", "empty"]))
  test("change for news that nobody sees, and for its lane alone", () => assert.deepEqual(tools(after([row("A", "40"), row("C", "30"), row("B", "20"), row("empty", "")])), ["A", "C", "B", "empty"]))
  test("change for a tool that is late where nobody sees it", () => assert.deepEqual(tools(after([row("A", "10", true), row("C", "30"), row("B", "20")])), ["A", "C", "B"]))
  test("change for the first image of a new tool", () => assert.deepEqual(tools(after([row("new", "40"), row("C", "30"), row("B", "20"), row("A", "10")])), ["new", "C", "B", "A"]))
  test("do not change under somebody's hand, but as soon as it has gone", () => {
    const rows = [row("new", "50"), row("A", "40"), row("C", "30"), row("B", "20"), row("empty", "")]
    const held = after(rows, { ...free, mayMove: false })
    assert.deepEqual(tools(held), ["C", "B", "A", "empty", "new"])
    assert.deepEqual(tools(after(rows, free, held.places)), ["new", "A", "C", "B", "empty"])
  })
  test("do not change again for the same news", () => {
    const rows = [row("A", "40"), row("C", "30"), row("B", "20"), row("empty", "")]
    assert.deepEqual(tools(after(rows, { inSight: new Set(), mayMove: true }, after(rows).places)), ["A", "C", "B", "empty"])
  })
  test("do not change for what was seen where it stood", () => {
    const rows = [row("B", "40"), row("C", "30"), row("A", "10"), row("empty", "")]
    assert.deepEqual(tools(after(rows, { inSight: new Set(["C"]), mayMove: true }, after(rows).places)), ["C", "B", "A", "empty"])
  })
})

describe("what arrived out of sight", () => {
  const reject = card("01", { band: "reject" })
  for (const [name, cards, expected] of [
    ["is counted", [card("02"), card("03")], "2 new below"], ["that needs a person says so", [reject], "1 new below, needs a person"],
    ["of which some need a person", [reject, reject, card("02")], "3 new below, 2 need a person"], ["of which one does", [reject, card("02")], "2 new below, 1 needs a person"],
    ["of which all do", [reject, reject], "2 new below, all need a person"],
  ]) test(`${name}: ${expected}`, () => assert.equal(wall.newsText(cards, "below"), expected))
})

describe("what needs a person", () => {
  const reject = { ...card("01"), state: "done", band: "reject", counts_by_severity: { major: 1 } }
  const critical = { ...card("02"), state: "done", band: "review", counts_by_severity: { critical: 2 } }
  const failed = { ...card("03"), state: "failed", band: null }
  const review = { ...card("04"), state: "done", band: "review", counts_by_severity: { minor: 1 } }
  const fine = { ...card("05"), state: "done", band: "accept", counts_by_severity: {} }
  test("says what to do next, and asks nothing about the rest", () => assert.deepEqual([reject, critical, failed, review, fine].map(wall.nextStep),
    ["Look at the defects", "Look at 2 critical", "See what failed", "Review it", ""]))
  test("can be asked for, whatever its band", () => {
    const filters = wall.cleanFilters({ band: wall.PERSON })
    assert.deepEqual([reject, critical, failed, review, fine].map((one) => wall.matches(one, filters)), [true, true, true, false, false])
  })
  test("is counted also while a band hides it", () => {
    const all = [reject, review, fine].map((one, at) => ({ ...one, wafer: { id: `w${at}`, code: `W${at}` } })).reduce(wall.received, wall.emptyWall({ band: "accept" }))
    assert.deepEqual(wall.figures(all), { wafers: 3, alarm: 1, warn: 1, waiting: 0 })
  })
})

describe("a wafer stands as all of its images say", () => {
  const standing = (verdict, values = {}) => ({
    state: "done", verdict, band: verdict, why: "", counts_by_class: { pit: 2 }, counts_by_severity: { major: 2 }, detection_count: 2, images: 5, under_way: 0,
    picture: null, ...values,
  })
  const of = (run, values) => card(run, { wafer: { id: "w" }, images: 1, ...values })
  const only = (after) => wall.shown(after)[0]

  test("not as its newest run does", () => {
    const after = wall.received(wall.emptyWall(), of("05", { standing: standing("reject") }))
    assert.deepEqual([only(after).band, wall.levelOf(only(after)), only(after).counts_by_severity.major], ["reject", "alarm", 2])
  })
  test("with the picture that the verdict is about", () => {
    const picture = { run: "01", image: { id: "i1" }, boxes: [[1, 2, 3, 4, "pit", "major"]] }
    const after = wall.received(wall.emptyWall(), of("05", { image: { id: "i5" }, boxes: [], standing: standing("reject", { picture }) }))
    assert.deepEqual([only(after).image.id, only(after).boxes.length], ["i1", 1])
  })
  test("rejected while another image is under way", () => {
    const after = wall.received(wall.emptyWall(), of("05", { state: "queued", band: null, standing: standing("reject", { state: "queued", under_way: 1 }) }))
    assert.deepEqual([only(after).state, wall.bandOf(only(after))], ["done", "reject"])
  })
  test("not accepted while an image is under way", () => {
    const after = wall.received(wall.emptyWall(), of("05", { standing: standing("accept", { state: "queued", verdict: "queued", under_way: 1 }) }))
    assert.equal(wall.bandOf(only(after)), "waiting")
  })
  test("also when an older run of it ends last", () => {
    const before = wall.received(wall.emptyWall(), of("05", { standing: standing("accept") }))
    const after = wall.received(before, of("01", { standing: standing("reject") }))
    assert.deepEqual([only(after).run, only(after).band], ["05", "reject"])
  })
  test("is asked for after an event that may not know of all, and the answer counts", () => {
    const event = of("05", { standing: standing("accept") })
    const after = wall.answered(wall.received(wall.emptyWall(), event), [of("05", { standing: standing("reject") })])
    assert.ok(wall.isUncertain(event))
    assert.equal(only(after).band, "reject")
  })
})

describe("a wall that fills", () => {
  const all = [1, 2, 3, 4, 5, 6].map((n) => card(`0${n}`, { wafer: { id: `w${n}`, code: `W${n}` } })).toReversed()
  const runs = (state) => wall.shown(state).map(({ run }) => run)
  test("has every card once, also one that an event told of meanwhile", () => {
    const first = wall.resynced(wall.emptyWall(), all.slice(0, 2))
    const told = [card("02", { wafer: { id: "w2", code: "W2" }, revision: 9 }), card("07", { wafer: { id: "w7", code: "W7" } })].reduce(wall.received, first)
    assert.deepEqual(runs(wall.resynced(told, all)), ["07", "06", "05", "04", "03", "02", "01"])
  })
  test("keeps the elements of cards that the answer says nothing new of", () => {
    const first = wall.resynced(wall.emptyWall(), all.slice(0, 2))
    assert.equal(wall.shown(wall.resynced(first, structuredClone(all)))[0], wall.shown(first)[0])
  })
  test("is drawn a part at a time, the newest of each lane first, with words for all", () => {
    const rows = [{ tool: "A", cards: all.slice(0, 4) }, { tool: "B", cards: all.slice(4, 5) }]
    const part = wall.withinRoom(rows, 4)
    assert.deepEqual([part.rows.map(({ cards, count }) => [cards.length, count]), part.isMore], [[[2, 4], [1, 1]], true])
    assert.equal(wall.withinRoom(rows, 8).isMore, false)
  })
  test("has nothing left to draw where there is nothing", () => assert.deepEqual(wall.withinRoom([], 24), { rows: [], isMore: false }))
})
