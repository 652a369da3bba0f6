/** The boxes of several people over one picture: each with a line and a letter of their own, in the colour of the class they named. */
import { drawCrop } from "../inspection/crops.js"
import { fitCanvas, themeColours } from "../shared/paint.js"
import { classColour } from "../shared/signs.js"
import { paintShape } from "./canvas/paint.js"
import { voicesOf } from "./opinions_state.js"

const LEAST_PX = 12
/** Boxes that are the same lie around one another, so that every line is seen. */
const APART_PX = 5
const PLATE_PX = 19
/** Where a letter is, by turns: two boxes of one place have theirs at different corners. */
const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]]

/**
 * @param {ReviewZoom} zoom
 * @param {?object} task
 * @param {{isShown: boolean, meant: ?string}} how meant: the letter of the one that stands out
 * @returns {?object} where the picture is, as the zoom says it
 */
export function drawVoices(zoom, task, { isShown, meant = null }) {
  const { clientWidth, clientHeight } = zoom.viewer.container
  const context = fitCanvas(zoom.canvas, clientWidth, clientHeight)
  const place = zoom.placement()
  if (!place || !task || !isShown) return place
  const voices = voicesOf(task)
  const onScreen = ([x, y, width, height]) => [place.x + x * place.scale, place.y + y * place.scale, width * place.scale, height * place.scale]
  if (task.detection) brackets(context, grown(onScreen(task.bbox_px), APART_PX * (voices.length + 1)))
  for (const voice of voices.filter(({ box }) => box)) drawVoice(context, onScreen(voice.box), voice, { ground: { place, size: task.image }, isApart: true, isStrong: voice.letter === meant, isFaint: meant !== null && voice.letter !== meant })
  return place
}

/**
 * The part of the image around all boxes, with one person's in it, or the model's.
 *
 * @param {?object} voice null: the model's, or a place of which nothing is drawn
 * @param {{voice: object, box: number[], isFaint: boolean}[]} beside what is drawn below it: more of the same person's, or another's
 * @returns {Promise<boolean>} whether the picture is there
 */
export async function drawVoiceCrop(canvas, { image, around, voice, box, beside = [] }) {
  const place = await drawCrop(canvas, image, around)
  if (!place) return false
  const context = canvas.getContext("2d")
  const onCanvas = ([x, y, width, height]) => [place.x + x * place.scale, place.y + y * place.scale, width * place.scale, height * place.scale]
  const ground = { place, size: image }
  for (const one of beside) drawVoice(context, onCanvas(one.box), one.voice, { ground, hasLetter: false, isApart: one.isFaint, isFaint: one.isFaint, isStrong: !one.isFaint })
  if (box && voice) drawVoice(context, onCanvas(box), voice, { ground, hasLetter: false, isStrong: true })
  else if (box) brackets(context, grown(onCanvas(box), APART_PX))
  return true
}

function grown([x, y, width, height], by) {
  const [w, h] = [Math.max(LEAST_PX, width) + 2 * by, Math.max(LEAST_PX, height) + 2 * by]
  return [x + width / 2 - w / 2, y + height / 2 - h / 2, w, h]
}

/** @param {{place: object, size: object}} ground where the image is, for what is more than a box */
function drawVoice(context, box, { letter, dash, at, code, shape }, { ground, isApart = false, isStrong = false, isFaint = false, hasLetter = true }) {
  const { "image-rim": rim } = themeColours()
  const [x, y, width, height] = grown(box, isApart ? at * APART_PX : 0)
  const line = isStrong ? 3 : 2
  context.globalAlpha = isFaint ? 0.45 : 1
  if (shape) paintShape(context, shape, { ...ground, colour: classColour(code), width: line, dash })
  else strokeBox(context, [x, y, width, height], { rim, line, dash, colour: classColour(code) })
  if (hasLetter) plate(context, letter, x, y, width, height, CORNERS[at % CORNERS.length])
  context.globalAlpha = 1
}

function strokeBox(context, box, { rim, line, dash, colour }) {
  context.strokeStyle = rim
  context.lineWidth = line + 2
  context.strokeRect(...box)
  context.strokeStyle = colour
  context.lineWidth = line
  context.setLineDash(dash)
  context.strokeRect(...box)
  context.setLineDash([])
}

/** A letter outside the box, at one of its corners. */
function plate(context, letter, x, y, width, height, [right, down]) {
  const { "image-plate": ground, "image-ink": ink } = themeColours()
  const [left, top] = [right ? x + width : x - PLATE_PX, down ? y + height : y - PLATE_PX]
  context.fillStyle = ground
  context.fillRect(left, top, PLATE_PX, PLATE_PX)
  context.fillStyle = ink
  context.font = `680 13px ${getComputedStyle(document.body).fontFamily}`
  context.textAlign = "center"
  context.textBaseline = "middle"
  context.fillText(letter, left + PLATE_PX / 2, top + PLATE_PX / 2 + 0.5)
  context.textAlign = "start"
}

/** The model's box: its corners alone, for it is no opinion. */
function brackets(context, [x, y, width, height]) {
  const { "image-rim": rim, "image-ink": ink } = themeColours()
  const arm = Math.min(18, width / 3, height / 3)
  for (const [colour, line] of [[rim, 5], [ink, 2.5]]) {
    context.beginPath()
    for (const [cx, cy, dx, dy] of [[x, y, 1, 1], [x + width, y, -1, 1], [x, y + height, 1, -1], [x + width, y + height, -1, -1]]) {
      context.moveTo(cx + dx * arm, cy)
      context.lineTo(cx, cy)
      context.lineTo(cx, cy + dy * arm)
    }
    context.strokeStyle = colour
    context.lineWidth = line
    context.stroke()
  }
}
