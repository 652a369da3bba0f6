/** What ties a sitting to the server: the journal of what I say, the pocket of what I hold, and the news of what others decide. */
import { HOLD_EVENTS } from "../inspection/holds.js"
import { keyText } from "../shared/keys.js"
import { toast } from "../shared/toast.js"
import { pageJournal } from "./journal_page.js"
import { isWork } from "./journal_state.js"
import { Pocket } from "./pocket.js"
import { Refusals } from "./refusals.js"
import { broughtBack, stoodDown } from "./refusals_state.js"
import { drawSaved } from "./review_details.js"
import { heardDecided, withHead, withHold } from "./review_state.js"
import { lostWords } from "./review_words.js"

/** What was left over is sent before anything is asked for; but a line that hangs keeps nobody waiting. */
const PATIENCE_MS = 3000
/** What is said of an edit that was refused and is no work of its own. */
const NOT_DONE = { hold: "The wafer was not put on hold", undo: "It could not be taken back", draft: "What you have drawn here lasts only as long as this page" }
const find = (selector) => document.querySelector(selector)

export class Link {
  #journal = null

  /** @param {{queue: object, me: string, get: () => object, change: (state) => void, retryPictures: () => void, tell: (about) => void}} page */
  constructor(page) {
    Object.assign(this, { page, pocket: new Pocket(page.queue, page) })
    this.refusals = new Refusals(find("#refusals"), find("#clashes"), { me: page.me, hooks: {
      taskOf: (id) => page.get().tasks.get(id),
      onKeep: ({ seq }, edit) => this.#journal.resend(seq, edit),
      onForget: ({ seq }) => this.#journal.forget(seq),
      onPutAway: (refusal) => page.change(stoodDown(page.get(), refusal)),
      onRecall: (refusal) => this.#journal.recall(refusal),
      onAgain: (task) => page.change(broughtBack(page.get(), task, Date.now())),
      onTell: (about) => page.tell(about),
    } })
  }

  /** Whether what is said now is kept. */
  get isReady() { return this.#journal !== null }

  add(edit) {
    return this.#journal.add(edit)
  }

  async start() {
    const journal = await pageJournal(this.page.me, { onSaid: drawSaved })
    journal.addEventListener("change", () => { find("#review-unkept").hidden = journal.isKept })
    journal.addEventListener("answer", ({ detail }) => this.#answered(detail))
    journal.addEventListener("settled", ({ detail: seq }) => this.refusals.drop(seq))
    const { entries, refusals } = await journal.open()
    this.#journal = journal
    for (const { seq, edit } of entries) if (edit.task && edit.kind !== "draft") this.pocket.unsent.set(seq, edit.task)
    for (const refusal of refusals) this.refusals.add(refusal)
    for (const name of HOLD_EVENTS) document.addEventListener(`live:${name}`, ({ detail }) => this.page.change(withHold(this.page.get(), detail.data.wafer, detail.data.hold)))
    document.addEventListener("live:task.decided", ({ detail }) => this.#heard(detail.data))
    await Promise.race([journal.kick(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
    this.pocket.start()
  }

  #answered({ entry: { seq, edit }, ack }) {
    this.pocket.unsent.delete(seq)
    this.page.change(withHead(this.page.get(), ack.state === "done" ? ack.task : ack.problem.current))
    if (ack.state === "done") return this.refusals.taken({ seq, edit })
    if (isWork(edit)) return this.refusals.add({ seq, edit, problem: ack.problem, at: new Date().toISOString() })
    if (NOT_DONE[edit.kind]) toast(`${NOT_DONE[edit.kind]}: ${ack.problem.detail || ack.problem.title}`, { level: "warn" })
    return undefined
  }

  #heard(event) {
    const { state, lost } = heardDecided(this.page.get(), event, this.page.me)
    if (!lost) return
    this.page.change(state)
    const words = lostWords(lost, event.by, keyText("review.next"))
    if (words) toast(words)
    this.pocket.ask()
  }
}
