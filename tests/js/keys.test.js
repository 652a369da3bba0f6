import assert from "node:assert/strict"
import { before, describe, test } from "node:test"
import { bind, startKeys } from "../../static/shared/keys.js"

/** A field that has the focus; `closest` knows simple lists of `input[type=…]` only. */
const field = (type) => ({ closest: (selector) => (selector.includes(`input[type=${type}]`) ? {} : null) })

describe("a key that a page has bound", () => {
  const run = []
  let listener, flick
  before(() => {
    const box = { addEventListener: (_, changed) => { flick = (checked) => changed({ target: { checked } }) } }
    globalThis.document = { querySelector: (selector) => (selector === "#keys [name=characters]" ? box : null), querySelectorAll: () => [] }
    globalThis.addEventListener = (_, pressed) => { listener = pressed }
    startKeys()
    for (const key of ["ArrowRight", "j"]) bind({ keys: [key], label: key, run: () => run.push(key) })
  })
  /** Whether the page took the key; else it does what it does in the field. */
  const isTaken = (key, target) => {
    run.length = 0
    listener({ key, target, timeStamp: 1, preventDefault() {} })
    return run.length > 0
  }

  test("is nobody's where it is a letter and letters are off, and an arrow still the page's", () => {
    flick(false)
    assert.deepEqual([isTaken("j", {}), isTaken("ArrowRight", {})], [false, true])
    flick(true)
    assert.ok(isTaken("j", {}))
  })
  test("is that of the later of two while its time has come", () => {
    let isTime = true
    bind({ keys: ["j"], label: "later", when: () => isTime, run: () => run.push("later") })
    isTaken("j", {})
    assert.deepEqual(run, ["later"])
    isTime = false
    isTaken("j", {})
    assert.deepEqual(run, ["j"])
  })
  test("is the same with the caps lock on", () => assert.ok(isTaken("J", {})))
  test("is the page's where nothing has the focus", () => assert.ok(isTaken("ArrowRight", {})))
  for (const type of ["range", "radio"]) {
    test(`is the ${type}'s own where it is an arrow`, () => assert.ok(!isTaken("ArrowRight", field(type))))
    test(`is the page's on a ${type} where it is a letter`, () => assert.ok(isTaken("j", field(type))))
  }
})
