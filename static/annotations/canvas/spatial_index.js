/** Boxes by where they are, in cells of one size: what is in sight, and what is under a finger, without asking each. No DOM. */

export class SpatialIndex {
  #cells = new Map()
  #large = []
  #cellPx

  /**
   * @param {{box: number[]}[]} items
   * @param {number} cellPx a side of a cell; what covers very many cells is kept apart and always asked
   */
  constructor(items, cellPx = 256) {
    this.items = items
    this.#cellPx = cellPx
    for (const item of items) {
      const cells = this.#cellsOf(item.box)
      if (cells.length > 64) this.#large.push(item)
      else for (const key of cells) this.#cell(key).push(item)
    }
  }

  #cell(key) {
    if (!this.#cells.has(key)) this.#cells.set(key, [])
    return this.#cells.get(key)
  }

  #cellsOf([x, y, width, height]) {
    const [left, top, right, bottom] = [x, y, x + width, y + height].map((side) => Math.floor(side / this.#cellPx))
    const keys = []
    if ((right - left + 1) * (bottom - top + 1) > 64) return new Array(65)
    for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) keys.push(`${column} ${row}`)
    return keys
  }

  /** Items whose box meets a box, each once. */
  within(box) {
    const [x, y, width, height] = box
    const keys = this.#cellsOf(box)
    const from = keys.length > 64 ? this.#cells.keys() : keys
    const found = new Set(this.#large)
    for (const key of from) for (const item of this.#cells.get(key) ?? []) found.add(item)
    return [...found].filter(({ box: [ox, oy, ow, oh] }) => ox <= x + width && oy <= y + height && ox + ow >= x && oy + oh >= y)
  }
}
