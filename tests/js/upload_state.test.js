import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Problem } from "../../static/shared/http.js"
import { fromPicker } from "../../static/inspection/upload_files.js"
import * as upload from "../../static/inspection/upload_state.js"

const limits = { maxBytes: 1000 }
const file = (name, values = {}) => ({ id: name, name, path: name, size: 100, modified: 1, ...values })
const queueOf = (...files) => upload.started(upload.added(upload.emptyQueue(), files, limits))
const stateOf = (queue, id) => queue.items.find((item) => item.id === id).state
const busy = (values) => new Problem({ status: 503, detail: "Too much work at once.", ...values })

describe("adding files", () => {
  test("leaves out what the system put there and what is there already", () => {
    const queue = upload.added(queueOf(file("a.png")), [file("a.png", { id: "again" }), file(".DS_Store"), file("x", { path: "__MACOSX/x" })], limits)
    assert.deepEqual([queue.items.length, queue.leftOut], [1, 3])
  })
  test("refuses an empty file before sending", () => assert.equal(stateOf(queueOf(file("a", { size: 0 })), "a"), "refused"))
  test("refuses a file over the limit and says the limit", () => {
    const queue = upload.added(upload.emptyQueue(), [file("a", { size: 3 * 2 ** 20 })], { maxBytes: 2 * 2 ** 20 })
    assert.match(queue.items[0].problem.detail, /At most 2 MiB/)
  })
})

describe("files that come later", () => {
  const done = (queue) => upload.answered(upload.sending(queue, "a"), "a", { state: "done" })
  test("go with what is being sent", () => assert.deepEqual(upload.toSend(upload.added(queueOf(file("a")), [file("b")], limits), 0), ["a", "b"]))
  for (const [name, before] of [["is over", done(queueOf(file("a")))], ["was over and cleared", upload.cleared(done(queueOf(file("a"))))]])
    test(`wait for a start of their own when the queue ${name}`, () => assert.deepEqual(upload.toSend(upload.added(before, [file("b")], limits), 0), []))
})

describe("a run that was stored", () => {
  const stored = upload.answered(upload.sending(queueOf(file("a")), "a"), "a", { id: "r1", state: "queued" })
  test("is followed", () => assert.deepEqual(upload.storedRuns(stored), ["r1"]))
  for (const state of ["done", "failed", "cancelled"])
    test(`and is ${state} says so`, () => assert.equal(stateOf(upload.followed(stored, { id: "r1", state }), "a"), state))
  test("and goes on changes nothing", () => assert.equal(upload.followed(stored, { id: "r1", state: "running" }), stored))
  test("for another file changes nothing", () => assert.equal(upload.followed(stored, { id: "r2", state: "done" }), stored))
})

describe("leaving the page", () => {
  test("loses what was started and waits, also while nothing is under way", () => assert.ok(upload.isAtRisk(queueOf(file("a")))))
  test("loses nothing before the start or after the end", () => {
    assert.ok(!upload.isAtRisk({ ...queueOf(file("a")), isStarted: false }))
    assert.ok(!upload.isAtRisk(upload.cancelled(queueOf(file("a")), ["a"])))
  })
})

describe("the wafer of a file", () => {
  const one = { name: "left.png", path: "A12/W07/left.png" }
  for (const [rule, expected] of [["one", "W1"], ["folder", "W07"], ["file", "left"]])
    test(`by ${rule}`, () => assert.equal(upload.waferOf(one, { rule, wafer: " W1 " }), expected))
  test("a file without a folder is named by the server", () => assert.equal(upload.waferOf({ name: "a", path: "a" }, { rule: "folder", wafer: "" }), ""))
})

describe("sending", () => {
  const files = ["a", "b", "c", "d", "e"].map((name) => file(name))
  test("waits for the start", () => assert.deepEqual(upload.toSend({ ...queueOf(...files), isStarted: false }, 0), []))
  test("takes a few at once, in order", () => assert.deepEqual(upload.toSend(queueOf(...files), 0), ["a", "b", "c"]))
  test("fills a free place", () => {
    const queue = ["a", "b"].reduce(upload.sending, queueOf(...files))
    assert.deepEqual(upload.toSend(queue, 0), ["c"])
  })
  test("is inspecting once every byte is there", () => {
    const queue = upload.progressed(upload.sending(queueOf(...files), "a"), "a", 100)
    assert.equal(stateOf(queue, "a"), "inspecting")
  })
})

