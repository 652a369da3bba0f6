/** The wafer page: map, image and strip show one state; whatever is pointed at in one is marked in all three. */
import { setAttribute, setText } from "../shared/dom.js"
import { confidenceText, lengthText, plural } from "../shared/formats.js"
import { getJson } from "../shared/http.js"
import { loadClasses, verdict } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { DeepZoom } from "./deep_zoom.js"
import { DefectStrip, stripTitle } from "./defect_strip.js"
import { drawDetection, drawHistory, drawRun } from "./inspector.js"
import { drawOverlay } from "./overlay.js"
import { Ruler } from "./ruler.js"
import { bindCommands } from "./wafer_commands.js"
import { drawClasses, drawHead, drawImages, drawPlace } from "./wafer_details.js"
import { boxAt, pxToUm, scaleBar } from "./wafer_geometry.js"
import { WaferMap } from "./wafer_map.js"
import { emptyWafer, gravest, hover, hovered, ofImage, select, selected, withCard, withRun } from "./wafer_state.js"

const find = (selector) => document.querySelector(selector)
const readJson = (id) => JSON.parse(document.getElementById(id).textContent)
const wafer = readJson("wafer")
const recipes = readJson("recipes")
const classes = loadClasses()
const address = new URLSearchParams(location.search)
const asked = address.get("run")
/** Who comes from an alarm sees what it is about at once, without a key or a click; done once. */
let isToChoose = address.get("look") === "gravest"

let state = emptyWafer()
let history = readJson("runs")
const look = { opacity: 1, isOverlay: true, brightness: 1, contrast: 1 }
const bandsOf = (run) => recipes[`${run?.recipe.code} v${run?.recipe.version}`] ?? {}

// Drawing -------------------------------------------------------------------------------------------------------------

let frame = 0
/** Everything that follows the state, once a frame. */
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    map.show(state)
    drawImage()
    setText(find("#strip-more"), strip.show(state))
    stripTitle(find("#strip-title"), state)
    drawClasses(find("#classes"), classes, state)
    if (drawnDetection !== state.selectedId || drawnRun !== state.run) drawSide()
  })
}

let drawnDetection
let drawnRun
function drawSide() {
  drawDetection(find("#meant"), selected(state), { bands: bandsOf(state.run), geometry: wafer.geometry })
  if (state.run && drawnRun !== state.run) drawRun(find("#run"), state.run)
  drawnDetection = state.selectedId
  drawnRun = state.run
}

function drawImage() {
  if (!zoom) return
  const context = drawOverlay(zoom, { detections: look.isOverlay ? ofImage(state) : [], selected: selected(state), hovered: hovered(state), opacity: look.opacity })
  const place = zoom.placement()
  if (!context || !place) return
  ruler.draw(context, place, zoom.image.pixel_um)
  const bar = scaleBar(zoom.image.pixel_um / place.scale)
  if (!bar) return
  setAttribute(find(".scale svg"), "width", Math.ceil(bar.px) + 2)
  setAttribute(find(".scale path"), "d", `M1 1v8h${bar.px.toFixed(1)}v-8`)
  setText(find("#scale-text"), lengthText(bar.um).replace(/\.0+ /, " "))
}

// Parts ---------------------------------------------------------------------------------------------------------------

const ruler = new Ruler()
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
  onRelease: () => ruler.release(),
  onDraw: () => drawImage(),
})

function detectionAt(point) {
  const place = zoom.placement()
  return point && place && look.isOverlay ? boxAt(ofImage(state), point, 6 / place.scale) : null
}

function pointAt(point) {
  const image = zoom.image
  const isInside = point && image && point[0] >= 0 && point[1] >= 0 && point[0] < image.width_px && point[1] < image.height_px
  const um = isInside ? pxToUm(point, image) : null
  setText(find("#under-px"), isInside ? `${Math.floor(point[0])}, ${Math.floor(point[1])} px` : image ? `${image.width_px} × ${image.height_px} px` : "")
  setText(find("#under-um"), um ? `x ${um[0].toFixed(1)}, y ${um[1].toFixed(1)} µm` : isInside ? "place on the wafer unknown" : image ? `${image.pixel_um} µm a pixel · ${image.file_name || "no file name"}` : "")
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
  if (image) {
    zoom.open(image)
    pointAt(null)
  }
  find("#viewer-empty").hidden = Boolean(image)
}

async function load(runId) {
  try {
    const run = await getJson(`inference/results/${runId}/`)
    find("#side").classList.remove("is-loading")
    change(withRun(state, run))
    if (isToChoose) choose(gravest(state)?.id ?? null)
    isToChoose = false
    find("#found-nothing").hidden = run.state !== "done" || run.detections.length > 0
    drawHistory(find("#history"), history, run.id)
  } catch (problem) {
    toast(`The run could not be loaded: ${problem.message}`, { level: "alarm", action: { label: "Try again", run: () => load(runId) } })
  }
}

/** The run to show: the one the address names, else the newest that is done, else the newest. */
function runToShow() {
  return asked ?? (history.find(({ state: step }) => step === "done") ?? history[0])?.run
}

function heard(card) {
  const next = withCard(history, card)
  if (next === history) return
  history = next
  drawHead(history[0], history.find(({ run }) => run === runToShow()))
  drawHistory(find("#history"), history, state.run?.id)
  if (card.run === runToShow() && (card.run !== state.run?.id || card.revision > state.run.revision)) {
    if (state.run && card.run !== state.run.id) toast(`A new run is done: ${verdict(card).word}, ${plural(card.detection_count, "defect")}.`)
    load(card.run)
  }
}

async function resync() {
  const answer = await getJson(`runs/?wafer=${wafer.id}`).catch(() => null)
  const latest = answer?.results?.[0]
  const known = history.find(({ run }) => run === latest?.id)
  if (latest && latest.revision > (known?.revision ?? 0) && latest.state === "done" && !asked) load(latest.id)
}

for (const name of ["run.queued", "run.started", "run.waiting", "run.done", "run.failed", "run.cancelled"]) {
  document.addEventListener(`live:${name}`, ({ detail }) => { if (detail.data.wafer.id === wafer.id) heard(detail.data) })
}
document.addEventListener("live:resync", ({ target }) => { if (target.getAttribute("src") !== "/ws/live/") resync() })
document.addEventListener("waferdeck:display", () => redraw())

bindCommands({
  get: () => state, change, choose, zoomToMeant, redrawImage: drawImage, zoom, map, ruler, look, classes,
  describe: () => `${confidenceText(state.threshold)}`,
})
setAttribute(find("#viewer"), "aria-label", `Image of wafer ${wafer.code}`)
drawHead(history[0], history.find(({ run }) => run === runToShow()))
if (runToShow()) load(runToShow())
redraw()
