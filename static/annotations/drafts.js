/** What is drawn or written is the server's as soon as the hand rests for a moment. No DOM. */

const REST_MS = 400

export class Drafts {
  #id = null
  #timer = null

  /** @param {(id: string) => void} keep lays down what is drawn and written of a task */
  constructor(keep) {
    this.keepOf = keep
  }

  soon(id) {
    this.forget()
    this.#id = id
    this.#timer = setTimeout(() => this.keep(), REST_MS)
  }

  /** At once what would be soon. */
  keep() {
    if (this.#id !== null) this.keepOf(this.#id)
    this.forget()
  }

  /** A decision says it all. */
  forget() {
    clearTimeout(this.#timer)
    this.#id = null
  }
}
