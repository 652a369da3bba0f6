/** A log that grows: read on from where it was, and followed while its end is in sight. */
import { h } from "../shared/dom.js"
import { getJson } from "../shared/http.js"

const MOST_LINES = 4000

export class LogView {
  #next = 0
  #rest = ""
  #isReading = null

  /** @param {HTMLElement} place scrolls; `role=log` @param {{path: string}} of */
  constructor(place, { path }) {
    Object.assign(this, { place, path })
  }

  /** Reads what is new, all of it; one reader at a time. */
  readOn() {
    this.#isReading ??= this.#read().finally(() => { this.#isReading = null })
    return this.#isReading
  }

  async #read() {
    for (;;) {
      const { text, next } = await getJson(`${this.path}?offset=${this.#next}`)
      if (!text) break
      this.#next = next
      this.#note(text)
    }
  }

  #note(text) {
    const { place } = this
    const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40
    const lines = (this.#rest + text).split("\n")
    this.#rest = lines.pop()
    place.append(...lines.map((line) => h("div", { class: line.startsWith("---") ? "log__cut" : "" }, line || "\u00a0")))
    while (place.childElementCount > MOST_LINES) place.firstElementChild.remove()
    if (isAtEnd) place.scrollTop = place.scrollHeight
  }
}
