/** What a deployment, a recipe version, a tool or a time has touched: the question, and how answers are put in words. */
import { countText, plural } from "../shared/formats.js"
import { placeName } from "../models_admin/registry_state.js"

const NAMES = ["recipe_version", "tool", "since", "until"]
const TIMES = ["since", "until"]
const STATES = { publishing: "is being loaded", loading: "is being loaded", warming: "is being loaded", active: "serves", draining: "is loaded, for a quick way back", retired: "was taken off the server", failed: "failed" }
export const MOST_RERUNS = 500

/** What the address asks for; times as fields have them. @returns {Record<string, string>} */
export function askedIn(search) {
  const query = new URLSearchParams(search)
  return Object.fromEntries(NAMES.filter((name) => query.get(name)).map((name) => [name, query.get(name)]))
}

/** The question to the API: times in UTC; null where nothing narrows it. */
export function questionOf(filters, deployment) {
  const query = new URLSearchParams()
  if (deployment) query.set("deployment", deployment)
  for (const name of NAMES) {
    const value = filters[name]
    if (!value) continue
    const time = TIMES.includes(name) ? new Date(value) : null
    if (time && Number.isNaN(time.getTime())) continue
    query.set(name, time ? time.toISOString() : value)
  }
  return query.size ? query : null
}

/** The body that has them judged again. */
export function rerunBody(question, { model, version }) {
  const { deployment, recipe_version: recipe, ...rest } = Object.fromEntries(question)
  return { ...rest, ...(deployment && { deployment: Number(deployment) }), ...(recipe && { recipe_version: Number(recipe) }), model, version }
}

/** Versions that may judge again: those of its model but itself, else all: [{value, label, model, version}]. */
export function choices(loaded, deployment) {
  const others = loaded.filter(({ model, version }) => !deployment || (model === deployment.model && version !== deployment.version))
  return others.map(({ model, version }) => ({ value: `${model} ${version}`, label: deployment ? version : `${model} ${version}`, model, version }))
}

export const stateText = (state) => STATES[state] ?? state

/** A count that may be of a part only. */
const most = (count, isAll) => (isAll ? countText(count) : `> ${countText(count)}`)

/** The sums as figures: [value, words, level]. */
export function figuresOf(sums) {
  const { runs, wafers, lots, detections, by_band: bands, on_hold: held, degraded, is_all: isAll } = sums
  return [
    [most(wafers, isAll), wafers === 1 ? "wafer" : "wafers"], [most(lots, isAll), lots === 1 ? "lot" : "lots"], [most(runs, isAll), runs === 1 ? "run" : "runs"],
    [most(detections, isAll), "calls"], [most(bands.reject, isAll), "to reject", bands.reject ? "alarm" : ""], [most(bands.review, isAll), "for review", bands.review ? "warn" : ""],
    [countText(held), held === 1 ? "wafer on hold" : "wafers on hold", held ? "warn" : ""], ...(degraded ? [[countText(degraded), degraded === 1 ? "run by the fallback" : "runs by the fallback", "warn"]] : []),
  ]
}

/** What there is to say beside the sums; empty where nothing is. */
export function sumsNote({ is_all: isAll, runs, by_class: classes }, nameOf) {
  const named = Object.entries(classes).map(([code, count]) => `${nameOf(code)} ${countText(count)}`).join(" · ")
  return [named && `By class: ${named}.`, !isAll && `Counted over the newest ${countText(runs)} runs; there are more. The CSV has up to 100\u202f000.`].filter(Boolean).join(" ")
}

/** Whether these runs still have the word about a wafer: [word, level]. */
export function standsText({ images, images_standing: standing }) {
  if (standing === 0) return ["Judged anew since", "muted"]
  return standing < images ? [`${standing} of ${plural(images, "image")}`, ""] : ["Yes", ""]
}

/** Where a deployment serves, or served, in a line. */
export function servedText({ tenures, places, steps }, { nameOf, timeOf }) {
  const held = places.map((place) => `${place.slot} of ${nameOf(place)} since ${timeOf(place.since)}`)
  const times = plural(tenures.length, "time")
  const served = held.length ? `It is ${held.join(", ")}` : tenures.length ? `It held a place ${times}, until ${timeOf(tenures[0].until)}` : "It never held a place"
  return `${served} · ${plural(steps.length, "step")}`
}

/** What one step of a deployment was, in words. */
export function stepText({ action, state, slot, error, reason, loaded_again: isLoadedAgain, ...place }) {
  const why = reason ? ` “${reason}”` : ""
  if (slot) return `${action === "deployment.roll_back" ? "Rolled back to" : "Asked for"} as ${slot} of ${placeName(place)}${why}`
  if (state) return `${state[0].toUpperCase()}${state.slice(1)}${error ? `: ${error}` : ""}${why}`
  if (isLoadedAgain) return "Loaded again: the server had lost it"
  if (action === "deployment.change" && !error) return "Waits no more"
  return error ? `Waits: ${error}` : `${action.replace("deployment.", "").replaceAll("_", " ")}${why}`
}
