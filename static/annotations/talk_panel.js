/** What is said about one place, with a field to answer; or, where nothing is chosen, all that is said about the picture. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { plural } from "../shared/formats.js"
import { accountName } from "../shared/signs.js"
import { Names } from "./talk_names.js"
import { ENTRY_WORDS, mayTakeBack, movedPlace, partsOf, unknownNames } from "./talk_state.js"

const MOST_CHARACTERS = 2000
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

export class TalkPanel {
  #drawn = ""
  #people = []

  /**
   * @param {HTMLElement} host
   * @param {{me: string, mayTalk: boolean, onSay: (text) => void, onSettle: (thread) => void, onTakeBack: (comment) => void, onOpen: (id) => void, onClose: () => void, onMove: (place_px) => void, onForget: (seq) => void, stepPx: () => number, imageSize: () => object}} hooks
   */
  constructor(host, hooks) {
    this.hooks = hooks
    this.field = h("textarea", { class: "input talk__field", rows: 2, maxlength: MOST_CHARACTERS, "aria-label": "Comment. @ names somebody", "aria-controls": "talk-names", "aria-expanded": "false", role: "combobox", "aria-autocomplete": "list" })
    this.options = h("ul", { class: "talk__names", id: "talk-names", role: "listbox", "aria-label": "People who can see this", hidden: true })
    this.names = new Names(this.field, this.options, () => this.#people)
    this.note = h("p", { class: "field__error talk__note", role: "alert", hidden: true })
    this.title = h("h3", {})
    this.body = h("div", { class: "talk__body", tabindex: -1 })
    this.send = h("button", { class: "button button--primary", type: "submit" }, "Send")
    this.settle = h("button", { class: "button", type: "button", onclick: () => hooks.onSettle(this.thread) }, icon("check", "small"), h("span", {}))
    this.form = h("form", { class: "talk__form", autocomplete: "off" }, h("div", { class: "talk__writing" }, this.field, this.options), this.note, h("div", { class: "talk__acts" }, this.settle, h("span", { class: "push" }), this.send))
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#say() })
    this.field.addEventListener("keydown", (event) => this.#key(event))
    this.element = h("section", { class: "talk", "aria-label": "Comments", hidden: true },
      h("header", { class: "talk__head" }, this.title, h("button", { class: "button button--icon button--quiet push", type: "button", "aria-label": "Close the comments", onclick: () => hooks.onClose() }, icon("x"))), this.body, this.form)
    // Keys of the page would decide what one only writes about.
    this.element.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); hooks.onClose() } event.stopPropagation() })
    host.append(this.element)
  }

  get isOpen() { return !this.element.hidden }

  withPeople(people) {
    this.#people = people
    // They may be here later than the name that is being written.
    if (document.activeElement === this.field) this.names.look()
  }

  /** @param {?{thread: ?object, draft: ?object, threads: object[], refused: object[], side: string, saved: ?object}} what null: nothing is open */
  show(what) {
    this.element.hidden = !what
    if (!what) {
      this.#drawn = ""
      return
    }
    const { thread, draft, threads, refused, side, saved } = what
    setAttribute(this.element, "data-side", side)
    Object.assign(this, { thread, draft })
    setText(this.title, draft ? "A comment on this place" : thread ? `Comment ${thread.pin}` : "Comments on this picture")
    const subject = draft ? "new" : (thread?.id ?? "all")
    if (this.subject !== subject) {
      this.subject = subject
      this.field.value = ""
      this.#warn("")
      this.#drawn = ""
    }
    this.form.hidden = !this.hooks.mayTalk || (!thread && !draft)
    this.settle.hidden = !thread
    setText(this.settle.querySelector("span"), thread?.state === "resolved" ? "Open again" : "Resolve")
    setAttribute(this.field, "placeholder", draft ? "What is to be seen here? @ names somebody" : "Answer. @ names somebody")
    const look = JSON.stringify([thread, draft && 1, thread || draft ? refused : threads, saved, Math.floor(Date.now() / 60_000)])
    if (look === this.#drawn) return
    this.#drawn = look
    const isAtEnd = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight < 40
    this.body.replaceChildren(...(draft ? [hint()] : thread ? this.#entries(thread) : this.#list(threads)), ...refused.map((one) => this.#refusal(one)), ...(saved ? [h("p", { class: "talk__saved small", "data-level": saved.level }, icon(saved.icon, "small"), saved.text)] : []))
    if (isAtEnd) this.body.scrollTop = this.body.scrollHeight
  }

  focus() {
    if (this.form.hidden) this.body.focus()
    else this.field.focus()
  }

  #entries({ comments, state }) {
    const shown = comments.map((one) => (one.kind === "said" ? this.#comment(one) : h("p", { class: "talk__event small muted" }, h("b", {}, accountName(one.author)), ` ${ENTRY_WORDS[one.kind]} `, ageElement(one.made_at))))
    return state === "resolved" ? [...shown, h("p", { class: "talk__event small" }, icon("check", "small"), " Resolved")] : shown
  }

  #comment(one) {
    const back = mayTakeBack(one, this.hooks.me, Date.now()) && h("button", { class: "button button--quiet talk__back", type: "button", onclick: () => this.hooks.onTakeBack(one) }, icon("undo-2", "small"), "Take back")
    return h("article", { class: "talk__comment", "data-pending": one.isPending ? "true" : null }, h("header", {}, h("b", {}, accountName(one.author)), " ", ageElement(one.made_at, { class: "muted small" }), back),
      h("p", {}, partsOf(one).map(({ text, isName }) => (isName ? h("b", { class: "talk__name", "data-me": text === `@${this.hooks.me}` ? "true" : null }, text) : text))),
      one.isPending && h("p", { class: "talk__waiting small muted" }, icon("hourglass", "small"), "Kept here, not sent yet"))
  }

  #list(threads) {
    if (!threads.length) return [h("p", { class: "muted" }, "Nobody has said anything about this picture.", this.hooks.mayTalk ? " Shift C begins." : "")]
    return [h("ul", { class: "talk__list" }, threads.map((thread) => {
      const last = thread.comments.findLast(({ kind }) => kind === "said")
      return h("li", {}, h("button", { class: "talk__row", type: "button", onclick: () => this.hooks.onOpen(thread.id) }, h("span", { class: "pin__mark", "data-kind": thread.is_unread ? "named" : thread.state }, String(thread.pin)),
        h("span", { class: "talk__what" }, h("b", {}, accountName(last?.author ?? thread.author)), h("span", { class: "clip" }, last?.text || "Taken back"), h("small", { class: "muted" }, thread.state === "resolved" ? "Resolved · " : "", plural(thread.comments.length, "entry", "entries"))))) }))]
  }

  #refusal({ seq, edit, problem }) {
    const again = () => {
      this.field.value = edit.text ?? ""
      this.#warn(problem.detail || problem.title)
      this.hooks.onForget(seq)
      this.field.focus()
    }
    return h("div", { class: "talk__refusal" }, h("p", {}, icon("triangle-alert", "small"), h("b", {}, " Not said: "), problem.detail || problem.title), h("q", {}, edit.text),
      h("div", { class: "row" }, h("button", { class: "button", type: "button", onclick: again }, "Write it again"), h("button", { class: "button button--quiet", type: "button", onclick: () => this.hooks.onForget(seq) }, "Let it go")))
  }

  #key(event) {
    if (this.names.key(event)) {
      event.preventDefault()
      return
    }
    const way = event.altKey && this.draft && WAYS[event.key]
    if (way) {
      event.preventDefault()
      const step = this.hooks.stepPx() * (event.shiftKey ? 8 : 1)
      this.hooks.onMove(movedPlace(this.draft.place_px, way.map((by) => by * step), this.hooks.imageSize()))
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      this.#say()
    }
  }

  #say() {
    const text = this.field.value.trim()
    if (!text) return this.#warn("Write something first.")
    const unknown = this.#people.length ? unknownNames(text, this.#people) : []
    if (unknown.length) return this.#warn(`Nobody who can see this image is called ${unknown.map((name) => `@${name}`).join(" and ")}. Name somebody else, or leave out the @.`)
    this.field.value = ""
    this.#warn("")
    return this.hooks.onSay(text)
  }

  #warn(text) {
    this.note.hidden = !text
    setText(this.note, text)
  }
}

function hint() {
  return h("p", { class: "muted small" }, "Click or drag on the picture to choose another place, or move it by ", h("kbd", {}, "Alt"), " and the arrows.")
}
