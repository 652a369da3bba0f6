import assert from "node:assert/strict"
import { beforeEach, describe, test } from "node:test"
import { Remark } from "../../static/annotations/remark.js"

function fakeForm() {
  const input = Object.assign(new EventTarget(), { value: "", focus() {}, blur() { this.dispatchEvent(new Event("blur")) } })
  return Object.assign(new EventTarget(), { hidden: true, input, querySelector: () => input, scrollIntoView() {} })
}

describe("a comment", () => {
  let form, kept
  beforeEach(() => {
    form = fakeForm()
    kept = []
    new Remark(form, (text) => kept.push(text)).open("")
    form.input.value = " at the seam "
  })
  for (const [way, leave] of [
    ["Enter", () => form.dispatchEvent(new Event("submit", { cancelable: true }))],
    ["Escape", () => form.input.dispatchEvent(Object.assign(new Event("keydown"), { key: "Escape" }))],
    ["a click elsewhere", () => form.input.blur()],
  ]) test(`is kept once, by ${way}`, () => {
    leave()
    assert.deepEqual([kept, form.hidden], [["at the seam"], true])
  })
})
