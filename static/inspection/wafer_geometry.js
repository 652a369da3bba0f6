/**
 * Places on the wafer and on its pictures. Wafer frame: origin at the centre, +x right, +y up, notch down, in µm.
 * Image frame: pixels from the top left corner, +y down. No DOM.
 */

const CONTEXT = 1.7
const LEAST_CONTEXT_PX = 60

/** Column and row of the die at a place. */
export function dieAt([xUm, yUm], { pitchUm, centreUm }) {
  return [Math.floor((xUm + centreUm[0]) / pitchUm[0]), Math.floor((yUm + centreUm[1]) / pitchUm[1])]
}

/** Left, bottom, width and height of a die, in µm. */
export function dieBox([col, row], { pitchUm, centreUm }) {
  return [col * pitchUm[0] - centreUm[0], row * pitchUm[1] - centreUm[1], pitchUm[0], pitchUm[1]]
}

/** Whether any part of a die is on the wafer. */
export function isDieOnWafer(die, geometry) {
  const [left, bottom, width, height] = dieBox(die, geometry)
  const x = Math.max(left, Math.min(0, left + width))
  const y = Math.max(bottom, Math.min(0, bottom + height))
  return Math.hypot(x, y) < geometry.diameterUm / 2
}

/** Positions of the grid's lines that cross the wafer: x of columns, y of rows. */
export function gridLines({ pitchUm, centreUm, diameterUm }) {
  const radius = diameterUm / 2
  return [0, 1].map((axis) => {
    const pitch = pitchUm[axis]
    const first = Math.ceil((centreUm[axis] - radius) / pitch)
    const last = Math.floor((centreUm[axis] + radius) / pitch)
    return last - first > 2000 ? [] : Array.from({ length: last - first + 1 }, (_, n) => (first + n) * pitch - centreUm[axis])
  })
}

/** The zone a place is in: three rings of equal area, then the edge exclusion. */
export function zoneAt([xUm, yUm], { diameterUm, edgeExclusionUm }) {
  const distance = Math.hypot(xUm, yUm)
  const usable = diameterUm / 2 - edgeExclusionUm
  if (distance > diameterUm / 2) return "outside"
  if (distance > usable) return "edge exclusion"
  if (distance > usable * Math.sqrt(2 / 3)) return "edge"
  return distance > usable * Math.sqrt(1 / 3) ? "middle" : "centre"
}

export function pxToUm([xPx, yPx], image) {
  if (!image.origin_um) return null
  return [image.origin_um[0] + xPx * image.pixel_um, image.origin_um[1] - yPx * image.pixel_um]
}

/** A place on the wafer in words, to the µm unless said otherwise. Lines break between its numbers only. */
export function placeText([xUm, yUm], digits = 3) {
  return `x\u00a0${(xUm / 1000).toFixed(digits)}, y\u00a0${(yUm / 1000).toFixed(digits)}\u00a0mm`
}

/** Left, bottom, width and height of a picture's field of view on the wafer, in µm; null when its place is unknown. */
export function fieldOfView(image) {
  if (!image.origin_um) return null
  const width = image.width_px * image.pixel_um
  const height = image.height_px * image.pixel_um
  return [image.origin_um[0], image.origin_um[1] - height, width, height]
}

/** Whether a picture shows a place on the wafer. */
export function isInField([xUm, yUm], image) {
  const [left, bottom, width, height] = fieldOfView(image) ?? [NaN, NaN, NaN, NaN]
  return xUm >= left && xUm <= left + width && yUm >= bottom && yUm <= bottom + height
}

/** The longest 1-2-5 length that fits into `mostPx` at a scale: what a scale bar shows. */
export function scaleBar(umPerPx, mostPx) {
  const mostUm = umPerPx * mostPx
  if (!(mostUm > 0) || !Number.isFinite(mostUm)) return null
  const power = 10 ** Math.floor(Math.log10(mostUm))
  const um = [5, 2, 1].map((factor) => factor * power).find((length) => length <= mostUm * (1 + 1e-9))
  return { um, px: um / umPerPx }
}

/**
 * Points closer than `nearPx` on screen as one mark each: on a whole wafer a field of view is a speck.
 *
 * @param {{x: number, y: number, item: object}[]} points on screen, the gravest first
 * @returns {{x: number, y: number, items: object[]}[]}
 */
export function clustered(points, nearPx) {
  const cells = new Map()
  const clusters = []
  for (const { x, y, item } of points) {
    const [col, row] = [Math.floor(x / nearPx), Math.floor(y / nearPx)]
    let home = null
    for (let c = col - 1; c <= col + 1 && !home; c += 1) {
      for (let r = row - 1; r <= row + 1 && !home; r += 1) {
        home = cells.get(`${c},${r}`)?.find((cluster) => Math.hypot(cluster.x - x, cluster.y - y) < nearPx) ?? null
      }
    }
    if (home) home.items.push(item)
    else {
      home = { x, y, items: [item] }
      clusters.push(home)
      const key = `${col},${row}`
      cells.set(key, [...(cells.get(key) ?? []), home])
    }
  }
  return clusters
}

/**
 * What to look at to see a box well: in its middle, square, at least as large as shows where it is.
 *
 * @param {number[]} box left, top, width, height in pixels of the image
 */
export function surroundings([x, y, width, height]) {
  const side = Math.max(Math.max(width, height) * CONTEXT, LEAST_CONTEXT_PX)
  return [x + width / 2 - side / 2, y + height / 2 - side / 2, side, side]
}

/** The smallest box under a point: what lies on top of a larger one can still be pointed at. */
export function boxAt(detections, [x, y], slackPx = 0) {
  let best = null
  let area = Infinity
  for (const detection of detections) {
    const [left, top, width, height] = detection.bbox_px
    if (x < left - slackPx || x > left + width + slackPx || y < top - slackPx || y > top + height + slackPx) continue
    if (width * height < area) {
      best = detection
      area = width * height
    }
  }
  return best
}
