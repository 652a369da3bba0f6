/** Boxes over the image, drawn on one canvas: thousands at the speed of panning. */
import { fitCanvas, themeColours } from "../shared/paint.js"
import { classColour, classNamed } from "../shared/signs.js"
import { confidenceText } from "../shared/formats.js"

const LEAST_BOX_PX = 11
const KEY_PX = 15

/**
 * @param {DeepZoom} zoom
 * @param {{detections: object[], selected: ?object, hovered: ?object, opacity: number}} what
 * @returns {?CanvasRenderingContext2D} in CSS pixels, for what else is to be drawn
 */
export function drawOverlay(zoom, { detections, selected, hovered, opacity }) {
  const place = zoom.placement()
  const { clientWidth: width, clientHeight: height } = zoom.viewer.container
  const context = fitCanvas(zoom.canvas, width, height)
  if (!place) return null
  const boxes = detections.map((detection) => ({ detection, box: screenBox(detection.bbox_px, place) }))
    .filter(({ box: [x, y, w, h] }) => x < width && y < height && x + w > 0 && y + h > 0)
  context.globalAlpha = opacity
  context.strokeStyle = themeColours()["image-rim"]
  context.lineWidth = 4
  context.beginPath()
  for (const { box } of boxes) context.rect(...box)
  context.stroke()
  for (const { detection, box } of boxes) stroke(context, detection, box)
  if (themeColours().areKeysShown) for (const { detection, box } of boxes) classKey(context, detection, box)
  context.globalAlpha = 1
  for (const { detection, box } of boxes) {
    if (detection === selected) mark(context, detection, box, width)
    else if (detection === hovered) label(context, detection, box, width)
  }
  return context
}

/** A box on the screen, grown around its middle to what an eye can find. */
function screenBox([x, y, w, h], { x: left, y: top, scale }) {
  const width = Math.max(LEAST_BOX_PX, w * scale)
  const height = Math.max(LEAST_BOX_PX, h * scale)
  return [left + (x + w / 2) * scale - width / 2, top + (y + h / 2) * scale - height / 2, width, height]
}

function stroke(context, detection, box) {
  context.strokeStyle = classColour(detection.class_code)
  context.lineWidth = detection.severity === "critical" ? 2.75 : detection.severity === "major" ? 2 : 1.5
  context.setLineDash(detection.severity === "nuisance" ? [3, 3] : [])
  context.strokeRect(...box)
  context.setLineDash([])
}

/** The key of its class at a box's corner, for eyes that do not tell all colours apart. */
function classKey(context, detection, [x, y]) {
  const { key } = classNamed(detection.class_code)
  if (!key) return
  const { "image-plate": plate, "image-ink": ink } = themeColours()
  const top = Math.max(0, y - KEY_PX)
  context.fillStyle = plate
  context.fillRect(x - KEY_PX, top, KEY_PX, KEY_PX)
  context.fillStyle = ink
  context.font = `650 12px ${getComputedStyle(document.body).fontFamily}`
  context.textAlign = "center"
  context.textBaseline = "middle"
  context.fillText(key, x - KEY_PX / 2, top + KEY_PX / 2 + 0.5)
  context.textAlign = "start"
}

/** The meant detection: corners outside its box, and its name. */
function mark(context, detection, box, widthPx) {
  const [x, y, w, h] = [box[0] - 6, box[1] - 6, box[2] + 12, box[3] + 12]
  const arm = Math.min(16, w / 3, h / 3)
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  for (const [colour, lineWidth] of [[rim, 6], [ink, 3]]) {
    context.beginPath()
    for (const [cx, cy, dx, dy] of [[x, y, 1, 1], [x + w, y, -1, 1], [x, y + h, 1, -1], [x + w, y + h, -1, -1]]) {
      context.moveTo(cx + dx * arm, cy)
      context.lineTo(cx, cy)
      context.lineTo(cx, cy + dy * arm)
    }
    context.strokeStyle = colour
    context.lineWidth = lineWidth
    context.stroke()
  }
  label(context, detection, [x, y, w, h], widthPx)
}

function label(context, detection, [x, y, , h], widthPx) {
  const { ink, panel, darken } = themeColours()
  const { name } = classNamed(detection.class_code)
  // What a person has found has no confidence.
  const text = detection.confidence === null ? name : `${name} ${confidenceText(detection.confidence)}`
  context.font = `600 13px ${getComputedStyle(document.body).fontFamily}`
  const width = context.measureText(text).width + 30
  const left = Math.max(4, Math.min(x, widthPx - width - 4))
  const top = y > 34 ? y - 30 : y + h + 6
  context.fillStyle = panel
  context.globalAlpha = 0.94
  context.beginPath()
  context.roundRect(left, top, width, 24, 4)
  context.fill()
  context.globalAlpha = 1
  context.fillStyle = classColour(detection.class_code)
  context.fillRect(left + 8, top + 7, 10, 10)
  if (darken) context.strokeRect(left + 8, top + 7, 10, 10)
  context.fillStyle = ink
  context.textBaseline = "middle"
  context.fillText(text, left + 24, top + 12.5)
}
