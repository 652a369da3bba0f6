/** One data set: followed while it is built; then its figures, plots, files, and what differs from another. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setText } from "../shared/dom.js"
import { bytesText, momentText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { plotPanel } from "../shared/plots.js"
import { accountName, classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { DiffPanel } from "./dataset_diff.js"
import { ExportTable } from "./dataset_exports.js"
import { exportPath, figuresOf, leakOf, plotsOf, trainCommand } from "./dataset_state.js"
import { chosenText, stateOf } from "./datasets_state.js"

const SETTLE_MS = 300
const FOLLOW_MS = 1500
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
let dataset = JSON.parse(find("#dataset").textContent)
let isCounted = false
let following = null
loadClasses()

const nameOf = (code) => classNamed(code).name
const files = new ExportTable(find("#exports"), { id: dataset.id, mayExport: known.mayExport, onAsked: () => refresh() })
const diff = new DiffPanel(find("#diff-panel"), { dataset })

function drawBuilding() {
  const place = find("#building")
  const { word, kind, share } = stateOf(dataset)
  place.hidden = kind === "ready"
  if (kind === "ready") return
  if (kind === "failed") {
    place.replaceChildren(h("div", { class: "empty" }, icon("octagon-alert", "large"), h("h2", {}, "It could not be built"), h("p", {}, dataset.error?.detail ?? ""),
      h("p", {}, known.mayFreeze ? "To freeze the same choice under the same code again tries once more." : "A lead or a model engineer can freeze it again."), h("p", { class: "row" }, h("a", { class: "button button--primary", href: "/datasets/" }, "All data sets"))))
    return
  }
  if (!place.querySelector("progress")) place.replaceChildren(h("h2", {}, "Being built"), h("progress", { class: "progress", max: 1, "aria-label": "How far it is" }), h("p", { class: "muted" }))
  const bar = place.querySelector("progress")
  if (share === null) bar.removeAttribute("value")
  else bar.value = share
  setText(place.querySelector("p"), `${word}. It can be left; workers go on, and what is decided meanwhile belongs to the next data set.`)
}

function drawReady() {
  find("#ready").hidden = dataset.state !== "ready"
  if (dataset.state !== "ready") return
  const { sha256, code, id } = dataset
  setText(find("#digest"), sha256)
  for (const selector of ["#digest-copy", "#copy-command"]) copies(find(selector), sha256, "the digest")
  const name = `${code}-jsonl.jsonl`
  const check = `echo '${sha256}  ${name}' | sha256sum -c`
  setText(find("#check-command"), check)
  copies(find("#check-copy"), check, "the command")
  const curl = `curl -C - -H "Authorization: Token $TOKEN" \\\n  -o '${code}-coco.json' '${location.origin}${exportPath(id, "coco", false)}'`
  setText(find("#curl-command"), curl)
  copies(find("#curl-copy"), curl, "the command")
  for (const link of document.querySelectorAll("#train, #train-command-link")) link.href = `/training/?${new URLSearchParams({ dataset: sha256, label: code })}`
  const train = trainCommand(code)
  setText(find("#train-command"), train)
  copies(find("#train-copy"), train, "the command")
  files.draw(dataset.exports)
}

function copies(button, text, what) {
  button.dataset.copy = text
  button.dataset.what = what
}

function drawFacts(counts) {
  const { selection, seed, shares, created_by: by, created_at: at, bytes } = dataset
  find("#figures").replaceChildren(...figuresOf(counts).map(([value, words, level]) => h("div", { class: "figure", "data-level": level }, h("b", {}, value), h("span", {}, words))))
  const facts = [
    ["Holds", chosenText(selection, (code) => nameOf(code).toLowerCase(), momentText)],
    ["Shares", `${shares.map((share) => Math.round(share * 100)).join(" · ")} %, seed ${seed}`],
    ["Frozen", [ageElement(at), ` ago by ${accountName(by)}`]],
    ["Manifest", bytesText(bytes)],
  ]
  find("#facts").replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
  find("#leak").hidden = false
  setText(find("#leak p"), leakOf(counts).words)
  const place = find("#plots")
  place.replaceChildren(...plotsOf(counts, { nameOf, code: dataset.code }).map((plot) => plotPanel(plot, { address: place.dataset.plotly })))
}

async function count() {
  if (isCounted || dataset.state !== "ready") return
  const [[answer, problem], [others]] = await Promise.all([outcome(getJson(`datasets/${dataset.id}/statistics/`)), outcome(getJson("datasets/?limit=100"))])
  showTrouble(find("#dataset-trouble"), problem, { what: "What it holds could not be loaded.", retry: count })
  if (others) diff.offer(others.results.filter(({ id, state, site }) => id !== dataset.id && state === "ready" && site === dataset.site))
  if (!answer) return
  isCounted = true
  drawFacts(answer.statistics)
}

async function refresh() {
  clearTimeout(following)
  const [answer, problem] = await outcome(getJson(`datasets/${dataset.id}/`))
  showTrouble(find("#dataset-trouble"), problem, { what: "How far it is could not be asked.", retry: refresh })
  if (answer) dataset = answer
  draw()
}

function draw() {
  drawBuilding()
  drawReady()
  count()
  const isMoving = dataset.state === "building" || dataset.exports.some(({ state }) => state === "building")
  clearTimeout(following)
  if (isMoving) following = setTimeout(refresh, FOLLOW_MS)
}

function goTo(panel, focus) {
  find(panel).scrollIntoView({ block: "start" })
  find(focus)?.focus({ preventScroll: true })
}
find("#go-files").addEventListener("click", () => goTo("#exports-panel", "#exports a, #exports button"))
find("#go-diff").addEventListener("click", () => goTo("#diff-panel", "#diff-other"))
document.addEventListener("live:dataset.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
draw()
