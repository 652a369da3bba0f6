/** Nothing is lost: an edit is laid down first, sent at once, and kept until the server has said what became of it. */
import { Problem } from "../shared/http.js"
import { SafeStore } from "./journal_spare.js"
import { afterAcks, afterFailure, asSent, batchOf, isReused, isWork, onRevision, staleDrafts } from "./journal_state.js"

/** A fault of this page or its store is told, and passes: nothing is dropped for it. */
function problemOf(fault) {
  if (fault.status !== undefined) return fault
  globalThis.reportError?.(fault)
  return new Problem({ status: 503, code: "page_fault" })
}

/** What went wrong with an edit that the server could not even read. */
const unread = ({ seq }, { status, code, title, message, fields }) => ({ seq, state: "refused", problem: { status, code, title, detail: message, fields } })

/**
 * Sends edits in order, one request at a time, over all tabs of this browser. Emits `change` when what is kept changes or the
 * way to the server does, `answer` ({entry, ack}) for each edit that was answered, whichever tab has sent it, and `settled` (seq)
 * for a refusal that another tab has said a word about.
 */
export class Journal extends EventTarget {
  #store
  #send
  #locks
  #channel
  #sending = null
  #isWanted = false
  #timer = null
  #attempt = 0
  #most = undefined
  #revisions = new Map()
  #laid = Promise.resolve()
  /** Edits that are being laid down: said, and not in the store yet. */
  #laying = 0
  #stored = 0
  /** Grows with every edit that is laid down, to tell whether a count of the store is of the present. */
  #version = 0
  /** Whether the numbers were given another client just now. */
  #isRenewed = false

  /**
   * @param {Store} store
   * @param {(body: {client: string, edits: object[]}) => Promise<{acks: object[]}>} send rejects with a Problem
   * @param {{locks?: LockManager, channel?: BroadcastChannel, name?: string}} [shared] with the other tabs
   */
  constructor(store, send, { locks = null, channel = null, name = "journal" } = {}) {
    super()
    this.#store = new SafeStore(store)
    this.#send = send
    this.#locks = locks
    this.#channel = channel
    this.name = name
    /** "sending", or why nothing goes: "offline", "put off", "signed out", "forbidden". */
    this.state = "sending"
    this.pending = 0
    /** When it is tried again, in ms since the epoch; 0 while nothing waits for a time. */
    this.retryAt = 0
    if (channel) channel.onmessage = ({ data }) => this.#heard(data)
  }

