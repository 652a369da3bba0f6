/** What a person does at the review: every act takes one step of the sitting, and what the server is to know goes into the journal at once. */
import { newId } from "../shared/ids.js"
import { toast } from "../shared/toast.js"
import { Drafts } from "./drafts.js"
import * as said from "./review_said.js"
import { addedWords } from "./review_words.js"
import { current, isWhole, wordFor, workOf } from "./review_state.js"
import { back, onward } from "./review_way.js"

/** What is drawn to be named by a class. */
const NAMED = new Set(["missed", "split"])
const now = () => Date.now()

/** From the key to the next picture is what a reviewer waits for. */
function markKey(event) {
  performance.mark("review:key", event?.timeStamp ? { startTime: event.timeStamp } : {})
}

export class ReviewActs {
  /** What Escape has put away, {task, mode, box, shape}: the next undo brings it back. */
  #putAway = null
  #hinted = null
  /** The word about what was added last, {id, word}. */
  #added = null

  /**
   * @param {{get: () => object, change: (state) => void, redraw: () => void, showMode: () => void, desk: Desk, zoom: ReviewZoom, link: Link,
   *   nameOf: (code: string) => string, askClass: () => Promise<?string>, askReason: () => Promise<?string>}} page
   *   redraw: the words and the picture of a task that stays
   */
  constructor(page) {
    Object.assign(this, { page, drafts: new Drafts((id) => page.link.add(said.draftOf(page.get(), id))) })
  }

  get #state() { return this.page.get() }
  get #editor() { return this.page.desk.drawing }

  /** Whether undo has something drawn to bring back. */
  get canBringBack() { return this.#putAway !== null && this.#putAway.task === this.#state.at && !this.#editor.mode }

  /** A hint is about what is on the screen: the one before is old by now. */
  #hint(text) {
    this.#hinted?.remove()
    this.#hinted = text ? toast(text) : null
  }

  step({ state, edit }) {
    this.#putAway = null
    this.#hint("")
    // What is added beside a task leaves what was drawn of it as it is: undecided, and kept.
    if (!edit || edit.kind === "missed") this.drafts.keep()
    else this.drafts.forget(edit.task)
    if (edit) this.page.link.add(edit)
    this.page.change(state)
  }

  /** At once what the journal would be given soon. */
  keep() {
    this.drafts.keep()
    this.page.desk.begun.later.keep()
  }

