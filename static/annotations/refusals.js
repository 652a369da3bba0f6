/** Decisions the server did not take: they wait in a list, and behind a badge, until I say what is to become of mine. Nothing of it is dropped unasked. */
import { h, icon, keyed, setText } from "../shared/dom.js"
import { bind, keyText } from "../shared/keys.js"
import { classNamed } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { ClashSheet } from "./clash_sheet.js"
import { aboutOf, clashOf, keptWords, outspoken, sentAnew, takenWords, waitText, withRefusal } from "./refusals_state.js"

const ACTION = "review.compare"
const nameOf = (code) => classNamed(code).name

/**
 * @typedef {object} RefusalHooks
 * @property {(id: string) => ?object} taskOf the card of a task that the page has
 * @property {(refusal, edit) => void} onKeep sends what I said again
 * @property {(refusal) => void} onForget it waits for a word no more
 * @property {(refusal) => void} onPutAway what I said is not shown as what I decided any more
 * @property {(refusal) => void} onRecall what was put away waits again
 * @property {(task) => void} onAgain brings the task back to the screen
 * @property {(about: {image: object, task: string, place_px: number[], text: string}) => void} onTell pins a comment
 */

export class Refusals {
  #all = []

  /** @param {HTMLElement} list @param {HTMLButtonElement} badge @param {{me: string, hooks: RefusalHooks}} page */
  constructor(list, badge, { me, hooks }) {
    Object.assign(this, { list, badge, me, hooks })
    const acts = { keep: (...of) => this.#keep(...of), take: (...of) => this.#take(...of), tell: (...of) => this.#tell(...of), again: (...of) => this.#again(...of) }
    this.sheet = new ClashSheet(document.querySelector("#clash"), { me, taskOf: hooks.taskOf, acts })
    bind({ action: ACTION, keys: ["v"], label: "What somebody else was first with: mine and theirs side by side", group: "Way", isOnce: true, when: () => this.#all.length > 0, run: () => this.open() })
    badge.addEventListener("click", () => this.open())
    document.addEventListener("waferdeck:keys", () => this.#draw())
  }

  add(refusal) {
    const { all, gone } = withRefusal(this.#all, refusal)
    for (const one of gone) this.hooks.onForget(one)
    this.#turnTo(all)
  }

  /** A word of mine was taken: what was refused of its task before is over. */
  taken(entry) {
    const over = outspoken(this.#all, entry)
    for (const one of over) {
      this.hooks.onForget(one)
      this.#settled(one)
    }
  }

  /** Another tab has said what is to become of one. */
  drop(seq) {
    this.#settled(this.#all.find((one) => one.seq === seq))
  }

  /** @param {?number} seq of the one that is shown first; null: of the one that waits longest */
  open(seq = null) {
    const at = Math.max(0, this.#all.findIndex((one) => one.seq === seq))
    if (this.#all.length) this.sheet.show(this.#all, at)
  }

  #keep(refusal, task, clash) {
    this.hooks.onKeep(refusal, sentAnew(refusal, task))
    this.#settled(refusal)
    toast(keptWords(clash))
  }

  #take(refusal, task, clash) {
    this.#putAway(refusal)
    toast(takenWords(clash), { action: { label: "Bring it back", run: () => { this.hooks.onRecall(refusal); this.add(refusal) } } })
  }

  #tell(refusal, task, clash, text) {
    this.hooks.onTell({ image: task.image, task: task.id, place_px: clash.around, text })
    this.#putAway(refusal)
    toast("Your comment is pinned to the place. Yours is put away.")
  }

  /** It waits on until it was said anew. */
  #again(refusal, task) {
    this.sheet.close()
    this.hooks.onAgain(task)
  }

  #putAway(refusal) {
    this.hooks.onForget(refusal)
    this.hooks.onPutAway(refusal)
    this.#settled(refusal)
  }

  #settled(refusal) {
    const at = this.#all.indexOf(refusal)
    if (at < 0) return
    this.#turnTo(this.#all.filter((one) => one !== refusal))
    if (this.sheet.isOpen) this.sheet.show(this.#all, Math.min(at, this.#all.length - 1))
  }

  #turnTo(all) {
    this.#all = all
    this.#draw()
  }

  #draw() {
    const count = this.#all.length
    this.list.hidden = this.badge.hidden = count === 0
    setText(this.badge.querySelector("span"), waitText(count))
    setText(this.badge.querySelector("kbd"), keyText(ACTION))
    this.badge.setAttribute("aria-keyshortcuts", keyText(ACTION))
    keyed(this.list, this.#all, { key: ({ seq }) => String(seq), create: (refusal) => this.#row(refusal) })
  }

  #row(refusal) {
    const { title, mine, theirs, place } = clashOf(refusal, this.hooks.taskOf(aboutOf(refusal)) ?? null, { me: this.me, nameOf })
    return h("button", { class: "refused", type: "button", onclick: () => this.open(refusal.seq) }, icon("triangle-alert", "small"),
      h("span", {}, h("b", {}, title), h("small", {}, [`Mine: ${mine.words}`, theirs && `theirs: ${theirs.words}`].filter(Boolean).join(" · ")), place && h("small", { class: "muted" }, place)),
      icon("chevron-right", "small"))
  }
}
