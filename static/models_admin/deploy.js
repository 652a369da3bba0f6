/** Deploying a model: what judges where, one click back, what is loaded and how far it is. */
import { ageElement } from "../shared/ages.js"
import { h, icon, setText } from "../shared/dom.js"
import { deleteJson, getJson, outcome, postJson } from "../shared/http.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { ConfigForm } from "./config_form.js"
import { DeployForm } from "./deploy_form.js"
import { backOf, isUnderWay, placeOf, stateWord, stepsOf } from "./deploy_state.js"
import { capital, placeName } from "./registry_state.js"

const SETTLE_MS = 200
const SIGNS = { done: "check", doing: "hourglass", waiting: "circle-dashed", refused: "octagon-alert" }
const find = (selector) => document.querySelector(selector)
const model = JSON.parse(find("#model").textContent)
const { mayDeploy } = JSON.parse(find("#known").textContent)
const path = `models/${model}/`
let status = null
let isBusy = false

const askBack = mayDeploy && reasonAsker(find("#back-reason"), { key: "reasons-roll-back", usual: ["It misses defects", "Too many false alarms", "It is too slow"] })
const askEmpty = mayDeploy && reasonAsker(find("#empty-reason"), { key: "reasons-route", usual: ["The place needs no version of its own", "It is not wanted any more"] })
const deploying = mayDeploy ? new DeployForm(find("#deploy-form"), { model, onAsked: asked }) : null
const configuring = new ConfigForm(find("#config-form"), { model, effect: find("#config-effect"), who: find("#config-who") })

function asked(made) {
  toast(isUnderWay(made) ? `${made.version} is being brought. What judges now goes on until it has proved itself.` : `${made.version} is in its place.`)
  refresh()
}

async function change(request, said) {
  if (isBusy) return
  isBusy = true
  const [answer, problem] = await outcome(request)
  isBusy = false
  toast(problem ? problem.message : said(answer))
  refresh()
}

async function rollBack(route, slot) {
  const back = backOf(route, slot)
  const held = route[slot]
  const reason = await askBack(`Roll ${placeName(route)} back from ${held} to ${back.version}`)
  if (!reason) return
  const began = performance.now()
  change(postJson(`${path}rollback/`, { ...placeOf(route), slot, seen_generation: route.generation, reason }), (made) => isUnderWay(made)
    ? `${made.version} is being loaded again; ${held} goes on until it is there.`
    : `${made.version} ${slot === "champion" ? "judges" : "stands in for"} ${placeName(route)} again, after ${((performance.now() - began) / 1000).toFixed(1)} s.`)
}

async function empty(route, slot) {
  const reason = await askEmpty(slot === "champion" ? `Take the route of ${placeName(route)} away` : `Take the fallback of ${placeName(route)} away`)
  if (!reason) return
  change(deleteJson(`${path}version/`, { ...placeOf(route), slot, seen_generation: route.generation, reason }), () => slot === "champion" ? `Images of ${placeName(route)} go by the next wider route.` : "It has no fallback now.")
}

function slotCell(route, slot) {
  const back = backOf(route, slot)
  return h("td", {}, h("div", { class: "deploy__slot" },
    route[slot] ? h("b", {}, route[slot]) : h("span", { class: "muted" }, "Nobody"),
    mayDeploy && back?.isOpen && h("button", { class: "button", type: "button", onclick: () => rollBack(route, slot), title: back.text }, icon("undo-2", "small"), `Back to ${back.version}`),
    back && !back.isOpen && h("small", { class: "muted" }, back.text),
    slot === "fallback" && mayDeploy && route.fallback && h("button", { class: "button button--quiet", type: "button", onclick: () => empty(route, slot), "aria-label": `Take the fallback of ${placeName(route)} away` }, icon("x", "small"), "Take away")))
}

