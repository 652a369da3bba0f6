import assert from "node:assert/strict"
import { afterEach, describe, test } from "node:test"
import { fromPicker } from "../../static/inspection/upload_files.js"
import { send } from "../../static/inspection/upload_sender.js"
import { Problem, csrfToken, getJson, isSentElsewhere, uniqueId } from "../../static/shared/http.js"

const { fetch, document } = globalThis
afterEach(() => Object.assign(globalThis, { fetch, document }))

describe("on a page without HTTPS, where crypto has no randomUUID", () => {
  const without = (run) => {
    const { randomUUID } = crypto
    crypto.randomUUID = undefined
    try {
      return run()
    } finally {
      crypto.randomUUID = randomUUID
    }
  }
  test("ids are unique all the same", () => {
    const ids = without(() => Array.from({ length: 100 }, uniqueId))
    assert.equal(new Set(ids).size, 100)
    assert.match(ids[0], /^[0-9a-f]{32}$/)
  })
  test("files can be chosen", () => assert.equal(without(() => fromPicker([{ name: "a.png" }])).length, 1))
})

describe("an answer", () => {
  test("that is no JSON is a problem that may pass, not a fault of the page", async () => {
    globalThis.fetch = async () => new Response("<html>Sign in to this network</html>")
    await assert.rejects(getJson("system/"), (problem) => problem instanceof Problem && problem.isPassing)
  })
  test("whose body never comes is a problem as well", async () => {
    globalThis.fetch = async () => ({ ok: true, headers: new Headers(), text: () => Promise.reject(new DOMException("timed out", "TimeoutError")) })
    await assert.rejects(getJson("system/"), (problem) => problem instanceof Problem && problem.status === 0)
  })
  test("that nobody is signed in any more is told in a person's words, and to the whole page", async () => {
    globalThis.document = new EventTarget()
    let heard = 0
    globalThis.document.addEventListener("waferdeck:signed-out", () => { heard += 1 })
    globalThis.fetch = async () => Response.json({ title: "Not signed in", detail: "Send the header `Authorization: Token <key>`.", request_id: "r" }, { status: 401 })
    await assert.rejects(getJson("system/"), (problem) => problem.message === "Your sign-in has ended. Sign in again." && problem.requestId === "r")
    assert.equal(heard, 1)
  })
  test("of the sign-in instead of the page that was asked for is told to the whole page", () => {
    globalThis.document = new EventTarget()
    let heard = 0
    globalThis.document.addEventListener("waferdeck:signed-out", () => { heard += 1 })
    const elsewhere = [
      { redirected: true, url: "http://fab.example/login/?next=/wafers/" },
      { redirected: true, url: "http://fab.example/wafers/?part=rows" },
      { redirected: false, url: "http://fab.example/wafers/" },
    ].map((answer) => isSentElsewhere(answer, "/wafers/"))
    assert.deepEqual(elsewhere, [true, false, false])
    assert.equal(heard, 1)
  })
  test("to an upload that is no JSON ends the wait", async () => {
    const requests = []
    globalThis.document = { cookie: "csrftoken=t" }
    globalThis.XMLHttpRequest = class {
      upload = {}
      status = 200
      responseText = "<html>Sign in</html>"
      open() {}
      setRequestHeader() {}
      send() { requests.push(this) }
    }
    const { answer } = send({ file: new File(["x"], "a.png"), fields: {}, key: "k", onProgress() {} })
    requests[0].onload()
    await assert.rejects(answer, (problem) => problem instanceof Problem && problem.isPassing)
    delete globalThis.XMLHttpRequest
  })
})

describe("the proof that a change comes from our page", () => {
  const page = (cookie, form) => { globalThis.document = { cookie, querySelector: () => form && { value: form } } }
  for (const [name, cookie, expected] of [
    ["over HTTP", "theme=dark; csrftoken=a%3D1", "a=1"],
    ["over HTTPS", "theme=dark; __Host-csrftoken=b", "b"],
    ["over HTTPS, whatever a neighbour of our domain has put there", "csrftoken=evil; __Host-csrftoken=b", "b"],
    ["where no cookie can be read", "xcsrftoken=a", "of the form"],
  ]) test(name, () => {
    page(cookie, "of the form")
    assert.equal(csrfToken(), expected)
  })
  test("is missing where there is neither", () => {
    page("", null)
    assert.equal(csrfToken(), "")
  })
})
