/** Deploying, as what is to be drawn: what a request will do, how far it is, what a rollback leads to. No DOM. */
import { durationText } from "../shared/formats.js"
import { placeName } from "./registry_state.js"

const STEPS = ["publishing", "loading", "warming", "trying", "active"]
const WORDS = { publishing: "Published", loading: "Loaded", warming: "Warmed up", trying: "Golden images", active: "Judges" }
const DOING = { publishing: "Publishing", loading: "Loading", warming: "Warming up", trying: "Trying golden images", active: "Judges" }
const OVER = new Set(["active", "draining", "retired"])
const UNDER_WAY = new Set(STEPS.slice(0, -1))
const STATE_WORDS = { ...DOING, active: "Judges", draining: "Warm", retired: "Gone", failed: "Failed" }

export const isUnderWay = ({ state }) => UNDER_WAY.has(state)

/** How a deployment is, in a word. */
export function stateWord({ state, leaves }) {
  return leaves ? "Leaves when it has drained" : STATE_WORDS[state] ?? state
}

/** @returns {{recipe: string, tool: string, product: string}} of a form or of a route */
export const placeOf = ({ recipe = "", tool = "", product = "" }) => ({ recipe, tool, product })

const isSame = (one, other) => one.recipe === other.recipe && one.tool === other.tool && one.product === other.product

/** The route of exactly this place. */
export const routeAt = (routes, place) => routes.find((route) => isSame(route, place)) ?? null

/** Steps of the last bringing: [{word, state: done|doing|waiting|refused, took}]; took as text, empty while unknown. */
export function stepsOf({ state, steps = [] }) {
  const begin = steps.map((step) => step.state).lastIndexOf("publishing")
  const taken = begin < 0 ? [] : steps.slice(begin)
  const reached = OVER.has(state) ? STEPS.length : STEPS.indexOf(state === "failed" ? taken.at(-2)?.state ?? "publishing" : state)
  const isIdle = state !== "active" && OVER.has(state)
  return STEPS.map((name, at) => ({
    word: name === "active" && isIdle ? "Ready" : at === reached && state !== "failed" ? DOING[name] : WORDS[name],
    state: at < reached ? "done" : at > reached ? "waiting" : state === "failed" ? "refused" : "doing",
    took: tookOf(taken, name),
  }))
}

function tookOf(taken, name) {
  if (name === "active") return ""
  const at = taken.findLastIndex((step) => step.state === name)
  const next = at < 0 ? null : taken[at + 1]
  return next ? durationText(Date.parse(next.at) - Date.parse(taken[at].at)) : ""
}

/** What pressing the button will do, in sentences. @param {{model: string, version: ?object, place: object, slot: string, status: object}} request */
export function effectTexts({ model, version, place, slot, status }) {
  if (!version) return ["Choose a version."]
  const route = routeAt(status.routes, place)
  const held = slot === "champion" ? route?.champion : route?.fallback
  const loaded = status.versions.find((row) => row.version === version.version && OVER.has(row.state))
  const name = `${model} ${version.version}`
  if (held === version.version) return [`${name} ${slot === "champion" ? "judges" : "stands in for"} ${placeName(place)} already. Nothing changes.`]
  const will = slot === "champion" ? `${name} will judge ${placeName(place)}.` : `${name} will stand in for the champion of ${placeName(place)} while Triton does not serve it.`
  return [
    will,
    loaded ? "It is loaded: it takes its place at once." : `It is loaded, warmed up and held against its golden images first. Until then ${held ?? "what judges now"} goes on; if it fails, nothing changes.`,
    afterText({ held, slot, place, route }),
    warningOf(version),
  ].filter(Boolean)
}

function afterText({ held, slot, place, route }) {
  if (held) return `${held} stays warm for up to 24 h, for a way back in a moment.`
  if (slot === "champion" && !route && placeName(place) !== "everything") return "The place gets a route of its own; wider routes stay as they are."
  return ""
}

/** What speaks against a version, or "". */
export function warningOf({ status }) {
  return status === "candidate" ? "It is a candidate: no validation has passed its gates yet." : ""
}

export const mayBeDeployed = ({ status }) => status === "candidate" || status === "validated"

/** What a rollback of a place leads to: {word, text, version}, or null. */
export function backOf(route, slot = "champion") {
  const before = route[`${slot}_before`]
  if (!before) return null
  if (!mayBeDeployed(before)) return { version: before.version, isOpen: false, text: `${before.version} was before, and is ${before.status}.` }
  return { version: before.version, isOpen: true, text: before.is_warm ? "warm: in a moment" : "to be loaded first" }
}

const FIELDS = ["instances", "max_queue_delay_us", "max_queue_size"]

/** @returns {{body: object, errors: object}} of the form's texts; `errors` by field */
export function configBody(values, config) {
  const errors = {}
  const body = { seen_revision: config.revision }
  for (const name of FIELDS) {
    const number = Number(values[name])
    if (!/^\d+$/.test(values[name].trim())) errors[name] = "A whole number."
    else body[name] = number
  }
  const sizes = values.preferred_batches.split(/[\s,;]+/).filter(Boolean)
  if (sizes.some((size) => !/^\d+$/.test(size) || Number(size) < 1 || Number(size) > config.max_batch)) errors.preferred_batches = `Whole numbers from 1 to ${config.max_batch}, or nothing.`
  body.preferred_batches = sizes.map(Number)
  if (values.reason.trim()) body.reason = values.reason.trim()
  return { body, errors }
}

/** What a configuration did to the speed: [{word, before, after, change}] of a version, or []. */
export function measuredRows(measured) {
  const { before, after } = measured ?? {}
  if (!before || !after) return []
  const row = (word, key, text) => ({ word, before: text(before[key]), after: text(after[key]), change: changeText(before[key], after[key]) })
  return [row("One caller", "alone_ms", durationText), row("Four callers, median", "p50_ms", durationText), row("Four callers, P95", "p95_ms", durationText), row("Tiles a second", "tiles_per_s", (value) => value.toFixed(1))]
}

function changeText(before, after) {
  const change = before ? Math.round((after / before - 1) * 100) : 0
  return change === 0 ? "the same" : `${change > 0 ? "+" : "−"}${Math.abs(change)} %`
}