function routeRow(route) {
  const isWidest = placeName(route) === "everything"
  return h("tr", {}, h("td", {}, capital(placeName(route)), isWidest && status.routes.length > 1 ? " else" : ""),
    slotCell(route, "champion"), slotCell(route, "fallback"), h("td", {}, ageElement(route.changed_at)),
    h("td", {}, mayDeploy && !isWidest && h("button", { class: "button button--icon button--quiet", type: "button", onclick: () => empty(route, "champion"), "aria-label": `Take the route of ${placeName(route)} away`, title: "Take the route away" }, icon("x"))))
}

function placesText(row) {
  if (row.places.length) return row.places.map((place) => `${place.slot === "champion" ? "judges" : "stands in for"} ${placeName(place)}`).join(", ")
  if (row.asked_for.length) return `for ${row.asked_for.map(placeName).join(", ")}`
  return row.state === "failed" ? "" : "judges nothing"
}

function heldRow(row) {
  const isIdle = row.state === "draining" && row.places.length === 0
  const said = row.ready === false && !isUnderWay(row) && row.state !== "failed" ? "Triton does not have it ready; it is loaded again" : capital(row.places.length ? placesText(row) : [stateWord(row), placesText(row)].filter(Boolean).join(", "))
  return h("li", { class: "held-versions__row" },
    h("span", { class: "held-versions__name" }, h("b", {}, row.version), h("small", { class: "muted" }, row.config_revision ? `configuration ${row.config_revision}` : "configuration of the settings")),
    isUnderWay(row) || row.state === "failed" ? stepList(row) : h("span", {}, said, h("small", { class: "muted" }, " · ", ageElement(row.changed_at), ` · asked for by ${accountName(row.requested_by)}`)),
    mayDeploy && isIdle && !row.leaves ? h("button", { class: "button", type: "button", onclick: () => unload(row) }, icon("unplug", "small"), "Unload") : h("span", {}),
    row.error && h("p", { class: "held-versions__error" }, icon("octagon-alert", "small"), row.error))
}

function stepList(row) {
  return h("ol", { class: "steps", "aria-label": `Steps of ${row.version}` }, stepsOf(row).map(({ word, state, took }) => h("li", { "data-state": state }, icon(SIGNS[state], "small"), word, took && h("small", {}, took))))
}

function unload(row) {
  change(deleteJson(`${path}unload/`, { version: row.version }), () => `${row.version} leaves in 30 s, when nobody can be on the way to it.`)
}

function draw() {
  find("#routes").replaceChildren(...status.routes.map(routeRow))
  find("#routes").closest("div").hidden = status.routes.length === 0
  find("#routes-none").hidden = status.routes.length > 0
  find("#held").replaceChildren(...status.versions.map(heldRow))
  find("#held-none").hidden = status.versions.length > 0
  setText(find("#held-note"), status.triton === "ready" ? "Loaded versions answer at once; two that judged before stay warm, for 24\u00a0h." : "Triton does not answer: what it holds is not known. What is asked for now waits for it.")
  const widest = status.routes.find((route) => placeName(route) === "everything")
  const button = find("#back-all")
  if (!button) return
  button.hidden = !(widest && backOf(widest)?.isOpen)
  button.onclick = () => rollBack(widest, "champion")
}

async function refresh() {
  const [answer, problem] = await outcome(getJson(`${path}status/`))
  showTrouble(find("#deploy-trouble"), problem, { what: status ? "What stands below is from before." : "Who judges could not be asked.", safe: "What judges goes on.", retry: refresh })
  if (!answer) return
  status = answer
  draw()
  deploying?.know(status)
}

find("#choose")?.addEventListener("click", () => deploying.focus())
const again = soon(refresh, SETTLE_MS)
for (const event of ["deployment.changed", "route.flipped"]) document.addEventListener(`live:${event}`, again)
for (const event of ["deployment.changed", "serving_config.changed"]) document.addEventListener(`live:${event}`, soon(() => configuring.refresh(), SETTLE_MS))
document.addEventListener("live:resync", () => { refresh(); configuring.refresh() })
refresh()
configuring.refresh()
