import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, test } from "node:test"
import { keyed } from "../../static/shared/dom.js"

const { document } = globalThis

/** As much of a list and its elements as `keyed` needs; what is taken out of it to be moved loses the focus. */
class List {
  children = []
  get firstElementChild() { return this.children[0] ?? null }
  contains(element) { return this.children.includes(element) }
  remove(element) {
    this.children = this.children.filter((child) => child !== element)
    if (globalThis.document.activeElement === element) globalThis.document.activeElement = null
  }
  insertBefore(element, cursor) {
    this.remove(element)
    this.children.splice(cursor ? this.children.indexOf(cursor) : this.children.length, 0, element)
    element.list = this
  }
}
const created = (id) => ({
  id, list: null,
  remove() { this.list.remove(this) },
  focus() { globalThis.document.activeElement = this },
  get nextElementSibling() { return this.list.children[this.list.children.indexOf(this) + 1] ?? null },
})

describe("a list that is kept up by key", () => {
  let list
  const show = (...ids) => keyed(list, ids, { key: (id) => id, create: created })
  const shown = () => list.children.map(({ id }) => id)
  beforeEach(() => {
    globalThis.document = { activeElement: null }
    list = new List()
    show("a", "b", "c")
  })
  afterEach(() => { globalThis.document = document })

  test("keeps its elements, whatever their order", () => {
    const before = new Set(list.children)
    show("c", "a", "b")
    assert.deepEqual(shown(), ["c", "a", "b"])
    assert.ok(list.children.every((element) => before.has(element)))
  })
  test("lets go of what is gone", () => {
    show("b")
    assert.deepEqual([shown(), [...list.keyedElements.keys()]], [["b"], ["b"]])
  })
  test("leaves the focus where it is when it moves that element", () => {
    const [, , last] = list.children
    last.focus()
    show("c", "a", "b")
    assert.equal(globalThis.document.activeElement, last)
  })
  test("takes no focus when that element is gone", () => {
    list.children[2].focus()
    show("a", "b")
    assert.equal(globalThis.document.activeElement, null)
  })
})
