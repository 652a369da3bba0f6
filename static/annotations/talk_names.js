/** Names offered while somebody writes @: by keys and by pointer, in a list below the field. */
import { h, setAttribute } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { completed, nameAt, peopleFor } from "./talk_state.js"

const known = new Map()

/** Who can see an image, asked for once: [{username, full_name}]. Empty while nobody answers. */
export async function peopleOf(imageId) {
  if (known.has(imageId)) return known.get(imageId)
  const [answer] = await outcome(getJson(`review/people/?image=${imageId}`))
  if (answer) known.set(imageId, answer.people)
  return answer?.people ?? []
}

export class Names {
  #found = []
  #at = 0

  /** @param {HTMLTextAreaElement} field @param {HTMLElement} list of options @param {() => object[]} people */
  constructor(field, list, people) {
    Object.assign(this, { field, list, people })
    field.addEventListener("input", () => this.look())
    field.addEventListener("click", () => this.look())
    field.addEventListener("blur", () => this.close())
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault()
      const option = event.target.closest("[role=option]")
      if (option) this.#take(option.dataset.name)
    })
  }

  get isOpen() { return !this.list.hidden }

  close() {
    this.list.hidden = true
    setAttribute(this.field, "aria-activedescendant", null)
    setAttribute(this.field, "aria-expanded", "false")
  }

  /** @returns {boolean} whether the key was meant for the list */
  key({ key }) {
    if (!this.isOpen) return false
    if (key === "ArrowDown" || key === "ArrowUp") this.#move(key === "ArrowDown" ? 1 : -1)
    else if (key === "Enter" || key === "Tab") this.#take(this.#found[this.#at].username)
    else if (key === "Escape") this.close()
    else return false
    return true
  }

  /** Offers whom the name that is being written may mean. */
  look() {
    const name = nameAt(this.field.value, this.field.selectionStart)
    this.#found = name ? peopleFor(this.people(), name.part) : []
    this.#at = 0
    this.#draw()
  }

  #move(by) {
    this.#at = (this.#at + by + this.#found.length) % this.#found.length
    this.#draw()
  }

  #draw() {
    this.list.hidden = this.#found.length === 0
    setAttribute(this.field, "aria-expanded", String(this.isOpen))
    this.list.replaceChildren(...this.#found.map(({ username, full_name: name }, at) => h("li", { role: "option", id: `name-${at}`, "data-name": username, "aria-selected": String(at === this.#at) }, h("b", {}, `@${username}`), h("span", { class: "muted clip" }, name))))
    setAttribute(this.field, "aria-activedescendant", this.isOpen ? `name-${this.#at}` : null)
  }

  #take(username) {
    const { text, caret } = completed(this.field.value, this.field.selectionStart, username)
    this.field.value = text
    this.field.setSelectionRange(caret, caret)
    this.field.focus()
    this.close()
  }
}
