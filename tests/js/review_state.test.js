import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as said from "../../static/annotations/review_said.js"
import * as sitting from "../../static/annotations/review_state.js"
import * as way from "../../static/annotations/review_way.js"
import { firstView, isSameView, viewFor } from "../../static/annotations/review_view.js"

const review = { ...sitting, ...said, ...way }

const task = (id, values = {}) => ({ id, revision: 0, state: "open", class_code: "pit", bbox_px: [10, 10, 8, 8], held_until: "2026-11-22T10:10:00Z", draft: null, ...values })
const answer = (...tasks) => ({ tasks, open: 10, open_is_more: false })
const three = review.withTasks(review.emptyReview(), answer(task("a"), task("b"), task("c")), { nowMs: 1000 })
const CONFIRM = { verdict: "defect" }

describe("a pocket of tasks", () => {
  test("shows the first", () => assert.equal(three.at, "a"))
  test("is asked for more when fewer than four wait", () => assert.deepEqual([review.needsTasks(three), review.needsTasks(review.withTasks(three, answer(task("d"))))], [true, false]))
  test("takes what it holds again as the same", () => assert.deepEqual(review.withTasks(three, answer(task("b"), task("d"))).order, ["a", "b", "c", "d"]))
  test("leaves out what is decided and not sent yet", () => assert.deepEqual(review.withTasks(review.emptyReview(), answer(task("a"), task("b")), { unsent: new Set(["a"]) }).order, ["b"]))
  test("does not open again what an overtaken answer calls open", () => {
    const { state } = review.decide(three, CONFIRM, 2000)
    const acked = review.withHead(state, { id: "a", revision: 1, state: "decided" })
    assert.deepEqual(review.waiting(review.withTasks(acked, answer(task("a")))), ["b", "c"])
  })
  test("opens again what was taken back elsewhere", () => {
    const { state } = review.decide(three, CONFIRM, 2000)
    assert.ok(review.waiting(review.withTasks(state, answer(task("a", { revision: 2 })))).includes("a"))
  })
  test("brings back what was drawn and not decided", () => assert.deepEqual(review.boxOf(review.withTasks(review.emptyReview(), answer(task("a", { draft: { bbox_px: [1, 2, 3, 4] } })))), [1, 2, 3, 4]))
  test("brings back the comment that was written and not decided", () => {
    const [written, back] = [review.withComment(three, "at the seam"), review.withTasks(review.emptyReview(), answer(task("a", { draft: { comment: "at the seam" } })))]
    assert.deepEqual(review.draftOf(written, "a"), { kind: "draft", task: "a", comment: "at the seam" })
    assert.deepEqual([review.workOf(back), review.boxOf(back)], [{ comment: "at the seam" }, [10, 10, 8, 8]])
    assert.deepEqual(review.draftOf(review.withComment(written, ""), "a"), { kind: "draft", task: "a" })
  })
  test("is renewed before it lapses, whatever the station's clock says", () => {
    const after = (seconds, leaseS) => review.needsRenewal(three, seconds, leaseS)
    assert.deepEqual([after(479, 600), after(480, 600), after(14, 30), after(15, 30), review.needsRenewal(review.emptyReview(), 1e6, 600)], [false, true, false, true, false])
  })
})

describe("a decision", () => {
  const { state, edit } = review.decide(three, CONFIRM, 2400)
  test("goes on to the next at once", () => assert.equal(state.at, "b"))
  test("says what it was made upon and how long it took", () => assert.deepEqual(edit, { kind: "decide", task: "a", seen_revision: 0, verdict: "defect", class_code: "pit", took_ms: 1400 }))
  test("says nothing of how long it took where the clock was set, or over a weekend", () => {
    assert.deepEqual([review.decide(three, CONFIRM, 0), review.decide(three, CONFIRM, 3e9)].map(({ edit: { took_ms: ms }, state: { paces } }) => [ms, paces]), [[undefined, []], [undefined, []]])
  })
  test("of another class carries it", () => assert.equal(review.decide(three, { verdict: "defect", class_code: "stain" }, 2000).edit.class_code, "stain"))
  test("of a nuisance has no class and no box", () => {
    const { edit: nuisance } = review.decide(review.withBox(three, [1, 1, 2, 2]), { verdict: "nuisance" }, 2000)
    assert.deepEqual([nuisance.class_code, nuisance.bbox_px], [undefined, undefined])
  })
  test("carries the box and the comment that were made before", () => {
    const { edit: drawn } = review.decide(review.withComment(review.withBox(three, [1, 1, 2, 2]), "at the seam"), CONFIRM, 2000)
    assert.deepEqual([drawn.bbox_px, drawn.comment], [[1, 1, 2, 2], "at the seam"])
  })
  test("lowers what is left: what I hold, and what is beside it", () => assert.deepEqual([review.left(review.emptyReview()), review.left(three), review.left(state), review.left(review.undo(state, 1).state)], [null, 13, 12, 13]))
  test("of the last leaves nothing on the screen", () => {
    const one = review.withTasks(review.emptyReview(), answer(task("a")))
    assert.equal(review.decide(one, CONFIRM, 1).state.at, null)
  })
})

