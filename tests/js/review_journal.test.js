import assert from "node:assert/strict"
import { describe, mock, test } from "node:test"
import { Journal } from "../../static/annotations/journal.js"
import { SafeStore } from "../../static/annotations/journal_spare.js"
import { afterAcks, afterFailure, batchOf, isSpare, isWork, leavingText, savedWords, SPARE_FROM, staleDrafts } from "../../static/annotations/journal_state.js"
import { MemoryStore, uuid } from "../../static/annotations/journal_store.js"
import { Problem } from "../../static/shared/http.js"

const entry = (seq, kind, task, values = {}) => ({ seq, edit: { kind, task, ...values } })
const decide = (seq, task, seen = 0) => entry(seq, "decide", task, { seen_revision: seen, verdict: "defect" })
const done = (seq, id, revision) => ({ seq, state: "done", task: { id, revision } })
const seqs = (list) => list.map(({ seq }) => seq)

describe("edits that go together", () => {
  for (const [name, entries, expected] of [
    ["are all that wait, in order", [decide(1, "a"), decide(2, "b"), entry(3, "skip", "c")], [1, 2, 3]],
    ["end before a decision whose task is among them: it is made upon what they make", [decide(1, "a"), entry(2, "undo", "a"), decide(3, "a"), decide(4, "b")], [1, 2]],
    ["end before a decision about what one of them adds", [entry(1, "missed", "a", { new_task: "n" }), decide(2, "n")], [1]],
  ]) test(name, () => assert.deepEqual(seqs(batchOf(entries)), expected))
  test("decide no more tasks than the server takes, and one of them goes whatever it has", () => {
    const bulk = (seq, count) => ({ seq, edit: { kind: "bulk", tasks: Array(count).fill({}) } })
    assert.deepEqual([seqs(batchOf([bulk(1, 300), bulk(2, 200), bulk(3, 1)])), seqs(batchOf([bulk(1, 600), bulk(2, 1)]))], [[1, 2], [1]])
  })
  test("are of one client: what the disk did not take goes by itself", () => assert.deepEqual(seqs(batchOf([decide(1, "a"), decide(SPARE_FROM + 1, "b")])), [1]))
  test("are at most as many as the server takes", () => assert.equal(batchOf(Array.from({ length: 60 }, (_, n) => decide(n + 1, `t${n}`))).length, 50))
})

describe("an answer", () => {
  const answer = afterAcks([decide(1, "a"), decide(2, "b"), decide(3, "a"), decide(4, "c")], [done(1, "a", 1), { seq: 2, state: "refused", problem: { code: "stale_task" } }])
  test("takes away what was answered", () => assert.deepEqual(answer.gone, [1, 2]))
  test("tells what was refused", () => assert.deepEqual(answer.refused.map(({ entry: { seq } }) => seq), [2]))
  test("lifts a later decision onto the revision that one's own earlier one has made", () => assert.deepEqual(answer.lifted.map(({ seq, edit }) => [seq, edit.seen_revision]), [[3, 1]]))
  test("about what is not there any more changes nothing", () => assert.deepEqual(afterAcks([], [done(7, "a", 3)]), { gone: [], lifted: [], done: [], refused: [] }))
})

describe("a draft", () => {
  test("is not sent once a later one is drawn or its task is decided", () => assert.deepEqual(staleDrafts([entry(1, "draft", "a"), entry(2, "draft", "a"), entry(3, "draft", "b"), decide(4, "b")]), [1, 3]))
})

describe("a request that failed", () => {
  const failed = (values, attempt = 0) => afterFailure(new Problem(values), attempt, () => 1)
  for (const [name, values, state, waitMs] of [
    ["is tried again after a second where nobody answered", {}, "offline", 1000],
    ["is tried again when the server says so", { status: 429, retry_after_s: 7 }, "put off", 7000],
    ["waits for the sign-in", { status: 401 }, "signed out", null],
    ["waits for a role", { status: 403 }, "forbidden", null],
    ["is cut down to find the edit that cannot be read", { status: 400 }, "narrowed", 0],
    ["is cut down where something on the way finds it too large", { status: 413 }, "narrowed", 0],
    ["is tried again where something on the way answers in the server's place", { status: 404 }, "put off", 1000],
  ]) test(name, () => assert.deepEqual([failed(values).state, failed(values).waitMs], [state, waitMs]))
  test("is tried again after half a minute at most", () => assert.equal(failed({}, 20).waitMs, 30_000))
})

