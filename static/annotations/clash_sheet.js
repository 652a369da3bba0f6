/** Mine and theirs side by side: the same piece of the image twice, with both places in it, and one key for each way on. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setText } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { classNamed } from "../shared/signs.js"
import { drawVoiceCrop } from "./opinion_overlay.js"
import { aboutOf, clashOf, tellText } from "./refusals_state.js"
import { swatch } from "./review_details.js"

const CROP_PX = 480
const FAINT_DASH = [7, 5]
const KEYS = { 1: "first", ArrowLeft: "first", 2: "take", ArrowRight: "take", ArrowDown: "next", ArrowUp: "previous" }
const nameOf = (code) => classNamed(code).name

export class ClashSheet {
  #all = []
  #at = 0
  #task = null
  #clash = null
  /** What is shown was asked for last; answers about what was shown before are of no use. */
  #turn = 0

  /** @param {HTMLDialogElement} dialog @param {{me: string, taskOf: (id) => ?object, acts: Object<string, (refusal, task, clash, text?: string) => void>}} page */
  constructor(dialog, { me, taskOf, acts }) {
    Object.assign(this, { dialog, me, taskOf, acts })
    this.field = this.#find(".clash__tell textarea")
    const ways = { first: () => this.#first(), take: () => this.#act("take"), next: () => this.#step(1), previous: () => this.#step(-1), again: () => this.#load() }
    this.ways = ways
    for (const [name, run] of Object.entries(ways)) for (const button of dialog.querySelectorAll(`[data-way=${name}]`)) button.addEventListener("click", run)
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => this.close())
    this.#find(".clash__tell").addEventListener("submit", (event) => { event.preventDefault(); this.#tell() })
    dialog.addEventListener("keydown", (event) => this.#pressed(event))
    dialog.addEventListener("cancel", (event) => { if (this.#isTelling) { event.preventDefault(); this.#tellNothing() } })
    dialog.addEventListener("close", () => { this.#turn += 1 })
  }

  get isOpen() { return this.dialog.open }

  close() { this.dialog.close() }

  /** @param {object[]} all that wait @param {number} at the one that is shown; none: there is nothing left to say */
  show(all, at) {
    this.#all = all
    if (!all.length) return this.close()
    this.#at = at
    this.#task = this.taskOf(aboutOf(this.#refusal)) ?? null
    this.#tellNothing()
    this.#draw()
    if (!this.dialog.open) this.dialog.showModal()
    return this.#load()
  }

  get #refusal() { return this.#all[this.#at] }
  get #isTelling() { return !this.#find(".clash__tell").hidden }
  #find(selector) { return this.dialog.querySelector(selector) }

  /** As it is now: others may have spoken since. */
  async #load() {
    const turn = ++this.#turn
    const about = aboutOf(this.#refusal)
    // Of many at once there is no one card.
    if (!about) return
    const [task, problem] = await outcome(getJson(`review/tasks/${about}/`))
    if (turn !== this.#turn) return
    if (task) this.#task = task
    this.#find(".clash__trouble").hidden = Boolean(task) || problem.status === 404
    if (task) this.#draw()
  }

  // What a person does ------------------------------------------------------------------------------------------------

  #pressed(event) {
    const way = KEYS[event.key]
    if (!way || event.target === this.field || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (!event.repeat) this.ways[way]()
  }

  #step(by) {
    if (this.#all.length > 1) this.show(this.#all, (this.#at + by + this.#all.length) % this.#all.length)
  }

  #first() {
    const act = this.#clash.first?.act
    if (act === "tell") this.#askWords()
    else if (act) this.#act(act)
  }

  #act(name, ...more) {
    this.acts[name](this.#refusal, this.#task, this.#clash, ...more)
  }

  #askWords() {
    this.#find(".clash__tell").hidden = false
    this.field.value = tellText(this.#clash, this.#task, this.me)
    this.field.focus()
    this.field.setSelectionRange(this.field.value.length, this.field.value.length)
    this.#find(".clash__tell").scrollIntoView({ block: "nearest" })
  }

  #tellNothing() {
    this.#find(".clash__tell").hidden = true
    this.#find(".clash__body").focus()
  }

  #tell() {
    const text = this.field.value.trim()
    if (text) this.#act("tell", text)
  }

  // Drawing -------------------------------------------------------------------------------------------------------------

  #draw() {
    const clash = clashOf(this.#refusal, this.#task, { me: this.me, nameOf })
    this.#clash = clash
    setText(this.#find("h2"), clash.title)
    setText(this.#find(".clash__place"), clash.place)
    setText(this.#find(".clash__count span"), `${this.#at + 1} of ${this.#all.length}`)
    this.#find(".clash__count").hidden = this.#all.length < 2
    this.#find(".clash__note").hidden = !clash.note
    setText(this.#find(".clash__note span"), clash.note)
    const { mine, theirs } = clash
    this.#find(".clash__sides").replaceChildren(this.#side("Yours", mine, theirs, mine.at), theirs ? this.#side(theirs.who, theirs, mine, theirs.at) : nobody(this.#task))
    this.#drawWay("first", clash.first)
    this.#drawWay("take", clash.take)
  }

  #drawWay(name, way) {
    const button = this.#find(`[data-way=${name}]`)
    button.hidden = !way
    setText(button.querySelector("b"), way?.label ?? "")
    setText(button.querySelector("small"), way?.text ?? "")
  }

  #side(who, own, other, at) {
    const canvas = h("canvas", { width: CROP_PX, height: CROP_PX, "aria-hidden": "true" })
    this.#drawPlaces(canvas, own, other)
    return h("figure", { class: "clash__side" }, canvas,
      h("figcaption", {},
        h("p", { class: "clash__who" }, h("b", { class: "clip" }, who), at && ageElement(at, { class: "muted small" })),
        h("p", { class: "clash__what" }, own.code && swatch(own.code), h("b", {}, own.words)),
        own.how && h("p", { class: "muted small" }, own.how),
        own.comment && h("q", { class: "small" }, own.comment)))
  }

  async #drawPlaces(canvas, own, other) {
    if (!this.#task || !this.#clash.around) return
    const [first, ...rest] = own.marks.map((mark) => ({ voice: voiceOf(mark), box: mark.box, isFaint: false }))
    const beside = [...(other?.marks ?? []).map((mark) => ({ voice: { ...voiceOf(mark), dash: FAINT_DASH, at: 1 }, box: mark.box, isFaint: true })), ...rest]
    const isThere = await drawVoiceCrop(canvas, { image: this.#task.image, around: this.#clash.around, voice: first?.voice ?? null, box: first?.box ?? this.#task.bbox_px, beside })
    canvas.toggleAttribute("data-missing", !isThere)
  }
}

const voiceOf = ({ code, shape }) => ({ letter: "", dash: [], at: 0, code, shape })

/** Nobody else's word is known, or counts. */
function nobody(task) {
  return h("div", { class: "clash__side clash__side--none muted" }, icon(task ? "info" : "hourglass"), h("p", {}, task ? "Nobody else’s decision stands." : "The decision that stands is not known here yet."))
}
