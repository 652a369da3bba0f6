/** What the wafer page shows, without the page: which detections, which one is meant, which image. No DOM. */
import { plural } from "../shared/formats.js"
import { isInField } from "./wafer_geometry.js"

const SEVERITY_ORDER = { critical: 0, major: 1, minor: 2, nuisance: 3 }
export const SORTS = {
  severity: (a, b) => SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] || b.confidence - a.confidence || a.ordinal - b.ordinal,
  score: (a, b) => b.confidence - a.confidence || a.ordinal - b.ordinal,
  size: (a, b) => (b.size_um ?? -1) - (a.size_um ?? -1) || a.ordinal - b.ordinal,
}

export function emptyWafer() {
  return { run: null, byId: new Map(), imageId: null, selectedId: null, hoverId: null, hidden: new Set(), threshold: 0, sort: "severity" }
}

/**
 * The page after a run was loaded. What the person chose stays: classes, threshold, order; and the image and the
 * detection where the run still has them.
 */
export function withRun(state, run) {
  const byId = new Map((run.detections ?? []).map((detection) => [detection.id, detection]))
  const images = run.images ?? []
  const isSameImage = images.some(({ id }) => id === state.imageId)
  const next = { ...state, run, byId, hoverId: null, selectedId: byId.has(state.selectedId) ? state.selectedId : null }
  return { ...next, imageId: isSameImage ? state.imageId : gravest(next)?.image ?? images[0]?.id ?? null }
}

/** The detection to look at first: the most severe, of those the surest. */
export function gravest(state) {
  return [...state.byId.values()].sort(SORTS.severity)[0]
}

/** Detections that the class toggles and the threshold let through, in the order of the strip. */
export function visible(state) {
  return [...state.byId.values()].filter((detection) => isVisible(state, detection)).sort(SORTS[state.sort])
}

function isVisible(state, detection) {
  return detection.confidence >= state.threshold && !state.hidden.has(detection.class_code)
}

export function ofImage(state, imageId = state.imageId) {
  return visible(state).filter((detection) => detection.image === imageId)
}

export function selected(state) {
  return state.byId.get(state.selectedId) ?? null
}

export function hovered(state) {
  return state.byId.get(state.hoverId) ?? null
}

/** Means a detection, and goes to its image. */
export function select(state, id) {
  const detection = state.byId.get(id)
  return { ...state, selectedId: detection ? id : null, imageId: detection?.image ?? state.imageId }
}

export function hover(state, id) {
  return state.hoverId === id ? state : { ...state, hoverId: id }
}

/** The next (1) or previous (-1) detection of the strip; from none, the first or the last. It stops at both ends. */
export function step(state, by) {
  const list = visible(state)
  if (list.length === 0) return state
  const at = list.findIndex(({ id }) => id === state.selectedId)
  const to = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by))
  return select(state, list[to].id)
}

export function stepImage(state, by) {
  const ids = state.run?.images.map(({ id }) => id) ?? []
  const to = Math.min(ids.length - 1, Math.max(0, ids.indexOf(state.imageId) + by))
  return { ...state, imageId: ids[to] ?? state.imageId }
}

export function toggleClass(state, code) {
  const hidden = new Set(state.hidden)
  if (!hidden.delete(code)) hidden.add(code)
  return dropHidden({ ...state, hidden })
}

/** Shows one class alone, or all again when it is alone already. */
export function isolateClass(state, code, codes) {
  const others = codes.filter((other) => other !== code)
  const isAlone = !state.hidden.has(code) && others.every((other) => state.hidden.has(other))
  return dropHidden({ ...state, hidden: new Set(isAlone ? [] : others) })
}

export function withThreshold(state, threshold) {
  return dropHidden({ ...state, threshold: Math.min(1, Math.max(0, threshold)) })
}

function dropHidden(state) {
  const detection = selected(state)
  return detection && !isVisible(state, detection) ? { ...state, selectedId: null } : state
}

/** What is known about a place of the map: what was found in its die, or whether any image shows the place at all. */
export function foundAt(state, { die, place }) {
  const here = [...state.byId.values()].filter((detection) => detection.die && detection.die[0] === die[0] && detection.die[1] === die[1])
  const shown = here.filter((detection) => isVisible(state, detection))
  if (here.length > 0) return shown.length === here.length ? `${here.length} found` : `${shown.length} of ${here.length} found shown`
  if (!state.run) return "not known yet"
  return state.run.images.some((image) => isInField(place, image)) ? "nothing found" : "no image of this place"
}

/** Why the map has no marks of what is shown: the image has no place on the wafer. Empty where it has one. */
export function placelessText({ run, imageId }) {
  const images = run?.images ?? []
  const isPlaced = ({ origin_um: originUm }) => Boolean(originUm)
  const meant = images.find(({ id }) => id === imageId)
  if (!meant || isPlaced(meant)) return ""
  if (images.length > 1 && !images.some(isPlaced)) return "These images have no place on the wafer."
  return "This image has no place on the wafer."
}

/** How many of each class are shown, of how many. */
export function classCounts(state) {
  const counts = new Map()
  for (const detection of state.byId.values()) {
    const count = counts.get(detection.class_code) ?? { shown: 0, total: 0 }
    count.total += 1
    if (isVisible(state, detection)) count.shown += 1
    counts.set(detection.class_code, count)
  }
  return counts
}

/** Whether two answers show the same: the same state, and the same runs with the word about the same images. */
export function isSameAnswer(before, after) {
  const said = (answer) => answer && [answer.state, ...answer.images.map(({ id, run, state }) => `${id} ${run} ${state}`)].join()
  return said(before) === said(after)
}

/** Runs of the wafer, newest first, with what a card told merged in. The same list when it says nothing new. */
export function withCard(history, card) {
  const known = history.find(({ run }) => run === card.run)
  if (known && known.revision >= card.revision) return history
  return [card, ...history.filter(({ run }) => run !== card.run)].sort((a, b) => (a.run < b.run ? 1 : -1))
}

/** What stands in place of the strip while it is empty, or under it while it is cut short; empty when nothing is to be said. */
export function stripNote(state, most) {
  const count = visible(state).length
  if (count > most) return `${plural(count - most, "more defect")}: raise the threshold to see them`
  if (count === 0 && state.byId.size > 0) return "Every defect is hidden: lower the threshold, or show its class again (A shows all)."
  return ""
}

/** How many defects the strip shows; nothing is counted before the first answer. */
export function stripTitle(state) {
  if (!state.run) return "Defects"
  const count = visible(state).length
  return count === state.byId.size ? plural(count, "defect") : `${count} of ${plural(state.byId.size, "defect")}`
}