describe("what is said", () => {
  for (const [state, pending, text] of [["sending", 0, "All saved"], ["sending", 2, "Saving 2"], ["offline", 7, "Offline: 7 kept here"], ["put off", 1, "Server busy: 1 kept here"], ["signed out", 1, "Signed out: 1 kept here"], ["offline", 0, "All saved"]]) {
    test(`${state} with ${pending}`, () => assert.equal(savedWords({ state, pending, kept: true }).text, text))
  }
  test("on leaving is nothing where what is left is kept and on its way", () => assert.equal(leavingText({ pending: 1, kept: true, state: "sending" }), ""))
  test("on leaving is what is not on the disk yet", () => assert.equal(leavingText({ pending: 1, kept: true, state: "sending", laying: 1 }), "1 decision not sent yet"))
  test("on leaving is how many are lost with the page", () => assert.equal(leavingText({ pending: 2, kept: false, state: "sending" }), "2 decisions not sent yet"))
})

test("decisions and words are work; what is asked again by itself is not", () => assert.deepEqual(["decide", "bulk", "missed", "draft", "hold"].map((kind) => isWork({ kind })), [true, true, true, false, false]))

test("an id is written as programs write it", () => assert.equal(uuid("0123456789abcdef0123456789abcdef"), "01234567-89ab-cdef-0123-456789abcdef"))

/** A server that knows tasks by revision, and answers the same to the same seq. */
function server() {
  const known = new Map()
  const answers = new Map()
  const heard = []
  const carryOut = ({ seq, kind, task, seen_revision: seen }) => {
    const revision = known.get(task) ?? 0
    if (kind === "decide" && seen !== revision) return { seq, state: "refused", problem: { code: "stale_task", current: { id: task, revision } } }
    known.set(task, revision + 1)
    return { seq, state: "done", task: { id: task, revision: revision + 1 } }
  }
  const send = async ({ edits }) => {
    if (server.problem) throw server.problem
    heard.push(edits.map(({ seq }) => seq))
    for (const edit of edits) if (!answers.has(edit.seq)) answers.set(edit.seq, carryOut(edit))
    return { acks: edits.map(({ seq }) => answers.get(seq)) }
  }
  return { send, heard, known }
}