describe("answers", () => {
  const sent = upload.sending(queueOf(file("a"), file("b")), "a")
  test("200 is done", () => assert.equal(stateOf(upload.answered(sent, "a", { state: "done" }), "a"), "done"))
  test("202 is stored and waits", () => assert.equal(stateOf(upload.answered(sent, "a", { state: "queued" }), "a"), "stored"))
  test("a run that failed says why", () => assert.equal(upload.answered(sent, "a", { state: "failed", error: { detail: "why" } }).items[0].problem.detail, "why"))
  test("a bad file is refused and its neighbours go on", () => {
    const queue = upload.refused(sent, "a", new Problem({ status: 422, detail: "This is a text file." }), 0)
    assert.equal(stateOf(queue, "a"), "refused")
    assert.deepEqual(upload.toSend(queue, 0), ["b"])
  })
  test("our own fault is no refusal of the file", () => assert.equal(stateOf(upload.refused(sent, "a", new Problem({ status: 500 }), 0), "a"), "failed"))
  test("no room holds everything for as long as the server asks", () => {
    const queue = upload.refused(sent, "a", busy({ retry_after_s: 5 }), 1000, () => 0)
    assert.deepEqual([upload.toSend(queue, 5999), upload.toSend(queue, 6000)], [[], ["a", "b"]])
    assert.equal(upload.nextAt(queue), 6000)
  })
  test("without a word from the server the waits grow", () => {
    const first = upload.refused(sent, "a", new Problem({}), 0, () => 1)
    const second = upload.refused(upload.sending(first, "a"), "a", new Problem({}), 0, () => 1)
    assert.ok(second.items[0].holdUntil > first.items[0].holdUntil)
  })
  test("patience ends and a person may retry", () => {
    let queue = sent
    for (let n = 0; n < upload.MOST_TRIES; n += 1) queue = upload.sending(upload.refused(queue, "a", busy({ retry_after_s: 0 }), 0), "a")
    queue = upload.refused(queue, "a", busy({ retry_after_s: 0 }), 0)
    assert.equal(stateOf(queue, "a"), "failed")
    assert.equal(stateOf(upload.retried(queue, ["a"]), "a"), "waiting")
  })
  test("who is asked to wait for his turn goes on by himself, however often he is", () => {
    const tooMuch = new Problem({ status: 429, retry_after_s: 45 })
    let queue = sent
    for (let n = 0; n < 3 * upload.MOST_TRIES; n += 1) {
      queue = upload.refused(queue, "a", tooMuch, 0, () => 0)
      assert.deepEqual([stateOf(queue, "a"), upload.toSend(queue, 44_999), upload.toSend(queue, 45_000)], ["waiting", [], ["a", "b"]])
      queue = upload.sending(queue, "a")
    }
    assert.equal(stateOf(upload.answered(queue, "a", { state: "done" }), "a"), "done")
  })
  test("an answer after cancelling changes nothing", () => {
    const queue = upload.cancelled(sent, ["a"])
    assert.equal(upload.refused(queue, "a", busy(), 0), queue)
  })
})

describe("what to do", () => {
  for (const [name, problem, expected] of [
    ["offline", {}, /tried again by itself/], ["no permission", { status: 403 }, /admin can grant/],
    ["a field", { status: 400, fields: { lot: ["Too long."] } }, /lot: Too long\./], ["our fault", { status: 500 }, /Press Retry/],
  ]) test(name, () => assert.match(upload.adviceFor(new Problem(problem)), expected))
})

