/** Comments pinned to places of the picture that is shown: pins over it, words beside it, live, and never lost without a line. */
import { icon, h, setAttribute, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { newId } from "../shared/ids.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { pageJournal } from "./journal_page.js"
import { peopleOf } from "./talk_names.js"
import { TalkPanel } from "./talk_panel.js"
import { Pins } from "./talk_pins.js"
import * as talk from "./talk_state.js"

const SETTLE_MS = 250
const POINT_CONTEXT_PX = 64
/** Beside words that are this wide together with a place there is no room for it. */
const NARROW_PX = 720

/** @typedef {{host: HTMLElement, placement: () => ?object, size: () => number[], image: () => ?object, show: (box) => void, onMoved: (run) => void}} Surface */

export class Talk {
  #journal = null
  #said = null
  #known = new Set()
  #state = talk.emptyTalk()
  #wanted = new URLSearchParams(location.search).get("thread")

  /** @param {Surface} surface @param {{me: string, mayTalk: boolean, subject: () => ?{task: ?string, box: ?number[]}}} page */
  constructor(surface, page) {
    Object.assign(this, { surface, page, imageId: null })
    const { host } = surface
    this.pins = new Pins(host, { placement: surface.placement, size: surface.size, imageSize: () => this.#size(), onOpen: (id) => this.open(id), onPlace: (place) => this.#moveDraft(place) })
    this.panel = new TalkPanel(host, {
      me: page.me, mayTalk: page.mayTalk, stepPx: () => 1 / (surface.placement()?.scale ?? 1), imageSize: () => ({ widthPx: this.#size()[0], heightPx: this.#size()[1] }),
      onSay: (text) => this.#say(text), onSettle: (thread) => this.#lay({ kind: thread.state === "open" ? "resolve" : "reopen", thread: thread.id }), onTakeBack: ({ id }) => this.#lay({ kind: "take_back", thread: this.#state.openId, comment: id }),
      onOpen: (id) => this.open(id), onClose: () => this.close(), onMove: (place) => this.#moveDraft(place), onForget: (seq) => { this.#journal?.forget(seq); this.#change(talk.withoutRefusal(this.#state, seq)) },
    })
    this.button = h("button", { class: "talk-button", type: "button", "aria-pressed": "false", onclick: () => this.#toggle() }, icon("message-square"), h("span", {}))
    host.append(this.button)
    surface.onMoved(() => this.#follow())
    this.soon = soon(() => this.#load(), SETTLE_MS)
    document.addEventListener("live:thread.changed", ({ detail }) => this.#heard(detail.data))
    document.addEventListener("live:resync", () => { this.#known.clear(); this.soon() })
    this.#start()
  }

  get threads() {
    const image = this.surface.image()
    return image ? talk.threadsOn(this.#state, { me: this.page.me, image }) : []
  }

  // What a person does --------------------------------------------------------------------------------------------------

  /** A new comment, at what the page is about; where that is not in sight in the middle of what is. */
  begin() {
    const image = this.surface.image()
    if (!image) return
    if (!this.page.mayTalk) {
      toast("Comments are written by operators, reviewers and leads. You may read them.")
      return
    }
    const subject = this.page.subject() ?? {}
    this.#change({ ...this.#state, openId: null, isShown: true, draft: { image: image.id, task: subject.task ?? null, place_px: this.#isSeen(subject.box) ? subject.box : this.#middle() } })
    this.#people()
    this.panel.focus()
  }

  #isSeen(box) {
    const at = this.surface.placement()
    return Boolean(box && at) && talk.pinPlaces([{ place_px: box }], at, this.surface.size())[0].isSeen
  }

  open(id) {
    const thread = this.threads.find((one) => one.id === id)
    if (!thread) return
    this.#change({ ...this.#state, openId: id, draft: null, isShown: true })
    this.#people()
    this.panel.focus()
    if (thread.is_unread) this.#read(id)
  }

  close() {
    const wasOpen = this.panel.isOpen
    this.isListed = false
    this.#change({ ...this.#state, openId: null, draft: null })
    if (wasOpen && this.surface.host.contains(document.activeElement)) document.activeElement.blur()
    return wasOpen
  }

  /** The next thread of the picture, and the first after the last. */
  step() {
    const { threads } = this
    const at = threads.findIndex(({ id }) => id === this.#state.openId)
    if (threads.length) this.show(threads[(at + 1) % threads.length])
    else toast("Nobody has said anything about this picture.")
  }

  /** Opens a thread with its place in sight. */
  show(thread) {
    const [x, y, w, height] = thread.place_px
    const [left, top, wide, tall] = w || height ? thread.place_px : [x - POINT_CONTEXT_PX / 2, y - POINT_CONTEXT_PX / 2, POINT_CONTEXT_PX, POINT_CONTEXT_PX]
    // Where words lie below, the place is brought into the half above them.
    this.surface.show([left, top, wide, this.#isNarrow ? tall * 2 : tall])
    this.open(thread.id)
  }

  #toggle() {
    if (this.panel.isOpen) {
      this.close()
      return
    }
    this.isListed = true
    this.#change(this.#state)
    this.panel.focus()
  }

  #moveDraft(place) {
    if (this.#state.draft) this.#change({ ...this.#state, draft: { ...this.#state.draft, place_px: place } })
  }

  async #say(text) {
    const { draft, openId } = this.#state
    if (!draft) {
      this.#lay({ kind: "reply", thread: openId, comment: newId(), text })
      return
    }
    const thread = newId()
    // Laid down first: what is open then is what was said, and the focus stays where it is.
    await this.#lay({ kind: "start", thread, comment: newId(), image: draft.image, place_px: draft.place_px, text, ...(draft.task && { task: draft.task }) })
    this.#change({ ...this.#state, draft: null, openId: thread })
  }

  /** Says something about a place of any picture, as if it had been written beside it. */
  tell({ image, task, place_px: place, text }) {
    return this.#lay({ kind: "start", thread: newId(), comment: newId(), image: image.id, place_px: place, text, task })
  }

  // The server ----------------------------------------------------------------------------------------------------------

  async #start() {
    const journal = await pageJournal(this.page.me, { path: "review/talk/", name: "talk", what: "comments", onSaid: (words) => { this.#said = words.level === "none" ? null : words; this.#draw() } })
    journal.addEventListener("answer", ({ detail }) => this.#change(talk.answered(this.#state, detail)))
    const { entries, refusals } = await journal.open()
    this.#journal = journal
    let next = this.#state
    for (const entry of entries) next = talk.withPending(next, entry)
    this.#change({ ...next, refused: refusals })
    journal.kick()
  }

  async #lay(edit) {
    const entry = await this.#journal.add(edit)
    if (!this.#answeredAlready(entry.edit)) this.#change(talk.withPending(this.#state, entry))
  }

  /** The answer may be here before the edit is seen to be laid down. */
  #answeredAlready({ thread, comment }) {
    return Boolean(comment) && Boolean(this.#state.threads.get(thread)?.comments.some(({ id }) => id === comment))
  }

  #follow() {
    const image = this.surface.image()
    if (image?.id === this.imageId) {
      this.pins.draw()
      return
    }
    this.imageId = image?.id ?? null
    this.isListed = false
    this.#change({ ...this.#state, openId: null, draft: null })
    if (image && !this.#known.has(image.id)) this.soon()
    else this.#openWanted()
  }

  async #load() {
    const image = this.surface.image()
    if (!image || this.#known.has(image.id)) return
    const [page] = await outcome(getJson(`review/threads/?image=${image.id}&limit=200`))
    if (!page) return
    this.#known.add(image.id)
    this.#change(talk.withThreads(this.#state, image.id, page.results))
    if (this.#state.openId) this.#read(this.#state.openId)
    this.#openWanted()
  }

  /** Who comes by a link to a thread sees it at once, where it is. */
  #openWanted() {
    const thread = this.#wanted && this.threads.find(({ id }) => id === this.#wanted)
    if (!thread) return
    this.#wanted = null
    requestAnimationFrame(() => this.show(thread))
  }

  async #heard({ thread: id, image, revision }) {
    if (!this.#known.has(image) || (this.#state.threads.get(id)?.revision ?? 0) >= revision) return
    const [thread] = await outcome(getJson(`review/threads/${id}/`))
    if (!thread) return
    this.#change(talk.withThread(this.#state, thread))
    if (thread.id === this.#state.openId && thread.is_unread) this.#read(id)
  }

  async #read(id) {
    const thread = this.#state.threads.get(id)
    if (!thread?.is_unread) return
    const [answer] = await outcome(postJson(`review/threads/${id}/read/`))
    if (!answer) return
    this.#change(talk.withThread(this.#state, { ...this.#state.threads.get(id), is_unread: false }))
    document.dispatchEvent(new CustomEvent("waferdeck:mentions-read", { detail: answer }))
  }

  async #people() {
    const image = this.surface.image()
    if (image && this.page.mayTalk) this.panel.withPeople(await peopleOf(image.id))
  }

  // Drawing -------------------------------------------------------------------------------------------------------------

  #change(next) {
    this.#state = next
    this.#draw()
  }

  #draw() {
    const { openId, draft, isShown, refused } = this.#state
    const { threads } = this
    const thread = threads.find(({ id }) => id === openId) ?? null
    const open = threads.filter(({ state }) => state === "open")
    this.pins.show({ threads: talk.pinned(threads, openId), openId, draft, isShown, isChoosing: Boolean(draft) })
    const isPanel = Boolean(thread || draft || this.isListed)
    this.panel.show(isPanel ? { thread, draft, threads, refused, saved: this.#said, side: this.#side(draft ?? thread) } : null)
    this.button.hidden = !this.surface.image()
    setText(this.button.querySelector("span"), open.length || refused.length ? String(open.length) : "")
    setAttribute(this.button, "data-level", refused.length || this.#said?.level === "alarm" ? "warn" : open.some(({ is_unread: isUnread }) => isUnread) ? "named" : "none")
    setAttribute(this.button, "aria-pressed", String(isPanel))
    setAttribute(this.button, "aria-label", `Comments on this picture: ${open.length} open`)
    setAttribute(this.button, "title", "Comments on this picture (Shift C: a new one, Shift J: the next)")
  }

  get #isNarrow() { return this.surface.size()[0] < NARROW_PX }

  #side(about) {
    const at = this.surface.placement()
    if (this.#isNarrow) return "below"
    if (!about || !at) return "right"
    const [x, , w] = about.place_px
    return talk.sideFor([at.x + x * at.scale, 0, w * at.scale, 0], this.surface.size()[0])
  }

  #size() {
    const { width_px: width, height_px: height } = this.surface.image()
    return [width, height]
  }

  #middle() {
    const at = this.surface.placement()
    const [width, height] = this.#size()
    const [seenWidth, seenHeight] = this.surface.size()
    const within = (value, most) => Math.max(0, Math.min(most, value))
    return [within((seenWidth / 2 - at.x) / at.scale, width), within((seenHeight / 2 - at.y) / at.scale, height), 0, 0]
  }
}