describe("the journal", () => {
  const journal = (options) => {
    server.problem = null
    const { send, heard, known } = server()
    const store = new MemoryStore()
    return { made: new Journal(store, send, options), store, heard, known }
  }
  const decided = (task, seen = 0) => ({ kind: "decide", task, seen_revision: seen, verdict: "defect" })

  test("never says that all is saved while an edit is on its way into the store", async () => {
    const { made, store } = journal()
    const append = store.append.bind(store)
    let isSlow = false
    store.append = async (edit) => {
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, 30))
      return append(edit)
    }
    await made.add({ kind: "skip", task: "a" })
    isSlow = true
    const laid = made.add({ kind: "skip", task: "b" })
    const said = []
    made.addEventListener("change", () => said.push(made.pending))
    await made.kick()
    assert.ok(said.every((pending) => pending > 0), `said ${said}`)
    await laid
    await made.kick()
    assert.equal(made.pending, 0)
  })
  test("sends an edit at once and forgets it when it is answered", async () => {
    const { made, store, heard } = journal()
    await made.add(decided("a"))
    await made.kick()
    assert.deepEqual(heard, [[1]])
    assert.deepEqual([await store.entries(), made.pending], [[], 0])
  })

  test("decides, takes back and decides anew without a conflict with itself", async () => {
    const { made, store, known } = journal()
    for (const edit of [decided("a"), { kind: "undo", task: "a" }, decided("a")]) made.add(edit)
    await made.add(decided("b"))
    await made.kick()
    assert.deepEqual([known.get("a"), await store.refusals()], [3, []])
  })

  test("makes a decision upon what was answered before the page has drawn it", async () => {
    const { made, known } = journal()
    await made.add(decided("a"))
    await made.kick()
    await made.add(decided("a", 0))
    await made.kick()
    assert.equal(known.get("a"), 2)
  })

  test("keeps what was refused until somebody says what is to become of it", async () => {
    const { made, store, known } = journal()
    known.set("a", 4)
    await made.add(decided("a"))
    await made.kick()
    const [refusal] = await store.refusals()
    assert.equal(refusal.problem.code, "stale_task")
    await made.resend(refusal.seq, decided("a", 4))
    await made.kick()
    assert.deepEqual([known.get("a"), await store.refusals()], [5, []])
  })

  test("puts a word in the place of one that was refused at once, and brings back what was put away", async () => {
    const channel = { postMessage: mock.fn() }
    const { made, store, known } = journal({ channel })
    known.set("a", 4)
    await made.add(decided("a"))
    await made.kick()
    const [refusal] = await store.refusals()
    await made.forget(refusal.seq)
    await made.recall(refusal)
    assert.deepEqual(await store.refusals(), [refusal])
    server.problem = new Problem({})
    await made.resend(refusal.seq, decided("a", 4))
    assert.deepEqual([(await store.entries()).length, await store.refusals()], [1, []])
    assert.deepEqual(channel.postMessage.mock.calls.map(({ arguments: [{ settled }] }) => settled).filter(Boolean), [refusal.seq, refusal.seq])
  })

  test("keeps edits while nobody answers, and sends them in order when the line is back", async (t) => {
    const { made, heard } = journal()
    t.mock.timers.enable({ apis: ["setTimeout"] })
    server.problem = new Problem({})
    for (const task of ["a", "b", "c"]) made.add(decided(task))
    await made.add(decided("d"))
    await made.kick()
    assert.deepEqual([made.state, made.pending, heard], ["offline", 4, []])
    server.problem = null
    await made.kick()
    assert.deepEqual([made.state, made.pending, heard], ["sending", 0, [[1, 2, 3, 4]]])
  })

  test("finds the one edit that the server cannot read, and sends the others", async () => {
    const { made, store, known } = journal()
    const { send } = server()
    const strict = async (body) => {
      if (body.edits.some(({ task }) => task === "bad")) throw new Problem({ status: 400, code: "invalid" })
      return send(body)
    }
    const picky = new Journal(store, strict)
    for (const task of ["a", "bad", "c"]) picky.add(decided(task))
    await picky.add(decided("d"))
    await picky.kick()
    assert.deepEqual([(await store.refusals()).map(({ edit }) => edit.task), await store.entries(), made.pending, known.size], [["bad"], [], 0, 0])
  })

  test("takes a decision that cannot be laid down into memory, and sends it", async () => {
    const { store, known } = journal()
    const { send, known: heardOf } = server()
    store.append = async () => { throw new DOMException("full", "QuotaExceededError") }
    store.isKept = true
    const made = new Journal(store, send)
    await made.add(decided("a"))
    await made.kick()
    assert.deepEqual([made.isKept, heardOf.get("a"), known.size], [false, 1, 0])
  })

  test("lets one tab send at a time", async () => {
    const request = mock.fn(async (name, run) => run())
    const { made } = journal({ locks: { request }, name: "waferdeck:journal:lead" })
    await made.add(decided("a"))
    await made.kick()
    assert.equal(request.mock.calls[0].arguments[0], "waferdeck:journal:lead")
  })

  test("hears from another tab what became of its edits", async () => {
    const channel = { postMessage() {} }
    const { made } = journal({ channel })
    const heard = []
    made.addEventListener("answer", ({ detail }) => heard.push(detail.ack.seq))
    made.addEventListener("settled", ({ detail }) => heard.push(detail))
    await channel.onmessage({ data: { answers: [{ entry: decide(9, "a"), ack: done(9, "a", 1) }] } })
    await channel.onmessage({ data: { settled: 4 } })
    assert.deepEqual(heard, [9, 4])
  })

  test("numbers its edits anew where another edit had their number: the browser was set back", async () => {
    const { send, heard, known } = server()
    const clients = []
    const knowing = async (body) => {
      clients.push(body.client)
      return clients[0] === body.client ? { acks: body.edits.map(({ seq }) => ({ seq, state: "refused", problem: { code: "seq_reused" } })) } : send(body)
    }
    const store = new MemoryStore()
    const made = new Journal(store, knowing)
    await made.add(decided("a"))
    await made.kick()
    assert.deepEqual([new Set(clients).size, heard, known.get("a"), await store.refusals(), made.pending], [2, [[1]], 1, [], 0])
  })

  test("waits where an answer is about nothing that was sent", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] })
    const send = mock.fn(async () => ({ acks: [] }))
    const made = new Journal(new MemoryStore(), send)
    await made.add(decided("a"))
    await made.kick()
    assert.deepEqual([send.mock.callCount(), made.state, made.pending], [2, "put off", 1])
  })
})

