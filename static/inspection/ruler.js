/** A ruler over the image: press, drag, read µm; or move its ends by keys. The last measure stays until the next or Escape. */
import { lengthText } from "../shared/formats.js"
import { themeColours } from "../shared/paint.js"

/** Length of a line in image pixels, in µm. */
function measured([[ax, ay], [bx, by]], pixelUm) {
  return Math.hypot(bx - ax, by - ay) * pixelUm
}

export class Ruler {
  isOn = false
  line = null
  #from = null

  toggle() {
    this.isOn = !this.isOn
    this.line = null
    this.#from = null
    return this.isOn
  }

  press(point) {
    if (!this.isOn || !point) return false
    this.#from = point
    this.line = [point, point]
    return true
  }

  drag(point) {
    if (!this.#from || !point) return false
    this.line = [this.#from, point]
    return true
  }

  release() {
    const wasOn = Boolean(this.#from)
    this.#from = null
    return wasOn
  }

  /**
   * Moves an end, 0 or 1, to the right and down, and no farther than the image. Where there is no line yet it lays `first`.
   *
   * @param {number} end
   * @param {number[]} by image pixels
   * @param {{first: number[][], widthPx: number, heightPx: number}} image
   */
  moveEnd(end, by, { first, widthPx, heightPx }) {
    const inside = ([x, y]) => [Math.min(widthPx, Math.max(0, x)), Math.min(heightPx, Math.max(0, y))]
    this.line = this.line ? this.line.with(end, inside(this.line[end].map((at, axis) => at + by[axis]))) : first.map(inside)
  }

  /** The last measure, in words. */
  text(pixelUm) {
    return lengthText(measured(this.line, pixelUm))
  }

  draw(context, place, pixelUm) {
    if (!this.line) return
    const { "image-rim": rim, "image-plate": plate, "image-ink": ink } = themeColours()
    const [[ax, ay], [bx, by]] = this.line.map(([x, y]) => [place.x + x * place.scale, place.y + y * place.scale])
    for (const [colour, width] of [[rim, 5], [ink, 2]]) {
      context.beginPath()
      context.moveTo(ax, ay)
      context.lineTo(bx, by)
      for (const [x, y] of [[ax, ay], [bx, by]]) tick(context, x, y, Math.atan2(by - ay, bx - ax))
      context.strokeStyle = colour
      context.lineWidth = width
      context.stroke()
    }
    const text = this.text(pixelUm)
    context.font = `650 15px ${getComputedStyle(document.body).fontFamily}`
    const width = context.measureText(text).width + 16
    const [x, y] = [(ax + bx) / 2 - width / 2, (ay + by) / 2 + 12]
    context.fillStyle = plate
    context.beginPath()
    context.roundRect(x, y, width, 26, 4)
    context.fill()
    context.fillStyle = ink
    context.textBaseline = "middle"
    context.fillText(text, x + 8, y + 13.5)
  }
}

function tick(context, x, y, angle) {
  const [dx, dy] = [Math.sin(angle) * 8, -Math.cos(angle) * 8]
  context.moveTo(x - dx, y - dy)
  context.lineTo(x + dx, y + dy)
}
