/** The wafer page: map, image and strip show one state; whatever is pointed at in one is marked in all three. */
import { setAttribute, setText } from "../shared/dom.js"
import { lengthText, plural } from "../shared/formats.js"
import { Problem, getJson, outcome } from "../shared/http.js"
import { loadClasses, verdict } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { DeepZoom } from "./deep_zoom.js"
import { asStanding } from "./standing.js"
import { DefectStrip } from "./defect_strip.js"
import { Explanations } from "./explanation.js"
import { drawDetection, drawHistory, drawRun } from "./inspector.js"
import { drawOverlay } from "./overlay.js"
import { Ruler } from "./ruler.js"
import { bindCommands } from "./wafer_commands.js"
import { drawClasses, drawHead, drawImages, drawPlace, drawPlaceless, drawRemarks } from "./wafer_details.js"
import { WaferHold } from "./wafer_hold.js"
import { Presence } from "./presence.js"
import { boxAt, placeText, pxToUm, scaleBar } from "./wafer_geometry.js"
import { WaferMap } from "./wafer_map.js"
import { WaferSteps } from "./wafer_steps.js"
import { emptyWafer, gravest, hover, hovered, isSameAnswer, ofImage, select, selected, stripTitle, withCard, withRun } from "./wafer_state.js"

const find = (selector) => document.querySelector(selector)
const readJson = (id) => JSON.parse(document.getElementById(id).textContent)
const wafer = readJson("wafer")
const recipes = readJson("recipes")
const classes = loadClasses()
const address = new URLSearchParams(location.search)
const asked = address.get("run")
/** Who comes from an alarm sees what it is about at once, without a key or a click; done once. */
let isToChoose = address.get("look") === "gravest"
/** Who comes to a place of an image sees that image. */
let imageToShow = address.get("image")

const SETTLE_MS = 300
/** How far a key that is held moves an end of the ruler each time, in steps of a single press. */
const HELD_STEPS = 8
/** How long the scale bar may be: it lies over the picture. */
const MOST_BAR_PX = 160
const BAR_SHARE = 0.25
const RULER_HINT = "Drag, or move the ends by arrows and Shift arrows"

let state = emptyWafer()
let history = readJson("runs")
const look = { opacity: 1, isOverlay: true, brightness: 1, contrast: 1 }
let standing = history[0]?.standing
const runNamed = (id) => state.run?.runs.find((run) => run.id === id)
const bandsOf = (detection) => {
  const recipe = runNamed(detection?.run)?.recipe
  return recipes[`${recipe?.code} v${recipe?.version}`] ?? {}
}

// Drawing -------------------------------------------------------------------------------------------------------------

let frame = 0
/** Everything that follows the state, once a frame. */
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    map.show(state)
    drawPlaceless(find("#map-placeless"), state)
    drawImage()
    setText(find("#strip-more"), strip.show(state))
    setText(find("#strip-title"), stripTitle(state))
    drawClasses(find("#classes"), classes, state)
    if (state.run && (drawnDetection !== state.selectedId || drawnRun !== shownRun())) drawSide()
  })
}

let drawnDetection
let drawnRun
function drawSide() {
  const run = shownRun()
  drawDetection(find("#meant"), selected(state), { bands: bandsOf(selected(state)), geometry: wafer.geometry })
  explanations.about(selected(state))
  if (run && drawnRun !== run) drawRun(find("#run"), run)
  drawnDetection = state.selectedId
  drawnRun = run
}

/** The run that has the word about the image that is shown. */
function shownRun() {
  return asked ? state.run : runNamed(state.run?.images.find(({ id }) => id === state.imageId)?.run)
}

function drawImage() {
  if (!zoom) return
  const context = drawOverlay(zoom, { detections: look.isOverlay ? ofImage(state) : [], selected: selected(state), hovered: hovered(state), opacity: look.opacity })
  const place = zoom.placement()
  if (!context || !place) return
  explanations.draw(context, place, state.imageId)
  ruler.draw(context, place, zoom.image.pixel_um)
  if (!ruler.line) setText(find("#measured"), ruler.isOn ? RULER_HINT : "")
  const bar = scaleBar(zoom.image.pixel_um / place.scale, Math.min(MOST_BAR_PX, zoom.viewer.container.clientWidth * BAR_SHARE))
  if (!bar) return
  setAttribute(find(".scale svg"), "width", Math.ceil(bar.px) + 2)
  setAttribute(find(".scale path"), "d", `M1 1v8h${bar.px.toFixed(1)}v-8`)
  setText(find("#scale-text"), lengthText(bar.um).replace(/\.0+ /, " "))
}

