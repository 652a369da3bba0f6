/** What is drawn or written is the server's as soon as the hand rests for a moment, or turns to something else. No DOM. */

const REST_MS = 400

export class Drafts {
  #id = null
  #timer = null

  /** @param {(id: string) => void} keep lays down what is drawn and written of a task */
  constructor(keep) {
    this.keepOf = keep
  }

  soon(id) {
    if (this.#id !== id) this.keep()
    clearTimeout(this.#timer)
    this.#id = id
    this.#timer = setTimeout(() => this.keep(), REST_MS)
  }

  /** At once what would be soon. */
  keep() {
    const id = this.#id
    this.#drop()
    if (id !== null) this.keepOf(id)
  }

  /** A decision about a task says it all; what is drawn of another is kept. */
  forget(id) {
    if (this.#id === id) this.#drop()
    else this.keep()
  }

  #drop() {
    clearTimeout(this.#timer)
    this.#id = null
  }
}
