/** The way back through what was drawn here and is not said yet, and forth again. No DOM. */

const MOST_BACK = 100

export class WayBack {
  #past = []
  #future = []

  get canUndo() { return this.#past.length > 0 }

  get canRedo() { return this.#future.length > 0 }

  clear() {
    this.#past = []
    this.#future = []
  }

  /** Remembers a shape before it becomes another. @param {string} step two of a name in a row are one way back */
  left(shape, step) {
    if (!step || this.#past.at(-1)?.step !== step) this.#past = [...this.#past, { shape, step }].slice(-MOST_BACK)
    this.#future = []
  }

  /** The shape before. */
  back(shape) {
    this.#future.push(shape)
    return this.#past.pop().shape
  }

  /** The shape that was taken back last. */
  forth(shape) {
    this.#past.push({ shape, step: "" })
    return this.#future.pop()
  }
}