// Parts ---------------------------------------------------------------------------------------------------------------

const ruler = new Ruler()
const explanations = new Explanations(find("#why"), { mayAsk: readJson("known").mayExplain, onDraw: () => drawImage() })
const map = new WaferMap(find("#map"), wafer.geometry, {
  onHover: (id) => change(hover(state, id)),
  onSelect: (id) => choose(id),
  onPlace: (place) => drawPlace(find("#place"), place, state),
})
const strip = new DefectStrip(find("#strip"), { onHover: (id) => change(hover(state, id)), onSelect: (id) => choose(id), onOpen: () => zoomToMeant(), bands: bandsOf })
const zoom = new DeepZoom(find("#viewer"), {
  onClick: (point) => { if (!ruler.isOn) choose(detectionAt(point)?.id ?? null) },
  onMove: (point) => pointAt(point),
  onLeave: () => pointAt(null),
  onPress: (point) => ruler.press(point) && drawImage() === undefined,
  onDrag: (point) => ruler.drag(point) && drawImage() === undefined,
  onRelease: () => ruler.release() && sayMeasured(),
  onDraw: () => drawImage(),
  onFailed: () => sayNoPicture(),
})

function sayMeasured() {
  setText(find("#measured"), `Measured ${ruler.text(zoom.image.pixel_um)}`)
  return true
}

/** Moves an end of the ruler by a pixel of the screen or of the image, whichever is more. The first press lays it down. */
function moveRuler(end, [right, down], isHeld) {
  const place = zoom.placement()
  if (!place) return
  const step = Math.max(1, 1 / place.scale) * (isHeld ? HELD_STEPS : 1)
  const { width_px: widthPx, height_px: heightPx } = zoom.image
  ruler.moveEnd(end, [right * step, down * step], { first: firstLine(), widthPx, heightPx })
  zoom.show([...ruler.line[end], 0, 0])
  drawImage()
  sayMeasured()
}

/** Across the meant defect, where it is in this image, else in the middle of what is seen. */
function firstLine() {
  const detection = selected(state)
  if (detection?.image === state.imageId) {
    const [x, y, width, height] = detection.bbox_px
    return [[x, y + height / 2], [x + width, y + height / 2]]
  }
  const { clientWidth: width, clientHeight: height } = zoom.viewer.container
  return [0.4, 0.6].map((share) => zoom.toImage({ x: share * width, y: height / 2 }))
}

function detectionAt(point) {
  const place = zoom.placement()
  return point && place && look.isOverlay ? boxAt(ofImage(state), point, 6 / place.scale) : null
}

function pointAt(point) {
  const image = zoom.image
  const isInside = point && image && point[0] >= 0 && point[1] >= 0 && point[0] < image.width_px && point[1] < image.height_px
  const um = isInside ? pxToUm(point, image) : null
  setText(find("#under-px"), isInside ? `${Math.floor(point[0])}, ${Math.floor(point[1])} px` : image ? `${image.width_px} × ${image.height_px} px` : "")
  setText(find("#under-um"), um ? placeText(um) : isInside ? "place on the wafer unknown" : image ? `${image.pixel_um} µm a pixel · ${image.file_name || "no file name"}` : "")
  if (um) drawPlace(find("#place"), map.placeOf(um), state)
  const detection = isInside && !ruler.isOn ? detectionAt(point) : null
  find("#viewer").classList.toggle("is-pointing", Boolean(detection))
  change(hover(state, detection?.id ?? null))
}

function zoomToMeant() {
  const detection = selected(state)
  if (detection) zoom.zoomTo(detection.bbox_px)
}

// State ---------------------------------------------------------------------------------------------------------------

function change(next) {
  if (next === state) return
  const before = state
  state = next
  if (state.imageId !== before.imageId || state.run !== before.run) showImage()
  redraw()
}

function choose(id) {
  change(select(state, id))
  const detection = selected(state)
  if (!detection) return
  strip.reveal(detection.id)
  zoom.show(detection.bbox_px)
}

function showImage() {
  const image = state.run?.images.find(({ id }) => id === state.imageId)
  // First the strip of images: it takes its room from the viewer, which fits the image to what is left.
  drawImages(find("#images"), state, (id) => change({ ...state, imageId: id, selectedId: null }))
  drawRemarks(find("#remarks"), image)
  if (image) {
    zoom.open(image)
    pointAt(null)
  }
  find("#viewer-empty").hidden = Boolean(image) && !zoom.isMissing
}

