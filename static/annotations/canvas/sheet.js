/**
 * Shapes painted at one scale, tile by tile: what a tile shows is painted once, over as many frames as it takes, and laid down
 * wherever the picture has moved to.
 */

export const TILE_PX = 256
/** Lines and marks reach so far beyond the box of their shape. */
const REACH_PX = 16
/** Tiles that are out of sight are let go of when there are more. */
const MOST_TILES = 240

export class Sheet {
  #tiles = new Map()

  /**
   * @param {number} scale px of the screen per pixel of the image
   * @param {{paint: (context, box: number[], place: object) => Iterator, canvasOf: (sidePx: number) => object, flush: (canvas) => void, ratio: number}} how
   *   paint: what lies in a box of the image, resting now and then; flush: has what was painted carried out; ratio: pixels per px
   */
  constructor(scale, how) {
    Object.assign(this, { scale, how, ratio: how.ratio })
  }

  /** Tiles of what is in sight, those in the middle first. @param {number} ring so many more around */
  #keys({ x, y, scale }, [width, height], ring = 0) {
    const by = this.scale / scale / TILE_PX
    const [left, top, right, bottom] = [-x, -y, width - x - 1, height - y - 1].map((px, at) => Math.floor(px * by) + (at < 2 ? -ring : ring))
    const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2]
    const keys = []
    for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) keys.push([column, row])
    return keys.sort((a, b) => Math.hypot(a[0] - middleX, a[1] - middleY) - Math.hypot(b[0] - middleX, b[1] - middleY))
  }

  #tile([column, row]) { return this.#tiles.get(`${column} ${row}`) }

  /** Whether all that is in sight is painted. */
  shows(place, view) {
    return this.#keys(place, view).every((key) => this.#tile(key)?.isDone)
  }

  /**
   * Paints what is in sight, then what is next to it, until `isOver`.
   *
   * @returns {boolean} whether nothing is left to paint
   */
  paint(place, view, isOver) {
    for (const ring of [0, 1]) for (const key of this.#keys(place, view, ring)) {
      const tile = this.#tile(key) ?? this.#begun(key)
      if (!tile.isDone && !this.#goOn(tile, isOver)) return false
    }
    this.#letGo(place, view)
    return true
  }

  #begun([column, row]) {
    const { ratio, canvasOf, paint } = this.how
    const canvas = canvasOf(TILE_PX * ratio)
    const context = canvas.getContext("2d")
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const [left, top] = [column * TILE_PX, row * TILE_PX]
    const box = [left - REACH_PX, top - REACH_PX, TILE_PX + 2 * REACH_PX, TILE_PX + 2 * REACH_PX].map((px) => px / this.scale)
    const tile = { canvas, isDone: false, painting: paint(context, box, { x: 0 - left, y: 0 - top, scale: this.scale }) }
    this.#tiles.set(`${column} ${row}`, tile)
    return tile
  }

  /** @returns {boolean} whether it is done, and there is time left */
  #goOn(tile, isOver) {
    while (!tile.isDone) {
      if (isOver()) return false
      tile.isDone = Boolean(tile.painting.next().done)
      // Else all of it would be carried out in the frame that shows it first.
      this.how.flush(tile.canvas)
    }
    return true
  }

  #letGo(place, view) {
    if (this.#tiles.size <= MOST_TILES) return
    const near = new Set(this.#keys(place, view, 1).map(([column, row]) => `${column} ${row}`))
    for (const key of this.#tiles.keys()) if (!near.has(key)) this.#tiles.delete(key)
  }

  /** Lays down what is painted of what is in sight. Edges fall on whole pixels, so that no seam is seen. */
  lay(context, place, view) {
    const { ratio } = this
    const side = TILE_PX * (place.scale / this.scale)
    const edge = (from, at) => Math.round((from + at * side) * ratio) / ratio
    context.imageSmoothingEnabled = false
    for (const key of this.#keys(place, view)) {
      const tile = this.#tile(key)
      if (!tile?.isDone) continue
      const [left, top] = [edge(place.x, key[0]), edge(place.y, key[1])]
      context.drawImage(tile.canvas, left, top, edge(place.x, key[0] + 1) - left, edge(place.y, key[1] + 1) - top)
    }
  }
}
