/** One training run: how far it is, its curves and its log as they grow, then before and after. */
import { ageElement } from "../shared/ages.js"
import { confirmed } from "../shared/confirm.js"
import { h, icon, setText } from "../shared/dom.js"
import { durationText } from "../shared/formats.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { CurvePlot } from "./curve_plot.js"
import { LogView } from "./log_view.js"
import { statusOf } from "./registry_state.js"
import { drawBeside } from "./training_beside.js"
import { canResume, curvesOf, isMoving, leftSeconds, leftText, settingsText, stateOf } from "./training_state.js"

const SETTLE_MS = 400
const FOLLOW_MS = 4000
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
let run = JSON.parse(find("#run").textContent)
let curve = { loss: [], metrics: [] }
let following = null
const path = `training/${run.id}/`
const address = find("#curves").dataset.plotly
const plots = { metrics: new CurvePlot("mAP50 on pictures it does not learn from", { address }), loss: new CurvePlot("Loss", { address }) }
find("#curves").append(plots.metrics.element, plots.loss.element)
const log = new LogView(find("#log"), { path: `${path}log/` })

function drawStanding() {
  const { word, kind, share, note } = stateOf(run)
  const sign = find("#standing .band")
  sign.className = `band band--${kind}`
  setText(sign, word)
  setText(find("#standing-note"), [note, leftText(leftSeconds(run, curve.loss))].filter(Boolean).join(", "))
  const bar = find("#standing progress")
  bar.hidden = !isMoving(run)
  if (share === null) bar.removeAttribute("value")
  else bar.value = share
  find("#no-trainer").hidden = !(run.state === "queued" && known.isTrainerAlive === false)
  const failed = find("#failed")
  failed.hidden = run.state !== "failed"
  if (run.error) setText(failed.querySelector("p"), run.error.detail)
  for (const [selector, isShown] of [["#cancel", isMoving(run) && !run.is_cancel_asked], ["#resume", canResume(run)]]) {
    const button = find(selector)
    if (button) button.hidden = !isShown
  }
}

function drawFacts() {
  const { base, dataset_label: label, dataset_sha256: sha256, settings, device, attempt, requested_at: asked, requested_by: by, started_at: started, finished_at: ended } = run
  const took = started && ended ? durationText(Date.parse(ended) - Date.parse(started)) : ""
  const facts = [
    ["Begins with", h("a", { href: `/models/${run.model}/versions/${base}/` }, `${run.model} ${base}`)],
    ["Learns from", [label ? `${label}, ` : "", h("code", { title: sha256 }, `${sha256.slice(0, 12)}…`)]],
    ["Settings", settingsText(settings)], ["Asked for", [ageElement(asked), ` ago by ${accountName(by)}`]],
    ["Ran on", device || "Not begun yet"], ["Took", took], ["Attempts", attempt > 1 ? String(attempt) : ""],
  ].filter(([, value]) => value)
  find("#facts").replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
}

function drawMade() {
  find("#made-panel").hidden = run.made.length === 0
  find("#made").replaceChildren(...run.made.map(({ model, version, precision, status }) => {
    const { word, kind } = statusOf(status)
    return h("li", {}, h("a", { class: "made__link", href: `/models/${model}/versions/${version}/` }, icon("boxes"), h("span", {}, `${version}, ${precision.toUpperCase()}`), h("span", { class: `band band--${kind}` }, word)))
  }))
}

function draw() {
  drawStanding()
  drawFacts()
  drawMade()
  drawBeside(find("#beside"), run.result)
  const curves = curvesOf(curve, run)
  for (const [name, plot] of Object.entries(plots)) plot.show(curves[name])
}

async function refresh() {
  clearTimeout(following)
  const [answers, problem] = await outcome(Promise.all([getJson(path), getJson(`${path}curve/`), log.readOn()]))
  showTrouble(find("#run-trouble"), problem, { what: "How far it is could not be asked.", retry: refresh })
  if (answers) [run, curve] = answers
  draw()
  if (isMoving(run) || problem) following = setTimeout(refresh, FOLLOW_MS)
}

async function act(verb, words) {
  const [answer, problem] = await outcome(postJson(`${path}${verb}/`))
  if (problem) toast(problem.message, { level: "warn" })
  else {
    run = answer
    toast(words)
  }
  refresh()
}

find("#cancel")?.addEventListener("click", async () => {
  if (await confirmed({ title: `Cancel the training of ${run.version}?`, text: "Its log and its last checkpoint stay; it can be resumed for a week.", yes: "Cancel the run" })) act("cancel", "It ends with its next breath.")
})
find("#resume")?.addEventListener("click", () => act("resume", "It goes on from its last checkpoint."))
document.addEventListener("live:training_run.changed", ({ detail }) => { if (!detail?.data || detail.data.id === run.id) refreshSoon() })
const refreshSoon = soon(refresh, SETTLE_MS)
document.addEventListener("live:resync", refresh)
refresh()
