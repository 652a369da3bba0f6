/** What lies over the picture of a task: the box a decision is about, others of the run, what I have added, and the handles. */
import { drawOverlay } from "../inspection/overlay.js"
import { scaleBar } from "../inspection/wafer_geometry.js"
import { setAttribute, setText } from "../shared/dom.js"
import { lengthText } from "../shared/formats.js"
import { themeColours } from "../shared/paint.js"
import { classColour, classNamed } from "../shared/signs.js"
import { HANDLES, handlePoint } from "./box_edit.js"

const HANDLE_PX = 9
const DASH = [6, 4]
const MOST_BAR_PX = 160
const BAR_SHARE = 0.25

/**
 * @param {ReviewZoom} zoom
 * @param {{task: ?object, box: ?number[], classCode: ?string, others: object[], added: object[], edit: {mode: ?string, box: ?number[]}, isOverlay: boolean}} what
 */
export function drawReview(zoom, { task, box, classCode, others, added, edit, isOverlay }) {
  const meant = task && box ? meantOf(task, box, classCode) : null
  const detections = meant && isOverlay ? [...others, meant] : []
  const context = drawOverlay(zoom, { detections, selected: edit.mode ? null : meant, hovered: null, opacity: 1 })
  const place = zoom.placement()
  if (!context || !place) return null
  if (isOverlay) for (const one of added) dashed(context, onScreen(one.bbox_px, place), classColour(one.class_code))
  if (edit.mode && edit.box) handles(context, edit.box, place)
  return place
}

/** The task as a detection with the box and the class that would be decided now. */
function meantOf(task, box, classCode) {
  const { severity } = classNamed(classCode)
  return { class_code: classCode, confidence: task.detection?.confidence ?? null, severity: task.detection?.severity ?? severity, bbox_px: box }
}

function onScreen([x, y, width, height], { x: left, y: top, scale }) {
  return [left + x * scale, top + y * scale, width * scale, height * scale]
}

function dashed(context, box, colour) {
  for (const [style, width] of [[themeColours()["image-rim"], 4], [colour, 2]]) {
    context.strokeStyle = style
    context.lineWidth = width
    context.setLineDash(DASH)
    context.strokeRect(...box)
  }
  context.setLineDash([])
}

function handles(context, box, place) {
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  context.strokeStyle = rim
  context.lineWidth = 4
  context.strokeRect(...onScreen(box, place))
  context.strokeStyle = ink
  context.lineWidth = 2
  context.strokeRect(...onScreen(box, place))
  for (const name of Object.keys(HANDLES)) {
    const [x, y] = handlePoint(box, name)
    const at = [place.x + x * place.scale - HANDLE_PX / 2, place.y + y * place.scale - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX]
    context.fillStyle = ink
    context.fillRect(...at)
    context.strokeStyle = rim
    context.lineWidth = 1.5
    context.strokeRect(...at)
  }
}

/** The bar that says how long things are; away while nothing is shown. */
export function drawScale(element, { pixelUm, scale, widthPx }) {
  const bar = pixelUm && scaleBar(pixelUm / scale, Math.min(MOST_BAR_PX, widthPx * BAR_SHARE))
  element.hidden = !bar
  if (!bar) return
  setAttribute(element.querySelector("svg"), "width", Math.ceil(bar.px) + 2)
  setAttribute(element.querySelector("path"), "d", `M1 1v8h${bar.px.toFixed(1)}v-8`)
  setText(element.querySelector("span"), lengthText(bar.um).replace(/\.0+ /, " "))
}