describe("cancel, retry, clear", () => {
  const queue = upload.answered(upload.sending(queueOf(file("a"), file("b")), "a"), "a", { state: "done" })
  test("what is done stays done", () => assert.equal(stateOf(upload.cancelled(queue, ["a", "b"]), "a"), "done"))
  test("a retry by hand is a new request", () => assert.equal(upload.retried(upload.cancelled(queue, ["b"]), ["b"]).items[1].keyed, 1))
  test("clearing keeps what needs a look", () => assert.deepEqual(upload.cleared(queue).items.map(({ id }) => id), ["b"]))
  test("what was under way when it was cancelled may be inspected all the same", () => {
    const late = upload.cancelled(["a", "b"].reduce(upload.sending, queueOf(file("a"), file("b"), file("c"))), ["a", "c"])
    assert.deepEqual(late.items.map(({ state, wasSent }) => [state, Boolean(wasSent)]), [["cancelled", true], ["sending", false], ["cancelled", false]])
    assert.equal(upload.summary(late).cancelledLate, 1)
  })
  for (const [status, expected] of [[413, false], [415, false], [422, false], [403, true], [400, true], [500, true]])
    test(`a refusal with ${status} ${expected ? "may pass" : "is of the file and stays"}`, () => {
      const after = upload.refused(upload.sending(queueOf(file("a")), "a"), "a", new Problem({ status }), 0)
      assert.equal(upload.canRetry(after.items[0]), expected)
    })
  test("an empty file cannot be sent again", () => {
    const withEmpty = upload.added(upload.emptyQueue(), [{ ...file("void"), size: 0 }, file("full")], { maxBytes: 1000 })
    const sums = upload.summary(upload.cancelled(withEmpty, ["full"]))
    assert.deepEqual([sums.refused, sums.cancelled, sums.retryable], [1, 1, 1])
  })
  test("it is over when everything has ended", () => assert.ok(upload.isOver(upload.cancelled(queue, ["b"]))))
  test("the sum counts bytes and states", () => {
    const sums = upload.summary(queue)
    assert.deepEqual([sums.done, sums.waiting, sums.sentShare, sums.inspectedShare, sums.ended], [1, 1, 0.5, 0.5, 1])
  })
  test("what is stored is sent, and not inspected yet", () => {
    const sums = upload.summary(upload.answered(upload.sending(queueOf(file("a")), "a"), "a", { id: "r1", state: "queued" }))
    assert.deepEqual([sums.sentShare, sums.inspectedShare], [1, 0])
  })
  test("what was refused for good is cleared once nothing is done any more", () => {
    const withBad = upload.refused(upload.sending(queue, "b"), "b", new Problem({ status: 422 }), 0)
    assert.deepEqual([upload.clearable(withBad).kind, upload.clearable(upload.cleared(withBad)).kind], ["done", "refused"])
    assert.deepEqual(upload.cleared(upload.cleared(withBad)).items, [])
  })
  test("a file is taken off the list once it has ended, and one that is stored is followed to its end", () => {
    const both = upload.answered(upload.sending(queue, "b"), "b", { id: "r2", state: "queued" })
    assert.deepEqual(upload.removed(both, ["a", "b"]).items.map(({ id }) => id), ["b"])
  })
})

describe("a sign-in that has ended", () => {
  const over = upload.refused(upload.sending(queueOf(file("a"), file("b")), "a"), "a", new Problem({ status: 401, detail: "Send the header `Authorization: Token <key>`." }), 0)
  test("keeps the files and sends nothing", () => {
    assert.deepEqual([stateOf(over, "a"), upload.toSend(over, 1e9), upload.nextAt(over)], ["waiting", [], null])
    assert.ok(upload.isAtRisk(over))
  })
  test("is told in words of a person's, not of a program's", () => {
    for (const { problem } of over.items) assert.equal(upload.problemText(problem), "Your sign-in has ended. The file is kept and sent once you have signed in again.")
    assert.match(upload.holdText(over, 0), /sign-in has ended/)
  })
  test("is told of each file that waits, whoever found out first, and of those that come", () => {
    const queue = upload.added(upload.signedOut(queueOf(file("a"))), [file("b")], { maxBytes: 1e9 })
    assert.deepEqual(queue.items.map(({ problem }) => problem?.title), ["Your sign-in has ended", "Your sign-in has ended"])
    assert.deepEqual(upload.signedIn(queue).items.map(({ problem }) => problem), [null, null])
  })
  test("goes on by itself after signing in, as the same request", () => {
    const after = upload.signedIn(over)
    assert.deepEqual([upload.toSend(after, 0), after.items[0].problem, after.items[0].keyed], [["a", "b"], null, undefined])
  })
})

describe("what is said", () => {
  const offline = upload.refused(upload.sending(queueOf(file("a")), "a"), "a", new Problem({ title: "The server cannot be reached" }), 0, () => 1)
  test("is said once", () => assert.equal(upload.problemText(offline.items[0].problem), "The server cannot be reached. It is tried again by itself; nothing is lost or doubled."))
  test("tells a server that is away from one that is busy", () => {
    assert.match(upload.holdText(offline, 0), /cannot be reached: tried again in 2 s/)
    assert.match(upload.holdText(upload.refused(upload.sending(queueOf(file("a")), "a"), "a", busy({ retry_after_s: 5 }), 0, () => 0), 0), /asked for patience: on again in 5 s/)
  })
  test("is nothing while it goes on", () => assert.equal(upload.holdText(queueOf(file("a")), 0), ""))
  test("a server that is there again is not waited for, one that is busy is", () => {
    assert.deepEqual(upload.toSend(upload.reached(offline), 0), ["a"])
    const held = upload.refused(upload.sending(queueOf(file("a")), "a"), "a", busy({ retry_after_s: 5 }), 0, () => 0)
    assert.equal(upload.reached(held), held)
  })
})

describe("files out of a folder", () => {
  test("come in the order a person counts", () => assert.deepEqual(fromPicker(["s10", "s2", "s1"].map((name) => ({ name: `${name}.png` }))).map(({ facts }) => facts.name), ["s1.png", "s2.png", "s10.png"]))
})