function sayNoPicture() {
  setText(find("#viewer-empty p"), "This picture cannot be loaded. What was found is in the strip below; load the page again to try once more.")
  find("#viewer-empty").hidden = false
}

const questions = turns()

/** One run where the address names one; else every image of the wafer with what was found on it last. */
async function load() {
  if (!history.length) return
  const turn = questions.take()
  const [body, problem] = await outcome(asked ? oneRun() : getJson(`wafers/${wafer.id}/standing/?layer=${encodeURIComponent(history[0].layer)}`))
  if (!questions.counts(turn)) return
  if (body) take(body)
  else sayTrouble(problem)
}

function take(body) {
  showTrouble(find("#wafer-trouble"), null)
  if (!asked) standing = { ...body, images: body.images.length }
  if (!isSameAnswer(state.run, body)) change(withRun(state, body))
  if (isToChoose) choose(gravest(state)?.id ?? null)
  isToChoose = false
  if (imageToShow && state.run.images.some(({ id }) => id === imageToShow)) change({ ...state, imageId: imageToShow, selectedId: null })
  imageToShow = null
  find("#found-nothing").hidden = body.state !== "done" || body.detections.length > 0
  drawAround()
}

function sayTrouble(problem) {
  showTrouble(find("#wafer-trouble"), problem, { what: state.run ? "What is shown of this wafer is from before." : "The findings could not be loaded.", retry: load })
  if (!state.run) find("#meant").replaceChildren()
}

async function oneRun() {
  const run = await getJson(`inference/results/${asked}/`)
  if (run.wafer.id !== wafer.id) throw new Problem({ status: 404, detail: `That run is of another wafer, ${run.wafer.code}.` })
  return { ...run, runs: [run] }
}

/** The run that the address names as a card; the list of runs may end before it, or not have heard of it yet. */
function cardOfAsked() {
  const { run } = state
  return run ? { ...run, recipe: `${run.recipe.code} v${run.recipe.version}` } : history.find((card) => card.run === asked)
}

function drawAround() {
  drawHead(history[0], asked ? cardOfAsked() : history[0] && asStanding({ ...history[0], standing }))
  drawHistory(find("#history"), history, asked)
}

/** The newest run as it is now, and the first of a wafer that had none: a gap has no events. */
async function catchUp() {
  const answer = await getJson(`wall/?wafer=${wafer.id}`).catch(() => null)
  for (const card of answer?.cards ?? []) heard(card)
  if (history.length) loadSoon()
}

const loadSoon = soon(load, SETTLE_MS)

function heard(card) {
  const next = withCard(history, card)
  if (next === history) return
  history = next
  const isAbout = asked ? card.run === asked : card.layer === history[0].layer
  if (isAbout && !asked) standing = card.standing
  drawAround()
  if (!isAbout) return
  if (!asked && state.run && card.state === "done") toast(`A new run is done: ${verdict(card).word}, ${plural(card.detection_count, "defect")}.`)
  loadSoon()
}

for (const name of ["run.queued", "run.started", "run.waiting", "run.done", "run.failed", "run.cancelled"]) {
  document.addEventListener(`live:${name}`, ({ detail }) => { if (detail.data.wafer.id === wafer.id) heard(detail.data) })
}
document.addEventListener("live:resync", ({ target }) => { if (target.getAttribute("src") !== "/ws/live/") catchUp() })
document.addEventListener("waferdeck:display", () => redraw())

bindCommands({ get: () => state, change, choose, zoomToMeant, redrawImage: drawImage, zoom, map, ruler, moveRuler, look, classes, explanations })
setAttribute(find("#viewer"), "aria-label", `Image of wafer ${wafer.code}`)
// What other parts of the house pin to the picture they ask of it themselves.
document.dispatchEvent(new CustomEvent("waferdeck:picture", { detail: { zoom, subject: () => ({ box: selected(state)?.image === state.imageId ? selected(state)?.bbox_px : null }) } }))
drawAround()
new Presence(find("#present"), "wafer").at(wafer.id)
new WaferHold(wafer, readJson("known"))
const steps = new WaferSteps(find("#steps"), wafer.id)
// The wafer itself comes first.
load().finally(() => steps.ask())
redraw()
