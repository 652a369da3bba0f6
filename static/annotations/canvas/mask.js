/** Painted pixels: a brush that adds and takes away, and the run lengths they are sent as. No DOM. */

const MOST_RUNS = 20_000
const MOST_PX = 1 << 22
const MARGIN_PX = 64

/** Nothing painted yet. bits: a byte per pixel of `box`, row after row. */
export const emptyBitmap = () => ({ box: [0, 0, 0, 0], bits: new Uint8Array(0) })

/** @param {{bbox_px: number[], counts: number[]}} mask run lengths down the columns, first those that are out */
export function bitmapOf({ bbox_px: box, counts }) {
  const [, , width, height] = box
  const bits = new Uint8Array(width * height)
  let [at, isIn] = [0, 0]
  for (const count of counts) {
    if (isIn) for (let one = at; one < at + count; one += 1) bits[(one % height) * width + Math.floor(one / height)] = 1
    at += count
    isIn = 1 - isIn
  }
  return { box: [...box], bits }
}

/** The shape of what is painted; null where nothing is, or nothing that can be sent. */
export function maskOf({ box: [left, top, width, height], bits }) {
  let [minX, minY, maxX, maxY] = [width, height, -1, -1]
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    if (!bits[y * width + x]) continue
    minX = Math.min(minX, x)
    maxX = Math.max(maxX, x)
    minY = Math.min(minY, y)
    maxY = y
  }
  if (maxX < 0) return null
  const counts = []
  let [run, isIn] = [0, 0]
  for (let x = minX; x <= maxX; x += 1) for (let y = minY; y <= maxY; y += 1) {
    const bit = bits[y * width + x]
    if (bit === isIn) run += 1
    else {
      counts.push(run)
      run = 1
      isIn = bit
    }
  }
  counts.push(run)
  return { kind: "mask", bbox_px: [left + minX, top + minY, maxX - minX + 1, maxY - minY + 1], counts }
}

/** Whether the server would take it. */
export function isSendable({ bbox_px: [, , width, height], counts }) {
  return counts.length <= MOST_RUNS && width * height <= MOST_PX
}

/** The same bitmap with room for a box; what lies outside the image has none. */
function withRoom(bitmap, [x, y, width, height], { width_px: widthPx, height_px: heightPx }) {
  const [left, top, oldWidth, oldHeight] = bitmap.box
  const isEmpty = !oldWidth
  const low = (value, old, by) => Math.max(0, isEmpty ? value - by : value < old ? value - by : old)
  const [newLeft, newTop] = [low(x, left, MARGIN_PX), low(y, top, MARGIN_PX)]
  const high = (value, old, most, by) => Math.min(most, isEmpty ? value + by : value > old ? value + by : old)
  const [right, bottom] = [high(x + width, left + oldWidth, widthPx, MARGIN_PX), high(y + height, top + oldHeight, heightPx, MARGIN_PX)]
  const box = [newLeft, newTop, right - newLeft, bottom - newTop]
  if (!isEmpty && box.every((side, at) => side === bitmap.box[at])) return bitmap
  const bits = new Uint8Array(Math.max(0, box[2] * box[3]))
  for (let row = 0; row < oldHeight; row += 1) bits.set(bitmap.bits.subarray(row * oldWidth, (row + 1) * oldWidth), (row + top - newTop) * box[2] + left - newLeft)
  return { box, bits }
}

/**
 * Paints a stroke from one place to another, round at its ends. The bitmap that is given may be changed.
 *
 * @returns {object} the bitmap; another one where more room was needed
 */
export function stroked(bitmap, from, to, radiusPx, { erases = false, size }) {
  const radius = Math.max(0.5, radiusPx)
  const [left, top] = [0, 1].map((axis) => Math.floor(Math.min(from[axis], to[axis]) - radius))
  const [right, bottom] = [0, 1].map((axis) => Math.ceil(Math.max(from[axis], to[axis]) + radius))
  const grown = erases ? bitmap : withRoom(bitmap, [Math.max(0, left), Math.max(0, top), Math.min(size.width_px, right) - Math.max(0, left), Math.min(size.height_px, bottom) - Math.max(0, top)], size)
  const [boxLeft, boxTop, width, height] = grown.box
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const length = dx * dx + dy * dy
  for (let y = Math.max(top, boxTop); y < Math.min(bottom, boxTop + height); y += 1) {
    for (let x = Math.max(left, boxLeft); x < Math.min(right, boxLeft + width); x += 1) {
      const [px, py] = [x + 0.5 - from[0], y + 0.5 - from[1]]
      const share = length ? Math.max(0, Math.min(1, (px * dx + py * dy) / length)) : 0
      const [ox, oy] = [px - share * dx, py - share * dy]
      if (ox * ox + oy * oy <= radius * radius) grown.bits[(y - boxTop) * width + x - boxLeft] = erases ? 0 : 1
    }
  }
  return grown
}

/**
 * The edge of what is painted: straight lines between corners of pixels, as long as they go on.
 *
 * @returns {number[][][]} [from, to] each, in pixels of the bitmap
 */
export function edgesOf(bits, width, height) {
  const bit = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? bits[y * width + x] : 0)
  return [
    ...along(height, width, (y, x) => bit(x, y) !== bit(x, y - 1), (y, from, to) => [[from, y], [to, y]]),
    ...along(width, height, (x, y) => bit(x, y) !== bit(x - 1, y), (x, from, to) => [[x, from], [x, to]]),
  ]
}

function along(lines, length, isEdge, asLine) {
  const edges = []
  for (let line = 0; line <= lines; line += 1) {
    let from = null
    for (let at = 0; at <= length; at += 1) {
      const is = at < length && isEdge(line, at)
      if (is && from === null) from = at
      if (!is && from !== null) {
        edges.push(asLine(line, from, at))
        from = null
      }
    }
  }
  return edges
}
