import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, mock, test } from "node:test"
import { alarmWords, linkWords } from "../../static/shared/connection.js"
import { validChoices } from "../../static/shared/display.js"
import * as formats from "../../static/shared/formats.js"
import { Problem, problemFrom } from "../../static/shared/http.js"
import { combine } from "../../static/shared/keys.js"
import { backoffMs, linkAfter } from "../../static/shared/live_updates.js"
import { partTitle } from "../../static/shared/parts.js"
import { soon } from "../../static/shared/soon.js"
import { turns } from "../../static/shared/turns.js"

describe("waiting before a reconnect", () => {
  test("doubles from half a second", () => assert.deepEqual([0, 1, 2].map((n) => backoffMs(n, () => 1)), [500, 1000, 2000]))
  test("is at most half a minute", () => assert.equal(backoffMs(20, () => 1), 30_000))
  test("is halved at random, so that a thousand pages do not come back at once", () => assert.equal(backoffMs(1, () => 0), 500))
})

describe("the link", () => {
  for (const [state, event, next, resync] of [
    ["connecting", { type: "hello", data: { live: true } }, "live", true], ["connecting", { type: "hello", data: { live: false } }, "polling", true],
    ["live", { type: "hub.down" }, "polling", true], ["polling", { type: "gap" }, "live", true], ["live", { type: "gap" }, "live", true],
    ["live", { type: "closed", code: 1006 }, "offline", false], ["live", { type: "closed", code: 4401 }, "signed out", false], ["live", { type: "closed", code: 4404 }, "refused", false],
    ["offline", { type: "opening" }, "offline", false], ["live", { type: "run.done" }, "live", false],
  ]) test(`${state} after ${event.type} ${event.code ?? ""} is ${next}${resync ? " and asks" : ""}`, () => assert.deepEqual(linkAfter(state, event), { state: next, resync }))
})

describe("words for the link", () => {
  const words = (values) => linkWords({ states: ["live"], silentMs: 0, retryInMs: 0, ...values })
  test("live", () => assert.deepEqual([words({}).text, words({}).level], ["Live", "none"]))
  test("offline counts down", () => assert.equal(words({ states: ["live", "offline"], retryInMs: 3200 }).sub, "again in 4 s"))
  test("silence is stale, not live", () => assert.equal(words({ silentMs: 48_000 }).text, "Stale"))
  test("a socket that was refused is not live, whatever the others are", () => assert.deepEqual([words({ states: ["live", "refused"] }).text, words({ states: ["live", "refused"] }).level], ["Not live", "warn"]))
  test("somebody else's name is not the one that is shown", () => assert.deepEqual([words({ states: ["live", "somebody else"] }).text, words({ states: ["somebody else"] }).level], ["Somebody else", "alarm"]))
  test("signed out comes before everything", () => assert.equal(words({ states: ["offline", "signed out"] }).text, "Signed out"))
})

describe("alarms", () => {
  const part = (name, state) => ({ name, state })
  test("and what the bar says before the first answer are the same", () => assert.ok(readFileSync(new URL("../../templates/components/_bar.html", import.meta.url), "utf8").includes(`<span data-text>${alarmWords(null).text}</span>`)))
  test("unknown is not none", () => assert.equal(alarmWords(null).text, "System unknown"))
  test("none", () => assert.equal(alarmWords({ state: "ok", components: [part("redis", "ok")] }).text, "System OK"))
  test("down comes before degraded", () => assert.deepEqual(alarmWords({ state: "degraded", components: [part("redis", "degraded"), part("triton", "down")] }), { level: "alarm", text: "Triton down" }))
  test("work that is held back is said, though every part answers", () => assert.deepEqual(alarmWords({ state: "degraded", components: [part("redis", "ok"), part("triton", "degraded")] }), { level: "warn", text: "Triton degraded" }))
  test("many are counted", () => assert.equal(alarmWords({ state: "down", components: ["postgres", "storage", "beat"].map((name) => part(name, "down")) }).text, "PostgreSQL, Image store +1 down"))
})