describe("an act", () => {
  const may = (name, one, isDrawing = false) => review.mayDo(name, one, isDrawing)
  test("is for a task", () => assert.deepEqual([may("confirm", task("a")), may("confirm", null)], [true, false]))
  test("on one defect is none on a whole image", () => assert.deepEqual(["split", "redraw", "missed"].map((name) => may(name, task("a", { kind: "image" }))), [false, false, true]))
  test("that joins or parts waits until the drawing is done", () => assert.deepEqual(["split", "merge", "confirm"].map((name) => may(name, task("a"), true)), [false, false, true]))
})

describe("the pace", () => {
  test("is unknown before the first", () => assert.equal(review.paceS(three), null))
  test("is that of the middle one: an interruption does not count", () => assert.equal(review.paceS({ ...three, paces: [1000, 1400, 600_000] }), 1.4))
})

describe("the way back", () => {
  const one = review.decide(three, CONFIRM, 2000).state
  const two = review.decide(one, { verdict: "nuisance" }, 3000).state
  test("undo returns to what is undone", () => {
    const { state, edit } = review.undo(two, 4000)
    assert.deepEqual([state.at, edit, review.waiting(state)], ["b", { kind: "undo", task: "b" }, ["b", "c"]])
  })
  test("undo of what is looked at takes back that, not the last", () => assert.equal(review.undo(review.goto(two, "a", 0), 4000).edit.task, "a"))
  test("undo brings back what was drawn, as what is begun", () => {
    const { state } = review.decide(review.withBox(three, [1, 1, 2, 2]), CONFIRM, 2000)
    const back = review.undo(state, 3000).state
    assert.deepEqual([review.boxOf(back), review.isBegun(back, "a"), review.isBegun(back, "b")], [[1, 1, 2, 2], true, false])
  })
  test("redo says the same again upon what the task has become", () => {
    const undone = review.withHead(review.undo(two, 4000).state, { id: "b", revision: 2, state: "open" })
    const { state, edit } = review.redo(undone, () => "n", 5000)
    assert.deepEqual([edit.verdict, edit.seen_revision, state.at], ["nuisance", 2, "c"])
  })
  test("nothing to undo is nothing done", () => assert.deepEqual(review.undo(three, 1), { state: three, edit: null, entry: null }))
  test("back leads from one decided to the one before, and stays at the first", () => {
    const steps = [review.back(two, 0)]
    for (let n = 0; n < 2; n += 1) steps.push(review.back(steps.at(-1), 0))
    assert.deepEqual(steps.map(({ at }) => at), ["b", "a", "a"])
  })
  test("back leads to what was passed over, also after Next went on and round", () => {
    const passed = review.onward(review.onward(three, 0), 0)
    assert.deepEqual([passed.at, review.back(passed, 0).at, review.back(review.back(passed, 0), 0).at], ["c", "b", "a"])
    const round = review.onward(passed, 0)
    assert.deepEqual([round.at, review.back(round, 0).at, review.canGoBack(three), review.canGoBack(round)], ["a", "c", false, true])
  })
  test("onward walks over what was passed, to where I was", () => {
    const first = review.back(review.back(review.onward(review.onward(three, 0), 0), 0), 0)
    const second = review.onward(first, 0)
    assert.deepEqual([first.at, second.at, review.onward(second, 0).at, review.back(review.onward(second, 0), 0).at], ["a", "b", "c", "b"])
  })
  test("what was passed over is decided where I look back, and I am where I was", () => {
    const { state } = review.decide(review.back(review.onward(three, 0), 0), CONFIRM, 0)
    assert.deepEqual([state.at, review.waiting(state), review.back(state, 0).at], ["b", ["b", "c"], "a"])
  })
  test("from the end of the queue back leads to the last", () => {
    const none = review.decide(two, CONFIRM, 1).state
    assert.deepEqual([none.at, review.back(none, 0).at], [null, "c"])
  })
  test("onward leads back to what waits", () => assert.equal(review.onward(review.back(two, 0), 0).at, "c"))
  test("onward from what waits leaves it waiting", () => assert.deepEqual([review.onward(three, 0).at, review.waiting(review.onward(three, 0))], ["b", ["a", "b", "c"]]))
  test("a new decision of an old task goes on where I was, and counts once", () => {
    const { state } = review.decide(review.goto(two, "a", 0), { verdict: "nuisance" }, 4000)
    assert.deepEqual([state.at, review.left(state), state.said.get("a").verdict], ["c", 11, "nuisance"])
  })
})

