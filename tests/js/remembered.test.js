import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, test } from "node:test"
import { recall, remember } from "../../static/shared/remembered.js"

const { document } = globalThis

describe("what a person chose", () => {
  beforeEach(() => {
    const kept = new Map()
    globalThis.document = { body: { dataset: { user: "lead" } } }
    Object.defineProperty(globalThis, "localStorage", { configurable: true, writable: true, value: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) } })
  })
  afterEach(() => {
    globalThis.document = document
    delete globalThis.localStorage
  })

  test("is known again, under the name of the person alone", () => {
    remember("upload", { lot: "A12" })
    assert.deepEqual(recall("upload"), { lot: "A12" })
    globalThis.document.body.dataset.user = "operator"
    assert.deepEqual(recall("upload"), {})
  })
  test("is kept for one tab where it concerns no other", () => {
    const kept = new Map()
    Object.defineProperty(globalThis, "sessionStorage", { configurable: true, writable: true, value: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) } })
    remember("way", { path: "/wafers/" }, "sessionStorage")
    assert.deepEqual(recall("way", "sessionStorage"), { path: "/wafers/" })
    assert.deepEqual(recall("way"), {})
    delete globalThis.sessionStorage
  })
  test("is nothing where it cannot be read", () => {
    localStorage.setItem("waferdeck:upload:lead", "{broken")
    assert.deepEqual(recall("upload"), {})
  })
  test("is forgotten without a fault where nothing may be kept", () => {
    const refuse = () => { throw new DOMException("denied", "SecurityError") }
    globalThis.localStorage = { getItem: refuse, setItem: refuse }
    remember("upload", { lot: "A12" })
    assert.deepEqual(recall("upload"), {})
  })
})