  get isKept() { return this.#store.isKept }

  /** Edits that are neither on the disk nor answered: only this page has them. */
  get laying() { return this.#laying }

  /** What was left over by the page before: {entries, refusals}. */
  async open() {
    const [entries, refusals] = await Promise.all([this.#store.entries(), this.#store.refusals()])
    this.#count(entries.length)
    return { entries, refusals }
  }

  /** Lays an edit down and sends it. One after another: they are numbered as they were made. */
  add(edit) {
    return this.#putDown(edit)
  }

  /** A new decision in the place of one that was refused: both are put down, or neither. */
  resend(seq, edit) {
    return this.#putDown(edit, seq)
  }

  #putDown(edit, instead = null) {
    this.#laying += 1
    this.#count()
    const laid = this.#laid.then(() => this.#lay(edit, instead))
    // A fault of one holds up none behind it.
    this.#laid = laid.catch(() => {})
    return laid
  }

  async #lay(edit, instead) {
    const { edit: based } = onRevision({ edit }, this.#revisions.get(edit.task))
    const entry = await this.#store.append(based, instead)
    if (instead !== null) this.#channel?.postMessage({ settled: instead })
    this.#version += 1
    await this.#recount(1)
    this.kick()
    return entry
  }

  /** Sends what is there now, whatever it waited for. Called for every edit, when the line is back, and after signing in. */
  kick() {
    clearTimeout(this.#timer)
    this.#timer = null
    this.retryAt = 0
    this.#isWanted = true
    this.#sending ??= this.#turn().finally(() => { this.#sending = null })
    return this.#sending
  }

  async forget(seq) {
    await this.#store.forget(seq)
    this.#channel?.postMessage({ settled: seq })
    this.#emit("change")
  }

  /** What was forgotten waits for a word again. */
  async recall(refusal) {
    await this.#store.settle({ refused: [refusal] })
    this.#emit("change")
  }

  /** One tab at a time: each holds the lock until nothing is left, or nothing goes. */
  async #turn() {
    while (this.#isWanted) {
      this.#isWanted = false
      if (this.#locks) await this.#locks.request(this.name, () => this.#drain())
      else await this.#drain()
    }
  }

  async #drain() {
    for (;;) {
      const entries = await this.#cleared()
      const batch = batchOf(entries, this.#most)
      if (batch.length === 0) return this.#turnTo("sending")
      const acks = await this.#ask(batch)
      if (!acks) return undefined
      await this.#settle(entries, acks)
    }
  }

  async #cleared() {
    const all = await this.#store.entries()
    const gone = new Set(staleDrafts(all))
    if (gone.size) await this.#store.settle({ gone: [...gone] })
    const entries = all.filter(({ seq }) => !gone.has(seq))
    await this.#recount()
    return entries
  }

  /** The answer to a batch; null when nothing can be sent now. */
  async #ask(batch) {
    try {
      const { acks } = await this.#send({ client: await this.#store.client(batch[0]), edits: batch.map(asSent) })
      const told = await this.#heeded(batch, acks ?? [])
      this.#attempt = 0
      return told
    } catch (fault) {
      const problem = problemOf(fault)
      const { state, waitMs, isToNarrow } = afterFailure(problem, this.#attempt)
      if (isToNarrow && batch.length === 1) return [unread(batch[0], problem)]
      if (isToNarrow) {
        this.#most = 1
        return []
      }
      this.#attempt += 1
      if (waitMs !== null) this.#waitFor(waitMs)
      this.#turnTo(state)
      return null
    }
  }

  /** What may be settled of an answer. Throws a Problem where it is about none of what was sent: asked at once it would say that for ever. */
  async #heeded(batch, acks) {
    const sent = new Set(batch.map(({ seq }) => seq))
    if (!acks.some(({ seq }) => sent.has(seq))) throw new Problem({ status: 502, code: "unreadable" })
    const isToRenew = acks.some(isReused) && !this.#isRenewed
    this.#isRenewed = isToRenew
    if (!isToRenew) return acks
    await this.#store.renew(batch[0])
    return acks.filter((ack) => !isReused(ack))
  }

  #waitFor(waitMs) {
    this.retryAt = Date.now() + waitMs
    this.#timer = setTimeout(() => this.kick(), waitMs)
  }

  async #settle(entries, acks) {
    const { gone, lifted, done, refused } = afterAcks(entries, acks)
    const refusals = refused.filter(({ entry }) => isWork(entry.edit)).map(({ entry, ack }) => ({ seq: entry.seq, edit: entry.edit, problem: ack.problem, at: new Date().toISOString() }))
    await this.#store.settle({ gone, put: lifted, refused: refusals })
    if (gone.length) this.#most = undefined
    this.state = "sending"
    this.#tell([...done, ...refused])
    this.#channel?.postMessage({ answers: [...done, ...refused] })
    await this.#recount()
  }

  #tell(answers) {
    for (const answer of answers) {
      const { entry, ack } = answer
      if (ack.task) this.#revisions.set(ack.task.id, ack.task.revision)
      this.#emit("answer", answer)
      if (entry.edit.new_task && ack.state === "done") this.#revisions.set(entry.edit.new_task, ack.task.id === entry.edit.new_task ? ack.task.revision : 1)
    }
  }

  async #heard({ answers = [], settled = null }) {
    this.#tell(answers)
    if (settled !== null) this.#emit("settled", settled)
    await this.#recount()
  }

  /** Counts what is stored; `laid` of it were on their way there until now. Rather too much for a moment than too little. */
  async #recount(laid = 0) {
    let version
    let stored
    do {
      version = this.#version
      stored = (await this.#store.entries()).length
    } while (version !== this.#version)
    this.#laying -= laid
    this.#count(stored)
  }

  /** What is not answered yet: of the store, and on its way there. "All saved" is said of both. */
  #count(stored = this.#stored) {
    this.#stored = stored
    this.pending = stored + this.#laying
    this.#emit("change")
  }

  #turnTo(state) {
    this.state = state
    this.#emit("change")
  }

  #emit(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}
