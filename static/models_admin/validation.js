/** One validation: followed while a worker measures, then its report. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { plotPanel } from "../shared/plots.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { plotsOf } from "./validation_plots.js"
import { progressOf, standingOf } from "./validation_state.js"
import { drawBeside, drawClasses, drawConfusion, drawFacts, drawFlips, drawVerdict, nameOf } from "./validation_view.js"

const SETTLE_MS = 300
const FOLLOW_MS = 2000
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
let validation = JSON.parse(find("#validation").textContent)
const path = `validations/${validation.id}/`
let isDrawn = false
let following = null

const isUnderWay = () => ["queued", "running"].includes(validation.state)

function drawStanding() {
  const { word, kind } = standingOf(validation)
  find("#standing").replaceChildren(h("span", { class: `band band--${kind}` }, word), h("span", {}, "on ", h("a", { href: "/golden-sets/" }, validation.golden_set.name), " · asked for ", ageElement(validation.requested_at), ` ago by ${accountName(validation.requested_by)}`))
  find("#cancel-command")?.toggleAttribute("hidden", !isUnderWay())
  find("#again-command")?.toggleAttribute("hidden", isUnderWay())
  find("#pdf-command").toggleAttribute("hidden", !validation.report)
  find("#json-command").toggleAttribute("hidden", !validation.report)
}

function drawWay() {
  const place = find("#way")
  place.hidden = Boolean(validation.report)
  if (validation.report) return
  if (!isUnderWay()) {
    const isFailed = validation.state === "failed"
    place.replaceChildren(h("div", { class: "empty" }, icon(isFailed ? "octagon-alert" : "circle-slash", "large"), h("h2", {}, isFailed ? "It came to nothing" : "It was cancelled"), h("p", {}, isFailed ? validation.error.detail : "Nothing was measured, and nothing has changed."), h("p", {}, known.mayValidate ? "It can be asked for again." : "A model engineer can ask for it again.")))
    return
  }
  if (!place.querySelector("progress")) place.replaceChildren(h("h2", {}, "Being measured"), h("progress", { class: "progress", max: 1, "aria-label": "How far it is" }), h("p", { class: "muted", role: "status" }))
  const { words, share } = progressOf(validation)
  const bar = place.querySelector("progress")
  if (share === null) bar.removeAttribute("value")
  else bar.value = share
  setText(place.querySelector("p"), `${words} This page can be left; the worker goes on.`)
}

function drawReport() {
  const { report } = validation
  find("#report").hidden = !report
  if (!report || isDrawn) return
  isDrawn = true
  drawVerdict(report)
  drawBeside(report)
  drawClasses(report)
  drawConfusion(report, "version")
  drawFlips(report)
  drawFacts(report)
  const plots = find("#plots")
  plots.replaceChildren(...plotsOf(report, nameOf).map((plot) => plotPanel(plot, { address: plots.dataset.plotly })))
  find("#confusion-sides").hidden = !report.champion
}

for (const button of document.querySelectorAll("#confusion-sides button")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("#confusion-sides button")) other.setAttribute("aria-pressed", String(other === button))
    drawConfusion(validation.report, button.value)
  })
}

function draw() {
  drawStanding()
  drawWay()
  drawReport()
  clearTimeout(following)
  if (isUnderWay()) following = setTimeout(refresh, FOLLOW_MS)
}

async function refresh() {
  clearTimeout(following)
  if (validation.report) return
  const [answer, problem] = await outcome(getJson(path))
  showTrouble(find("#validation-trouble"), problem, { what: "How far it is could not be asked.", retry: refresh })
  if (answer) validation = answer
  if (answer) draw()
  else following = setTimeout(refresh, FOLLOW_MS)
}

find("#cancel-command")?.addEventListener("click", async () => {
  const [, problem] = await outcome(postJson(`${path}cancel/`))
  if (problem) toast(problem.message, { level: "warn" })
  await refresh()
})
find("#again-command")?.addEventListener("click", async () => {
  const { model, version, golden_set: golden, reading } = validation
  const [answer, problem] = await outcome(postJson(`models/${model}/validate/`, { version, golden_set: golden.id, reading }))
  if (problem) toast(problem.message, { level: "warn" })
  else location.href = `/validations/${answer.id}/`
})
document.addEventListener("live:validation.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
draw()
