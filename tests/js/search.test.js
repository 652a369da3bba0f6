import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { afterEach, beforeEach, describe, mock, test } from "node:test"
import { startKeys } from "../../static/shared/keys.js"
import { nextOption, searchField, startSearch } from "../../static/shared/search.js"

const bar = await readFile(new URL("../../templates/components/_bar.html", import.meta.url), "utf8")

/** The fields of the form as the template writes them, in its order. */
function fieldsOf(form) {
  const inputs = bar.match(new RegExp(`<form[^>]*id="${form}"[\\s\\S]*?</form>`))[0].match(/<input[^>]*>/g)
  return inputs.map((tag) => {
    const field = new EventTarget()
    return Object.assign(field, { type: tag.match(/type="(\w+)"/)[1], form: null, isFocused: false, setAttribute() {}, focus() { field.isFocused = true } })
  })
}

/** As much of a document as the title bar needs; selectors are `input` or `input[type=…]` of #search. */
function barOf(fields) {
  const list = { replaceChildren() {}, querySelectorAll: () => [] }
  const form = Object.assign(new EventTarget(), { querySelector: (selector) => (selector === "#suggestions" ? list : find(selector)) })
  const find = (selector) => {
    const [, type] = selector.match(/(?:^| )input(?:\[type=(\w+)\])?$/) ?? [null, "none"]
    return fields.find((field) => type === undefined || field.type === type) ?? null
  }
  for (const field of fields) field.form = form
  return Object.assign(new EventTarget(), { querySelector: find, querySelectorAll: () => [], activeElement: null })
}

describe("the search of the title bar", () => {
  const fields = fieldsOf("search")
  const listened = []
  let before
  let press
  beforeEach(() => {
    before = { document: globalThis.document, addEventListener: globalThis.addEventListener }
    globalThis.document = barOf(fields)
    globalThis.addEventListener = (name, listener) => { press = listener }
    for (const field of fields) field.addEventListener = (name) => listened.push(`${field.type} ${name}`)
  })
  afterEach(() => Object.assign(globalThis, before))

  test("has a hidden field that is not the one people type into", () => assert.deepEqual(fields.map(({ type }) => type), ["hidden", "search"]))
  test("is the field people see", () => assert.equal(searchField().type, "search"))
  test("listens to what is typed there", () => {
    startSearch()
    assert.ok(listened.includes("search input"))
    assert.ok(!listened.includes("hidden input"))
  })
  test("opens nothing that was chosen of other words", () => {
    const opened = []
    const options = ["A11", "A12"].map((id) => ({ id, setAttribute() {}, scrollIntoView() {}, click: () => opened.push(id) }))
    const [, field] = fields
    const heard = {}
    field.addEventListener = (name, listener) => { heard[name] = listener }
    Object.assign(field, { value: "A1", removeAttribute() {} })
    field.form.querySelector("#suggestions").querySelectorAll = () => options
    startSearch()
    const down = (key) => heard.keydown({ key, preventDefault() {} })
    mock.timers.enable({ apis: ["setTimeout"] })
    down("ArrowDown")
    heard.input()
    down("Enter")
    mock.timers.reset()
    assert.deepEqual(opened, [])
    down("ArrowDown")
    down("Enter")
    assert.deepEqual(opened, ["A11"])
  })
  test("is where the slash key goes", () => {
    startKeys()
    press({ key: "/", timeStamp: 1, target: {}, preventDefault() {} })
    assert.deepEqual(fields.filter(({ isFocused }) => isFocused).map(({ type }) => type), ["search"])
  })
})

describe("arrow keys in the suggestions", () => {
  test("go down from the field and back to it", () => assert.deepEqual([-1, 0, 1].map((index) => nextOption(index, "ArrowDown", 2)), [0, 1, -1]))
  test("go up from the field to the last", () => assert.equal(nextOption(-1, "ArrowUp", 2), 1))
  test("stay in the field where there are none", () => assert.equal(nextOption(-1, "ArrowDown", 0), -1))
})