/** A disk with `is.full` and `is.broken`, as IndexedDB fails. */
function disk(is = {}) {
  const store = new MemoryStore()
  const failing = (when) => (name) => {
    const run = store[name].bind(store)
    store[name] = async (...given) => {
      if (is.broken || (is.full && when(...given))) throw new DOMException("full", "QuotaExceededError")
      return run(...given)
    }
  }
  failing(() => true)("append")
  failing(({ refused = [] }) => refused.length > 0)("settle")
  for (const name of ["entries", "refusals", "client", "forget"]) failing(() => false)(name)
  store.isKept = true
  return { store, is }
}

describe("a store that is full", () => {
  const draft = (task) => ({ kind: "draft", task })
  const tasks = (entries) => entries.map(({ edit: { task } }) => task)

  test("keeps what it has, before what is said from now on, and is used again when that is gone", async () => {
    const { store, is } = disk()
    const safe = new SafeStore(store)
    await safe.append(draft("a"))
    is.full = true
    const b = await safe.append(draft("b"))
    is.full = false
    await safe.append(draft("c"))
    assert.deepEqual([tasks(await safe.entries()), safe.isKept, isSpare(b.seq)], [["a", "b", "c"], false, true])
    await safe.settle({ gone: seqs(await safe.entries()) })
    const d = await safe.append(draft("d"))
    assert.deepEqual([await store.entries(), safe.isKept], [[d], true])
  })
  test("numbers what it does not take under an id of its own", async () => {
    const { store, is } = disk()
    const safe = new SafeStore(store)
    const a = await safe.append(draft("a"))
    is.full = true
    const b = await safe.append(draft("b"))
    assert.notEqual(await safe.client(a), await safe.client(b))
  })
  test("loses no refusal, and sends nothing twice that was answered", async () => {
    const { store, is } = disk()
    const safe = new SafeStore(store)
    const a = await safe.append(draft("a"))
    is.full = true
    await safe.settle({ gone: [a.seq], refused: [{ seq: a.seq, edit: a.edit }] })
    assert.deepEqual([await safe.entries(), tasks(await safe.refusals()), (await store.entries()).length], [[], ["a"], 1])
  })
  test("that breaks while it is used is no fault of the journal: all goes out, from memory", async () => {
    const { store, is } = disk()
    const heard = []
    const made = new Journal(store, async ({ edits }) => {
      if (!is.online) throw new Problem({})
      heard.push(...edits.map(({ task }) => task))
      return { acks: edits.map(({ seq, task }) => done(seq, task, 1)) }
    })
    for (const task of ["a", "b"]) await made.add({ kind: "skip", task })
    await made.kick()
    is.broken = true
    for (const task of ["c", "d"]) await made.add({ kind: "skip", task })
    is.online = true
    await made.kick()
    assert.deepEqual([heard, made.pending, made.isKept], [["a", "b", "c", "d"], 0, false])
  })
})
