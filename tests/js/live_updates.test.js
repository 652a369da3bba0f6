import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, mock, test } from "node:test"

// As much of a browser as one element and its socket need.
globalThis.HTMLElement = class extends EventTarget { getAttribute() { return "/ws/live/" } }
globalThis.document = Object.assign(new EventTarget(), { readyState: "interactive" })
globalThis.location = { href: "http://fab.example/" }
const page = new EventTarget()
for (const name of ["addEventListener", "removeEventListener"]) globalThis[name] = page[name].bind(page)
const sockets = []
globalThis.WebSocket = class {
  static OPEN = 1
  static CLOSED = 3
  readyState = 0
  sent = []
  constructor(url) {
    this.url = String(url)
    sockets.push(this)
  }
  send(text) { this.sent.push(text) }
  // A dead line never says goodbye: closing begins, and no event comes of it.
  close() { this.readyState = 2 }
}
const { LiveUpdates } = await import("../../static/shared/live_updates.js")

describe("the line to the server", () => {
  let element
  let heard
  const isReady = () => document.dispatchEvent(new Event("DOMContentLoaded"))
  const says = (frame) => sockets.at(-1).onmessage({ data: JSON.stringify(frame) })
  const pass = (seconds) => { for (let n = 0; n < seconds; n += 1) mock.timers.tick(1000) }
  const opened = () => {
    isReady()
    sockets.at(-1).readyState = WebSocket.OPEN
    says({ type: "hello", data: { live: true } })
  }
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] })
    sockets.length = 0
    heard = []
    element = new LiveUpdates()
    for (const name of ["live:link", "live:resync"]) element.addEventListener(name, ({ type, detail }) => heard.push(detail ? detail.state : type))
    element.connectedCallback()
  })
  afterEach(() => {
    element.disconnectedCallback()
    mock.timers.reset()
  })

  test("is opened once every module of the page listens, and not before", () => {
    assert.equal(sockets.length, 0)
    isReady()
    assert.deepEqual(sockets.map(({ url }) => url), ["ws://fab.example/ws/live/"])
  })
  test("asks for the present with the first word", () => {
    opened()
    assert.deepEqual(heard, ["connecting", "live", "live:resync"])
  })
  test("that is silent for long is offline at once, though the browser still waits for its goodbye", () => {
    opened()
    pass(60)
    assert.ok(heard.includes("offline"))
    assert.ok(sockets.length > 1, "and another is tried")
  })
  test("is offline with the network, and tried again with it", () => {
    opened()
    page.dispatchEvent(new Event("offline"))
    assert.equal(heard.at(-1), "offline")
    page.dispatchEvent(new Event("online"))
    assert.equal(sockets.length, 2)
  })
  test("that was left says nothing more", () => {
    opened()
    const [left] = sockets
    page.dispatchEvent(new Event("offline"))
    assert.deepEqual([left.onmessage, left.onclose], [null, null])
  })
  test("is one at a time, however often the network comes and goes", () => {
    opened()
    for (let n = 0; n < 5; n += 1) for (const name of ["offline", "online"]) page.dispatchEvent(new Event(name))
    assert.deepEqual(sockets.slice(0, -1).map(({ readyState }) => readyState), [2, 2, 2, 2, 2])
    assert.notEqual(sockets.at(-1).readyState, 2)
  })
  test("is not tried again after signing out", () => {
    opened()
    sockets[0].onclose({ code: 4401 })
    pass(120)
    assert.deepEqual([heard.at(-1), sockets.length], ["signed out", 1])
  })
  test("leaves no timer and no listener behind", () => {
    opened()
    element.disconnectedCallback()
    heard.length = 0
    pass(120)
    page.dispatchEvent(new Event("online"))
    assert.deepEqual([heard, sockets.length], [[], 1])
  })
})
