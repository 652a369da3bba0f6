/** What lies over the picture of a task: the place a decision is about, others of the run, what I have added, and what is drawn. */
import { drawOverlay } from "../inspection/overlay.js"
import { scaleBar } from "../inspection/wafer_geometry.js"
import { setAttribute, setText } from "../shared/dom.js"
import { lengthText } from "../shared/formats.js"
import { themeColours } from "../shared/paint.js"
import { classColour, classNamed } from "../shared/signs.js"
import { paintDrawing, paintShape } from "./canvas/paint.js"
import { isWhole } from "./review_state.js"

const DASH = [6, 4]
const MOST_BAR_PX = 160
const BAR_SHARE = 0.25
/** What the layer was last given, to give it the same things once. */
let shown = { added: null, image: null, rim: null }

/**
 * @param {ReviewZoom} zoom
 * @param {Desk} desk
 * @param {{task: ?object, box: ?number[], shape: ?object, classCode: ?string, others: object[], added: object[], isOverlay: boolean}} what
 *   shape: null of a box alone
 */
export function drawReview(zoom, desk, { task, box, shape, classCode, others, added, isOverlay }) {
  const meant = task && box ? meantOf(task, box, classCode) : null
  const { mode } = desk
  // A frame around the whole image would say nothing.
  const isBox = !shape && !isWhole(task)
  const detections = meant && isOverlay ? [...others, ...(isBox ? [meant] : [])] : []
  const context = drawOverlay(zoom, { detections, selected: mode || !isBox ? null : meant, hovered: null, opacity: 1 })
  const place = zoom.placement()
  if (!context || !place) return null
  const { image } = task
  const view = [zoom.viewer.container.clientWidth, zoom.viewer.container.clientHeight]
  if (isOverlay) {
    if (shape && !mode) paintShape(context, shape, { place, size: image, colour: classColour(classCode), width: 2.5, view })
    drawAdded(desk.layer, context, { added, image, place, view })
  }
  if (mode) paintDrawing(context, desk.drawing, { place, size: image, reachPx: desk.reachPx, view })
  return place
}

function drawAdded(layer, context, { added, image, place, view }) {
  const rim = themeColours()["image-rim"]
  if (added !== shown.added || image !== shown.image || rim !== shown.rim) {
    shown = { added, image, rim }
    layer.setShapes(added.map(({ shape, bbox_px: box, class_code: code }) => ({ shape: shape ?? { kind: "box", bbox_px: box }, colour: classColour(code), dash: shape?.kind === "point" ? [] : DASH })), image, rim)
  }
  layer.draw(context, place, view)
}

/** The task as a detection with the box and the class that would be decided now. */
function meantOf(task, box, classCode) {
  const { severity } = classNamed(classCode)
  return { class_code: classCode, confidence: task.detection?.confidence ?? null, severity: task.detection?.severity ?? severity, bbox_px: box }
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
