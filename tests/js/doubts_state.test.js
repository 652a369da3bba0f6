import assert from "node:assert/strict"
import { test } from "node:test"
import { focused, listOf, neighbourWords, saidOf, stepped, versionWords, without } from "../../static/annotations/doubts_state.js"

const item = (id, code = "pit") => ({ task: { id, annotation: { verdict: code === "nuisance" ? "nuisance" : "defect", class_code: code } }, neighbours_say: { crack: 5, pit: 2, nuisance: 1 } })
const list = listOf({ results: [item("a"), item("b"), item("c")], total: 7, compared: 400 })

test("the most doubtful is meant first, steps stay within the list", () => {
  assert.equal(focused(list).task.id, "a")
  assert.equal(stepped(list, -1).focus, "a")
  assert.equal(stepped(stepped(list, 1), 5).focus, "c")
  assert.equal(focused(listOf({ results: [], total: 0, compared: 3 })), null)
})

test("what is dealt with goes, and the one after it is meant", () => {
  assert.deepEqual([without(list, "a").focus, without(list, "a").total], ["b", 6])
  assert.equal(without({ ...list, focus: "c" }, "c").focus, "b")
  assert.equal(without(list, "b").focus, "a")
  assert.equal(without(list, "x"), list)
})

test("what contradicts a word is told", () => {
  assert.equal(neighbourWords(item("a"), (code) => code), "Of 8 look-alikes: 5 crack, 1 nuisance")
  assert.equal(neighbourWords(item("a", "nuisance"), (code) => code), "Of 8 look-alikes: 5 crack, 2 pit")
  assert.equal(versionWords({ version: "v 1", class_code: "crack", confidence: 0.913 }, (code) => code), "v 1: crack 0.91")
  assert.equal(versionWords({ version: "v 1", class_code: null, confidence: null }, (code) => code), "v 1: found nothing")
  assert.match(saidOf(list), /7 decisions of 400 compared; the 3 most doubtful are shown/)
  assert.match(saidOf(listOf({ results: [], total: 0, compared: 3 })), /None among 3/)
})