  /** Whether a decision would be one: about a task that is seen, once the journal is there to keep it. */
  isReady(event) {
    const { link, zoom } = this.page
    if (!link.isReady || !current(this.#state)) return false
    markKey(event)
    if (zoom.isPainted) return true
    this.#hint("Not yet: the picture is not here.")
    return false
  }

  decide(what, event) {
    if (!this.isReady(event)) return
    if (this.#editor.mode === "split" && what.verdict === "defect") this.#split()
    else if (NAMED.has(this.#editor.mode)) this.#hint("Press the key of its class, or Escape.")
    else this.#say(what)
  }

  #say(what) {
    const word = wordFor(current(this.#state), what)
    if (word) this.step(said.decide(this.#state, word, now()))
    else this.#hint("This is a whole image: add what is missing, or say that nothing is.")
  }

  /** A class's key decides, or names what was drawn around something missed. */
  choose(code, event) {
    if (!this.isReady(event)) return
    if (!NAMED.has(this.#editor.mode)) this.#say({ verdict: "defect", class_code: code })
    else if (!this.#editor.shape) this.#hint("Draw where it is first.")
    else if (this.#editor.mode === "split") this.page.desk.takePart(code)
    else this.#addMissed(code)
  }

  /** The task becomes the parts that are drawn and named. */
  #split() {
    const { desk } = this.page
    const [first, ...others] = desk.parts
    if (!others.length || this.#editor.shape) return this.#hint("Draw the parts, two at least, and press the class of each.")
    desk.over(this.#state.at)
    return this.step(said.join(this.#state, { ...first, parts: others.map((part) => ({ new_task: newId(), ...part })) }, now()))
  }

  #addMissed(code) {
    const { desk, nameOf, showMode } = this.page
    const { box, shape } = desk.place
    const id = newId()
    desk.over(this.#state.at)
    this.step(said.miss(this.#state, { id, class_code: code, bbox_px: box, shape }))
    showMode()
    this.#added = { id, word: toast(addedWords({ class_code: code, bbox_px: box, shape }, nameOf), { action: { label: "Undo", run: () => this.#takeOut(id) } }) }
  }

  /** What was added, out again, whatever was done since. */
  #takeOut(id) {
    const taken = said.withdraw(this.#state, id, now())
    if (taken.entry) this.step(taken)
  }

  async reclass() {
    const { at } = this.#state
    const code = current(this.#state) && (await this.page.askClass())
    if (code && this.#state.at === at) this.choose(code)
  }

  async skip() {
    const { at } = this.#state
    const reason = current(this.#state) && (await this.page.askReason())
    if (reason && this.#state.at === at) this.step(said.skip(this.#state, reason, now()))
  }

  /** While something is drawn, its own strokes come first. */
  undo(event) {
    if (this.#editor.mode && (this.#editor.undo() || this.page.desk.untakePart())) return this.page.showMode()
    if (this.canBringBack) return this.#bringBack()
    markKey(event)
    const taken = said.undo(this.#state, now())
    if (!taken.entry) return this.#hint("There is nothing to undo.")
    this.step(taken)
    // What is out again is not to be taken out once more.
    if (this.#added?.id === taken.entry.new_task) this.#added?.word.remove()
    // The server has let go of the draft with the decision: what was drawn is one again.
    if (taken.entry.kind === "decide" && said.isBegun(this.#state, taken.entry.task)) this.drafts.soon(taken.entry.task)
    return undefined
  }

  redo() {
    if (this.#editor.mode && this.#editor.redo()) return this.page.showMode()
    const taken = said.redo(this.#state, newId, now())
    return taken.entry ? this.step(taken) : this.#hint("There is nothing to do again.")
  }

  previous() { this.#turn(back) }

  next() { this.#turn(onward) }

  #turn(way) {
    this.#hint("")
    this.page.change(way(this.#state, now()))
  }

  // Drawing and writing -------------------------------------------------------------------------------------------------

  edit(mode) {
    if (!current(this.#state) || !this.page.zoom.isPainted) return
    if (mode === "redraw" && isWhole(current(this.#state))) return
    this.#putAway = null
    this.page.desk.toggle(mode)
    this.page.showMode()
  }

  /** Drawn by pointer or keys. What is drawn anew is mine at once, and the server's when the hand rests. */
  drawn(mode, { box, shape }) {
    if (mode !== "redraw") return this.page.redraw()
    this.drafts.soon(this.#state.at)
    return this.page.change(said.withBox(this.#state, box, shape))
  }

  /** A comment is whole when its field is left: it waits for nothing. */
  remarked(text) {
    if (text === (workOf(this.#state).comment ?? "")) return
    this.page.change(said.withComment(this.#state, text))
    this.drafts.soon(this.#state.at)
    this.drafts.keep()
  }

  /** The outline that is open, else what is being drawn: the model's box again. */
  escape() {
    const { desk, showMode } = this.page
    if (this.#editor.cancel()) return showMode()
    this.#keepDrawn()
    if (this.#editor.mode === "redraw" && workOf(this.#state).bbox_px) {
      this.page.change(said.withBox(this.#state, null))
      this.drafts.soon(this.#state.at)
    }
    // Parts are many strokes: these are there again when the split goes on.
    if (this.#editor.mode === "split") desk.leave()
    else if (this.#editor.mode) desk.over(this.#state.at)
    return showMode()
  }

  /** What is drawn and about to be put away, for the undo that follows. */
  #keepDrawn() {
    const { mode } = this.#editor
    const { at } = this.#state
    const { bbox_px: box = null, shape = null } = mode === "redraw" ? workOf(this.#state) : { shape: mode === "missed" ? this.#editor.shape : null }
    if (!box && !shape) return
    this.#putAway = { task: at, mode, box, shape }
    this.#hint(mode === "redraw" ? "The model’s box is back. Undo brings yours back." : "Put away. Undo brings it back.")
  }

  #bringBack() {
    const { task, mode, box, shape } = this.#putAway
    this.#putAway = null
    if (mode === "redraw") {
      this.page.change(said.withBox(this.#state, box, shape))
      this.drafts.soon(task)
    } else this.page.desk.begun.put(task, { mode, shape, open: null, parts: [] })
    this.page.desk.toggle(mode)
    return this.page.showMode()
  }
}
