/** The list in which the lots of a data set are chosen, with what of each fits the rest of the choice. It is counted only once it is opened. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setText } from "../shared/dom.js"
import { plural } from "../shared/formats.js"
import { outcome, postJson } from "../shared/http.js"
import { turns } from "../shared/turns.js"
import { MOST_LOTS, lotRows, lotsSaid, toggled } from "./lots_state.js"

export class LotsChoice {
  #offered = []
  #isMore = false
  #asked = null
  #selection = null
  #turns = turns()

  /** @param {{onChange: () => void}} page */
  constructor({ onChange }) {
    this.chosen = new Set()
    this.onChange = onChange
    this.word = h("input", { class: "input", type: "search", placeholder: "Find a lot or product", "aria-label": "Find a lot or product", autocomplete: "off", spellcheck: "false" })
    this.list = h("ul", { class: "lots", "aria-label": "Lots" })
    this.said = h("p", { class: "field__hint", role: "status" })
    this.all = h("button", { class: "button", type: "button", onclick: () => this.#take(this.#shown().map(({ code }) => code), true) }, "All listed")
    this.none = h("button", { class: "button", type: "button", onclick: () => this.#take([...this.chosen], false) }, "None")
    this.more = h("details", { class: "lots__more" }, h("summary", { class: "button" }, icon("chevron-down", "small"), h("span", {}, "Choose lots")),
      h("div", { class: "lots__bar" }, this.word, this.all, this.none), this.list, this.said)
    this.more.addEventListener("toggle", () => { if (this.more.open) this.#ask() })
    this.element = h("fieldset", { class: "field" }, h("legend", {}, "Lots", h("span", { class: "faint" }, " · none chosen: all")), this.more,
      h("p", { class: "field__error", id: "freeze-error-lots", hidden: true }, icon("octagon-alert", "small"), h("span", {})))
    this.word.addEventListener("input", (event) => { event.stopPropagation(); this.#draw() })
    // Enter looks for a lot; it freezes nothing.
    this.word.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault() })
    this.list.addEventListener("input", (event) => { event.stopPropagation(); this.#take([event.target.value], event.target.checked) })
    this.list.addEventListener("keydown", (event) => this.#walk(event))
  }

  /** @param {string[]} codes that are chosen to begin with */
  begin(codes) {
    this.chosen = new Set(codes)
    this.word.value = ""
    this.#asked = null
    this.more.open = codes.length > 0
    this.#draw()
  }

  /** What the rest of the choice is now. @param {object} selection */
  offer({ lots, ...rest }) {
    this.#selection = rest
    if (this.more.open) this.#ask()
  }

  /** Which lots fit; asked anew only where the rest of the choice is another. */
  async #ask() {
    const rest = this.#selection
    const asked = JSON.stringify(rest)
    if (!rest || asked === this.#asked) return
    this.#asked = asked
    if (!this.#offered.length) setText(this.said, "Counting what each lot has")
    const turn = this.#turns.take()
    const [found, problem] = await outcome(postJson("datasets/lots/", { selection: rest }))
    if (!this.#turns.counts(turn)) return
    if (problem) {
      this.#asked = null
      setText(this.said, `Lots could not be listed: ${problem.message}`)
      return
    }
    this.#offered = found.results
    this.#isMore = found.is_more
    this.#draw()
  }

  #shown() {
    return lotRows(this.#offered, this.chosen, this.word.value)
  }

  #take(codes, isIn) {
    this.chosen = toggled(this.chosen, codes, isIn)
    this.#draw()
    this.onChange()
  }

  #draw() {
    const rows = this.#shown()
    keyed(this.list, rows, { key: ({ code }) => code, create: (row) => this.#row(row), update: (item, row) => fill(item, row) })
    const boxes = this.#boxes()
    // One of them is reached by Tab; the arrows go through the rest.
    const reached = boxes.find((box) => box === document.activeElement) ?? boxes[0]
    for (const box of boxes) box.tabIndex = box === reached ? 0 : -1
    this.list.hidden = rows.length === 0
    this.all.disabled = rows.length === 0 || rows.every(({ isChosen }) => isChosen)
    this.none.disabled = this.chosen.size === 0
    setText(this.more.querySelector("summary span"), this.chosen.size ? `${plural(this.chosen.size, "lot")} chosen` : "Choose lots")
    const full = this.chosen.size >= MOST_LOTS ? ` More than ${MOST_LOTS} cannot be named: choose by the time they were received.` : ""
    setText(this.said, `${lotsSaid({ offered: this.#offered, isMore: this.#isMore, chosen: this.chosen, shown: rows.length })}${full}`)
  }

  #row(row) {
    const item = h("li", {}, h("label", { class: "lot" }, h("input", { type: "checkbox", value: row.code, tabindex: "-1" }), h("b", { class: "clip" }, row.code), h("span", { class: "muted clip" }), h("span", { class: "number" }), h("span", { class: "number muted" })))
    fill(item, row)
    return item
  }

  #boxes() {
    return [...this.list.querySelectorAll("input")]
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const boxes = this.#boxes()
    const next = boxes[boxes.indexOf(event.target) + step]
    if (!next) return
    event.target.tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }
}

function fill(item, { product, images, receivedAt, isChosen }) {
  const [box, , what, count, age] = item.firstElementChild.children
  box.checked = isChosen
  setText(what, product)
  setText(count, images ? plural(images, "image") : "nothing fits")
  if (age.dataset.at !== String(receivedAt)) {
    age.dataset.at = String(receivedAt)
    age.replaceChildren(...(receivedAt ? [ageElement(receivedAt)] : []))
  }
}
