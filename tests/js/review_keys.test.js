import assert from "node:assert/strict"
import { before, beforeEach, describe, test } from "node:test"
import { actions, bind, boundTo, inOrder, isKeyOf, keyOf, keyText, rebind, sayKey, startKeys } from "../../static/shared/keys.js"

describe("a key that a person has chosen", () => {
  const run = []
  let listener
  before(() => {
    const kept = new Map()
    const page = new EventTarget()
    globalThis.document = Object.assign(page, { body: { dataset: { user: "lead" } }, querySelector: () => null, querySelectorAll: () => [] })
    Object.defineProperty(globalThis, "localStorage", { configurable: true, value: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) } })
    globalThis.addEventListener = (_, pressed) => { listener = pressed }
    startKeys()
    bind({ action: "review.nuisance", keys: ["x"], label: "Nuisance", isOnce: true, run: () => run.push("nuisance") })
    bind({ action: "review.undo", keys: ["u", "Ctrl+z"], label: "Undo", run: () => run.push("undo") })
  })
  beforeEach(() => {
    run.length = 0
    for (const { action } of actions()) rebind(action)
  })
  const press = (key, values = {}) => listener({ key, target: { closest: () => null }, timeStamp: 1, preventDefault() {}, ...values })

  test("does what the usual one did, which does it no more", () => {
    rebind("review.nuisance", ["j"])
    for (const key of ["x", "j"]) press(key)
    assert.deepEqual([run, keyText("review.nuisance")], [["nuisance"], "J"])
  })
  test("is given back", () => {
    rebind("review.nuisance", ["j"])
    rebind("review.nuisance")
    press("x")
    assert.deepEqual(run, ["nuisance"])
  })
  test("is known again on the next page", () => {
    rebind("review.nuisance", ["j"])
    assert.deepEqual(JSON.parse(localStorage.getItem("waferdeck:keys:lead")).bound, { "review.nuisance": ["j"] })
  })
  test("is said to be taken where it does something else", () => assert.deepEqual([boundTo("u", "review.nuisance").label, boundTo("u", "review.undo"), boundTo("q", "review.undo")], ["Undo", undefined, undefined]))
  test("may be one that two acts share as they are given, once it was given away", () => {
    bind({ action: "review.split", keys: ["d"], label: "Split", run() {} })
    bind({ action: "drawing.point", keys: ["d"], label: "Point", run() {} })
    rebind("review.split", ["q"])
    assert.deepEqual([boundTo("d", "review.split"), boundTo("d", "review.nuisance").label], [undefined, "Point"])
  })
  test("is what its button says, and a sheet hears it", () => {
    const kbd = { textContent: "X" }
    const named = {}
    sayKey("review.nuisance", [{ querySelector: () => kbd, getAttribute: (name) => named[name], setAttribute: (name, value) => { named[name] = value } }])
    rebind("review.nuisance", ["J"])
    assert.deepEqual([kbd.textContent, named["aria-keyshortcuts"]], ["⇧J", "Shift+J"])
    assert.deepEqual([isKeyOf("review.nuisance", { key: "J", shiftKey: true }), isKeyOf("review.nuisance", { key: "x" })], [true, false])
  })
  test("does once what is done once, however long it is held", () => {
    press("x")
    press("x", { repeat: true })
    assert.deepEqual(run, ["nuisance"])
  })
  test("goes with Ctrl where it was bound so, and is the browser's else", () => {
    press("z", { ctrlKey: true })
    press("x", { ctrlKey: true })
    assert.deepEqual(run, ["undo"])
  })
})

test("a key with Ctrl has a name", () => assert.deepEqual([keyOf({ key: "Z", ctrlKey: true, shiftKey: true }), keyOf({ key: "z", metaKey: true })], ["Ctrl+Shift+z", "Ctrl+z"]))

test("the sheet of keys begins with what decides and ends with what every page has", () => {
  const order = inOrder(["Go to", "Everywhere", "Way", "Decide", "Picture"].map((group) => [group, []])).map(([group]) => group)
  assert.deepEqual(order, ["Decide", "Way", "Picture", "Go to", "Everywhere"])
})
