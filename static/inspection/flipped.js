/** Flipped calls: run by run what another version says otherwise, both pictures side by side. */
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { plural } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { nextRow } from "../shared/rows.js"
import { bandElement, loadClasses, waferName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { drawCrop } from "./crops.js"
import { figuresOf, flipWord, flippedCount, flipsText, nothing, placeOf, saidText } from "./flipped_state.js"

const [SETTLE_MS, CROP_PX, LINE_PX] = [800, 320, 3]
const find = (selector) => document.querySelector(selector)
const job = JSON.parse(find("#job").textContent)
let rows = []
let chosen = new URLSearchParams(location.search).get("run")
let withStayed = false
let shown = null

function create(row) {
  const button = h("button", { type: "button", class: "flipped__run", onclick: () => choose(row.run) }, h("b", { class: "clip" }, waferName(row.wafer.code).name), h("small", { class: "muted" }, `lot ${row.lot} · ${row.recipe}`), h("span", {}), h("span", { class: "flipped__bands" }))
  const element = h("li", {}, button)
  update(element, row)
  return element
}

function update(element, row) {
  const [, , flips, bands] = element.firstElementChild.children
  const [before, after] = row.bands
  setText(flips, flipsText(row))
  flips.className = flippedCount(row) ? "" : "faint"
  if (before === after) bands.replaceChildren()
  else bands.replaceChildren(bandElement({ state: "done", band: before }), icon("arrow-right", "small"), bandElement({ state: "done", band: after }))
  setAttribute(element.firstElementChild, "aria-current", row.run === chosen ? "true" : null)
}

function draw(totals) {
  const none = nothing(totals)
  find("#figures").replaceChildren(...figuresOf(totals).map(([value, words]) => h("p", { class: "figure" }, h("b", {}, value), h("span", {}, words))))
  find("#flipped").hidden = none !== null
  find("#flipped-none").hidden = none === null
  if (none) for (const [at, id] of ["#none-title", "#none-why"].entries()) setText(find(id), none[at])
  drawRuns()
}

function drawRuns() {
  keyed(find("#runs"), rows, { key: ({ run }) => run, create, update })
}

async function choose(run) {
  chosen = run
  history.replaceState(null, "", `?run=${run}`)
  drawRuns()
  find("#runs [aria-current]")?.scrollIntoView({ block: "nearest" })
  const row = rows.find((one) => one.run === run)
  const [answer, problem] = await outcome(getJson(`runs/${run}/flipped/`))
  if (run !== chosen) return
  showTrouble(find("#flipped-trouble"), problem, { what: "The calls of this run could not be loaded.", retry: () => choose(run) })
  if (!answer) return
  shown = { row, images: answer.images }
  drawOne()
}

function drawOne() {
  if (!shown) return
  const { row, images } = shown
  const calls = images.flatMap(({ image, calls: all }) => all.filter(({ flip }) => withStayed || flip !== "same").map((call) => ({ image, call })))
  const stayed = row.flips.same
  find("#one").replaceChildren(...[
    h("header", { class: "flipped__head" }, h("h2", {}, waferName(row.wafer.code).name), h("span", { class: "muted" }, `lot ${row.lot}`), h("a", { class: "button push", href: `/wafers/${row.wafer.id}/?run=${row.rerun_of}` }, icon("layers", "small"), "Open the wafer")),
    h("ol", { class: "flipped__calls" }, calls.map(({ image, call }) => callRow(image, call))),
    calls.length === 0 && h("p", { class: "muted" }, "Both say the same of this run."),
    !withStayed && stayed > 0 && h("p", { class: "muted small" }, `${plural(stayed, "call")} stayed as ${stayed === 1 ? "it was" : "they were"}.`),
  ].filter(Boolean))
}

function callRow(image, call) {
  return h("li", { class: "flipped__call" }, h("b", { class: "flipped__flip" }, flipWord(call.flip)),
    side("Before", image, call, call.before), icon("arrow-right"), side(job.version, image, call, call.after))
}

function side(name, image, call, said) {
  const canvas = h("canvas", { width: CROP_PX, height: CROP_PX, role: "img", "aria-label": `${name}: ${saidText(said)}` })
  drawCrop(canvas, image, placeOf(call)).then((place) => { if (place && said) outline(canvas, place, said) })
  return h("figure", { class: "flipped__side", "data-nothing": !said }, canvas, h("figcaption", {}, h("small", { class: "muted" }, name), h("span", {}, saidText(said))))
}

function outline(canvas, { x, y, scale }, { bbox_px: [left, top, width, height], severity }) {
  const context = canvas.getContext("2d")
  const styles = getComputedStyle(document.documentElement)
  const box = [x + left * scale, y + top * scale, width * scale, height * scale]
  for (const [colour, line] of [["--image-rim", LINE_PX + 2], [`--box-${severity === "nuisance" ? "minor" : severity}`, LINE_PX]]) {
    context.strokeStyle = styles.getPropertyValue(colour).trim()
    context.lineWidth = line
    context.strokeRect(...box)
  }
}

async function refresh() {
  const [answer, problem] = await outcome(getJson(`inference/jobs/${job.id}/flipped/?limit=500`, { timeoutMs: 30_000 }))
  showTrouble(find("#flipped-trouble"), problem, { what: rows.length ? "What is shown is from before." : "The calls could not be compared.", retry: refresh })
  if (!answer) return
  rows = answer.results
  if (!rows.some(({ run }) => run === chosen)) chosen = null
  draw(answer.totals)
  const first = chosen ?? rows[0]?.run
  if (first && shown?.row.run !== first) choose(first)
}

function step({ key }) {
  const to = nextRow(rows.findIndex(({ run }) => run === chosen), key, rows.length)
  if (to >= 0) choose(rows[to].run)
}

loadClasses()
bind({ keys: ["j", "ArrowDown"], label: "Next run", run: step })
bind({ keys: ["k", "ArrowUp"], label: "Run before", run: step })
bind({ keys: ["Home", "End"], label: "First or last run", run: step })
find("[data-command=stayed]").addEventListener("click", ({ currentTarget }) => {
  withStayed = !withStayed
  setAttribute(currentTarget, "aria-pressed", String(withStayed))
  drawOne()
})
document.addEventListener("live:job.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
document.addEventListener("waferdeck:display", drawOne)
refresh()