describe("a skip", () => {
  const { state, edit } = review.skip(three, "out of focus", 2000)
  test("gives it back with the reason", () => assert.deepEqual([edit, state.at], [{ kind: "skip", task: "a", reason: "out of focus" }, "b"]))
  test("is kept away though the server still tells of it", () => assert.ok(!review.waiting(review.withTasks(state, answer(task("a")))).includes("a")))
  test("is undone without a word to the server", () => assert.deepEqual([review.undo(state, 3000).edit, review.undo(state, 3000).state.at], [null, "a"]))
})

describe("what the model has missed", () => {
  const { state, edit } = review.miss(three, { id: "n", class_code: "stain", bbox_px: [5, 5, 4, 4] })
  test("is added and stays in sight", () => assert.deepEqual([edit.new_task, review.addedOf(state).length, state.at], ["n", 1, "a"]))
  test("is told once, when the server tells it too", () => {
    const told = { ...state, tasks: new Map(state.tasks).set("a", { ...state.tasks.get("a"), others: [{ id: "n" }, { id: "of somebody else" }] }) }
    assert.deepEqual(review.othersOf(told), [{ id: "of somebody else" }])
  })
  test("is taken out again whatever was said since", () => {
    const later = review.decide(state, CONFIRM, 2).state
    const { state: after, edit: out } = review.withdraw(later, "n", 3)
    assert.deepEqual([out, review.addedOf(after, "a"), after.said.has("a"), review.withdraw(after, "n", 4).entry], [{ kind: "undo", task: "n" }, [], true, null])
  })
  test("is taken back by name", () => {
    const { state: after, edit: undo } = review.undo(state, 1)
    assert.deepEqual([undo, review.addedOf(after)], [{ kind: "undo", task: "n" }, []])
  })
})

describe("what somebody else decides", () => {
  const event = (id) => ({ task: id, state: "decided", revision: 1, by: "maria" })
  test("leaves my pocket", () => {
    const { state, lost } = review.heardDecided(three, event("b"), "lead")
    assert.deepEqual([review.waiting(state), lost], [["a", "c"], "waiting"])
  })
  test("stays on the screen: I may be pressing a key", () => assert.deepEqual([review.heardDecided(three, event("a"), "lead").state.at, review.heardDecided(three, event("a"), "lead").lost], ["a", "shown"]))
  test("stays mine where I have drawn on it", () => assert.equal(review.heardDecided(review.goto(review.withBox(three, [1, 1, 2, 2]), "b", 0), event("a"), "lead").lost, null))
  test("leaves it quietly where it was me in another window", () => assert.equal(review.heardDecided(three, event("b"), "maria").lost, "mine"))
  test("is no news where I have taken it back since", () => assert.equal(review.heardDecided(review.undo(review.decide(three, CONFIRM, 1).state, 2).state, event("a"), "maria").lost, null))
})

describe("the view", () => {
  test("shows a defect with its box a quarter of it", () => assert.deepEqual(firstView([0, 0, 100, 40], [800, 600]), { scale: 1.5, offset: [0, 0] }))
  test("shows at least 96 pixels of the image", () => assert.equal(firstView([0, 0, 4, 4], [960, 960]).scale, 10))
  test("of a large defect ends with the image", () => assert.equal(firstView([0, 0, 400, 40], [800, 800], 1000).scale, 0.8))
  test("of a defect as large as its image leaves a rim", () => assert.equal(firstView([0, 0, 850, 40], [800, 800], 850).scale, 0.8))
  test("stays from one to the next", () => assert.deepEqual(viewFor({ scale: 4, offset: [10, 0] }, [0, 0, 20, 20], [800, 600]), { scale: 4, offset: [10, 0] }))
  test("is another where the defect would not fit", () => assert.equal(viewFor({ scale: 4, offset: [0, 0] }, [0, 0, 400, 20], [800, 600]).scale, 0.375))
  test("is another where the defect would be a speck", () => assert.equal(viewFor({ scale: 0.5, offset: [0, 0] }, [0, 0, 10, 10], [960, 960]).scale, 10))
  test("comes back to the middle where the defect would be out of sight", () => assert.deepEqual(viewFor({ scale: 4, offset: [200, 0] }, [0, 0, 20, 20], [800, 600]), { scale: 4, offset: [0, 0] }))
  test("is the same within half a pixel of the screen", () => assert.deepEqual([isSameView({ scale: 2, offset: [0, 0] }, { scale: 2, offset: [0.2, 0] }), isSameView({ scale: 2, offset: [0, 0] }, { scale: 2, offset: [1, 0] }), isSameView(null, null)], [true, false, true]))
})
