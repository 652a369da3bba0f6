import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, mock, test } from "node:test"

/** As much of a document as words at the foot of a page need. */
class Part {
  children = []
  dataset = {}
  constructor(tag) { this.tag = tag }
  get firstElementChild() { return this.children[0] }
  setAttribute(name, value) { this[name] = value }
  addEventListener(name, listener) { this[`on${name}`] = listener }
  append(...parts) {
    for (const part of parts) if (part instanceof Part) part.parent = this
    this.children.push(...parts)
  }
  replaceChildren(...parts) {
    this.children = []
    this.append(...parts)
  }
  remove() { this.parent.children = this.parent.children.filter((child) => child !== this) }
  all(tag) { return this.children.flatMap((child) => (child instanceof Part ? [...(child.tag === tag ? [child] : []), ...child.all(tag)] : [])) }
}
const list = new Part("div")
let sheets = []
globalThis.document = { createElement: (tag) => new Part(tag), createElementNS: (_, tag) => new Part(tag), querySelector: () => list, querySelectorAll: () => sheets, body: new Part("body") }
const { toast } = await import("../../static/shared/toast.js")
const { showTrouble } = await import("../../static/shared/trouble.js")

describe("words about what just happened", () => {
  beforeEach(() => {
    list.children = []
    mock.timers.enable({ apis: ["setTimeout"] })
  })
  afterEach(() => {
    mock.timers.reset()
    sheets = []
  })

  test("leave by themselves", () => {
    toast("Done.")
    mock.timers.tick(7000)
    assert.equal(list.children.length, 0)
  })
  test("of an alarm stay until they are closed", () => {
    const element = toast("The server does not answer.", { level: "alarm", requestId: "r1" })
    mock.timers.tick(60_000)
    assert.equal(list.children.length, 1)
    const [copy, close] = element.all("button")
    assert.equal(copy["data-copy"], "r1")
    close.onclick()
    assert.equal(list.children.length, 0)
  })
  test("are in the sheet that is open, and stay when it closes", () => {
    const sheet = new Part("dialog")
    sheets = [new Part("dialog"), sheet]
    toast("Kept.", { level: "alarm" })
    assert.deepEqual(sheet.children, [list])

    sheet.onclose()
    assert.deepEqual(document.body.children, [list])
    assert.equal(list.children.length, 1)
  })
  test("are three at most", () => {
    for (let n = 0; n < 5; n += 1) toast("Again.", { level: "alarm" })
    assert.equal(list.children.length, 3)
  })
})

describe("trouble with bringing a page up to date", () => {
  const words = { what: "The jobs could not be loaded.", retry() {} }
  const place = new Part("div")
  test("says what failed, offers another try and the id to report", () => {
    showTrouble(place, { message: "The server does not answer.", requestId: "r1" }, words)
    assert.equal(place.hidden, false)
    assert.deepEqual(place.all("button").map((button) => button["data-copy"] ?? "again"), ["r1", "again"])
  })
  test("keeps its button while the next try fails for the same reason", () => {
    const [, again] = place.all("button")
    showTrouble(place, { message: "The server does not answer.", requestId: "r2" }, words)
    assert.equal(place.all("button")[1], again)
  })
  test("is gone with the first answer", () => {
    showTrouble(place, null)
    assert.deepEqual([place.hidden, place.children], [true, []])
  })
})