describe("numbers", () => {
  for (const [value, text] of [[12.34, "12.3 µm"], [0.083, "83.0 nm"], [1250, "1.25 mm"], [null, "unknown"], [0, "0.00 µm"], [Number.NaN, "unknown"]]) test(`length ${value}`, () => assert.equal(formats.lengthText(value), text))
  for (const [value, text] of [[0.42, "0.4 ms"], [131, "131 ms"], [2040, "2.04 s"], [754_000, "12 min 34 s"], [undefined, "unknown"]]) test(`duration ${value}`, () => assert.equal(formats.durationText(value), text))
  for (const [value, text] of [[800, "now"], [12_000, "12 s"], [200_000, "3 min"], [7_300_000, "2 h"], [400_000_000, "4 d"], [Number.NaN, "unknown"], [-5000, "now"]]) test(`age ${value}`, () => assert.equal(formats.ageText(value), text))
  test("a moment is read the same everywhere", () => assert.match(formats.momentText("2026-11-12T12:30:05Z"), /^1[123] Nov 2026, \d\d:\d\d:05$/))
  test("a moment that is not known is not made up", () => assert.equal(formats.momentText(undefined), "unknown"))
  test("one and many", () => assert.deepEqual([formats.plural(1, "image"), formats.plural(25, "image"), formats.plural(2, "wafer")], ["1 image", "25 images", "2 wafers"]))
})

describe("keys", () => {
  test("g waits for a letter", () => assert.deepEqual(combine("", "g"), { combination: "", prefix: "g" }))
  test("g and a letter go places", () => assert.deepEqual(combine("g", "w"), { combination: "g w", prefix: "" }))
  test("other keys stand alone", () => assert.deepEqual(combine("", "p"), { combination: "p", prefix: "" }))
})

describe("answers that overtake each other", () => {
  test("count in the order of their questions", () => {
    const asked = turns()
    const [first, second, third] = [asked.take(), asked.take(), asked.take()]
    assert.deepEqual([asked.counts(second), asked.counts(first), asked.counts(third)], [true, false, true])
  })
})

test("what many events ask for is done once, and a steady stream does not put it off", () => {
  mock.timers.enable({ apis: ["setTimeout"] })
  let count = 0
  const settle = soon(() => { count += 1 }, 300)
  for (let n = 0; n < 10; n += 1) {
    settle()
    mock.timers.tick(100)
  }
  mock.timers.reset()
  assert.equal(count, 3)
})

describe("problems", () => {
  test("carry what the server said", () => {
    const problem = problemFrom(422, '{"code":"unusable_image","detail":"This is a text file.","request_id":"r1"}')
    assert.deepEqual([problem.status, problem.code, problem.message, problem.requestId], [422, "unusable_image", "This is a text file.", "r1"])
  })
  test("know how long to wait", () => assert.equal(problemFrom(503, "{}", "7").retryAfterS, 7))
  test("are words even when a proxy answered", () => assert.match(problemFrom(502, "<html>").message, /broke on our side/))
  test("that pass are told from those that stay", () => assert.deepEqual([0, 429, 503, 400, 422].map((status) => new Problem({ status }).isPassing), [true, true, true, false, false]))
})

test("a stored choice that no longer exists is left out", () => assert.deepEqual(validChoices({ theme: "neon", density: "compact", x: 1 }), { density: "compact" }))

describe("the parts of the house", () => {
  const views = readFileSync(new URL("../../inspection/views/pages.py", import.meta.url), "utf8")
  const rows = [...views.split("HEALTH_PARTS = (")[1].split("\n)")[0].matchAll(/\("(\w+)", "([\w ]+)",/g)]
  test("are called the same on the health page and in the title bar", () => {
    assert.equal(rows.length, 8)
    for (const [, name, title] of rows) assert.equal(partTitle(name), title)
  })
})
