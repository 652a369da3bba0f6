import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, mock, test } from "node:test"
import { ReviewActs } from "../../static/annotations/review_acts.js"
import { boxOf, emptyReview, withTasks, workOf } from "../../static/annotations/review_state.js"

const TASK = { id: "a", state: "open", revision: 1, class_code: "pit", bbox_px: [10, 10, 20, 20], image: { id: "i", width_px: 100, height_px: 100 } }
const OTHER = { ...TASK, id: "b" }
const MINE = [11, 10, 20, 20]
const words = []
const element = () => ({ append(...parts) { this.text = (this.text ?? "") + parts.map((part) => part.text ?? part).join("") }, setAttribute() {}, addEventListener() {}, remove() { words.splice(words.indexOf(this.text), 1) }, dataset: {} })
globalThis.document = { querySelector: () => ({ append: ({ text }) => words.push(text), children: [] }), querySelectorAll: () => [], createElement: element, createElementNS: element }

describe("what Escape puts away", () => {
  let state, acts, drawing, begun
  afterEach(() => mock.timers.reset())
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] })
    words.length = 0
    state = withTasks(emptyReview(), { tasks: [TASK, OTHER], open: 0 })
    drawing = { mode: null, shape: null, cancel: () => false, undo: () => false }
    begun = null
    const end = () => Object.assign(drawing, { mode: null, shape: null })
    const desk = { drawing, place: { box: MINE, shape: null }, over: end, leave: end, untakePart: () => false, toggle: (mode) => { drawing.mode = mode }, begun: { put: (task, what) => { begun = { task, ...what } }, later: { keep() {} } } }
    acts = new ReviewActs({ get: () => state, change: (next) => { state = next }, redraw() {}, showMode() {}, desk, zoom: { isPainted: true }, link: { isReady: true, add() {} }, nameOf: (code) => code })
  })
  const redraw = () => {
    acts.edit("redraw")
    acts.drawn("redraw", { box: MINE, shape: null })
  }

  test("is the model's box again, and mine after an undo, in hand", () => {
    redraw()
    acts.escape()
    assert.deepEqual([boxOf(state), acts.canBringBack], [TASK.bbox_px, true])
    acts.undo()
    assert.deepEqual([boxOf(state), drawing.mode, acts.canBringBack], [MINE, "redraw", false])
  })
  test("of something missed is drawn again, and takes no decision back", () => {
    acts.decide({ verdict: "defect" })
    acts.edit("missed")
    drawing.shape = { kind: "box", bbox_px: MINE }
    acts.escape()
    acts.undo()
    assert.deepEqual([begun.task, begun.mode, begun.shape, state.said.size], ["b", "missed", { kind: "box", bbox_px: MINE }, 1])
  })
  test("is over with the next decision, which is what undo takes back then", () => {
    redraw()
    acts.escape()
    acts.decide({ verdict: "defect" })
    acts.undo()
    assert.deepEqual([state.at, state.said.size, workOf(state)], ["a", 0, {}])
  })
  test("of something missed that was added and undone leaves no word that offers it again", () => {
    acts.edit("missed")
    Object.assign(drawing, { shape: { kind: "box", bbox_px: MINE } })
    acts.choose("pit")
    assert.match(words.join(), /Added/)
    acts.undo()
    assert.deepEqual([words, state.added.get("a")], [[], []])
  })
  test("is nothing where nothing was drawn", () => {
    acts.edit("redraw")
    acts.escape()
    assert.equal(acts.canBringBack, false)
  })
  test("is told while it is on the screen, one word at a time", () => {
    acts.undo()
    redraw()
    acts.escape()
    assert.equal(words.length, 1)
    assert.match(words[0], /Undo brings yours back/)
    acts.next()
    assert.deepEqual(words, [])
  })
})
