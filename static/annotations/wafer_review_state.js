/**
 * A whole wafer under review: what was found, what of it is in sight, and what is chosen. No DOM.
 *
 * A word is {verdict, class_code?}. An item is a row of `review/wafers/{id}/items/`; it is known by the key of its task.
 */
import { grouped } from "./decided_state.js"

export const SHOWS = ["open", "decided", "all"]
const NUISANCE = "nuisance"
const LOCKED = new Set(["validated", "accepted"])
const BANDS = ["reject", "review", "accept"]

/** @param {{classes: object[], me: string}} known */
export function emptyWhole({ classes, me }) {
  return {
    classes, me, items: new Map(), images: new Map(), layer: null, layers: [], isMore: false, show: "open", chosen: new Set(), focus: null, anchor: null,
    // Null before the first answer.
    order: null,
    // By item: {word, edits}, what I said and how many edits about it are on their way; a word of null: taken back.
    pending: new Map(),
    // By item, why it stays.
    problems: new Map(),
    // Bulks that can be taken back, each of parts {seq, ids}; and parts that are being taken back, by seq.
    trail: [], undone: new Map(),
  }
}

/** What the server says is there now. What is chosen, and on its way, stays. */
export function withAnswer(state, { items, images, layer, layers, is_more: isMore }) {
  const all = new Map(items.map((item) => [item.task, newer(state.items.get(item.task), item)]))
  const chosen = new Set([...state.chosen].filter((id) => all.has(id)))
  const problems = new Map([...state.problems].filter(([id]) => all.has(id)))
  const next = { ...state, items: all, order: items.map(({ task }) => task), images: new Map(images.map((image) => [image.id, image])), layer, layers, isMore, chosen, problems }
  return withFocus(next)
}

/** An answer that was on its way while somebody's word came says less than is known. */
function newer(known, item) {
  return known && known.revision > item.revision ? known : item
}

/** The focus on something that is in sight. */
export function withFocus(state) {
  const all = inSight(state)
  return all.includes(state.focus) ? state : { ...state, focus: all[0] ?? null }
}

/** What it is by the last word about it, mine that is on its way among them: a class, or a nuisance. */
export function finalOf(state, item) {
  const word = state.pending.get(item.task)?.word ?? item.said
  return word?.verdict === NUISANCE ? NUISANCE : word?.class_code ?? item.class_code
}

/** Whether a word was said that counts, or of which one knows oneself. */
export function isSaid(state, item) {
  if (state.pending.has(item.task)) return state.pending.get(item.task).word !== null
  return item.state !== "open" || Boolean(item.said && item.said.verdict !== "withdrawn")
}

const known = new WeakMap()

/** What is shown, by class as the site has them, nuisances last, in each the gravest first. @returns {{key: string, ids: string[]}[]} */
export function groups(state) {
  if (!known.has(state)) known.set(state, sorted(state))
  return known.get(state)
}

function sorted(state) {
  const shown = (state.order ?? []).filter((id) => isShown(state, state.items.get(id)))
  const by = grouped(shown, (id) => finalOf(state, state.items.get(id)))
  const codes = state.classes.map(({ code }) => code)
  const others = [...by.keys()].filter((key) => key !== NUISANCE && !codes.includes(key))
  return [...codes, ...others, NUISANCE].filter((key) => by.has(key)).map((key) => ({ key, ids: by.get(key) }))
}

export function inSight(state) {
  return groups(state).flatMap(({ ids }) => ids)
}

/** What was refused is in sight, whatever is shown. */
function isShown(state, item) {
  if (state.show === "all" || state.problems.has(item.task)) return true
  return isSaid(state, item) === (state.show === "decided")
}

export function withShow(state, show) {
  const next = { ...state, show, anchor: null }
  const seen = new Set(inSight(next))
  return withFocus({ ...next, chosen: new Set([...state.chosen].filter((id) => seen.has(id))) })
}

export function counts(state) {
  const said = (state.order ?? []).filter((id) => isSaid(state, state.items.get(id))).length
  const all = state.order?.length ?? 0
  return { open: all - said, decided: said, all }
}

// Choosing ------------------------------------------------------------------------------------------------------------

/** Whether a word may be said of it: what is closed is for a lead to open, what others hold is theirs. */
export function isPickable(state, id) {
  const item = state.items.get(id)
  return Boolean(item) && !LOCKED.has(item.state) && !item.is_taken
}

/** Whether anything can be on the map: of some images nobody knows where on the wafer they are. */
export function isOnMap(state) {
  return [...state.images.values()].some(({ origin_um: originUm }) => Boolean(originUm))
}

/** What a word is about now: what is chosen, or where nothing is, what has the focus. */
export function meant(state) {
  const chosen = inSight(state).filter((id) => state.chosen.has(id) && isPickable(state, id))
  if (chosen.length || state.chosen.size) return chosen
  return state.focus && isPickable(state, state.focus) ? [state.focus] : []
}

/** One in or out: without a second key, as a glove does it. A range begins there. */
export function pick(state, id) {
  return withAll({ ...state, focus: id, anchor: id }, [id], !state.chosen.has(id))
}

/** All from where the last was chosen to here. */
export function pickTo(state, id) {
  const all = inSight(state)
  const [from, to] = [all.indexOf(state.anchor), all.indexOf(id)]
  if (from < 0 || to < 0) return pick(state, id)
  return { ...withAll(state, all.slice(Math.min(from, to), Math.max(from, to) + 1), true), focus: id }
}

/** All of these in, or where all are in already, out; with `isOnly` nothing else. */
export function pickAll(state, ids, { isOnly = false } = {}) {
  const seen = new Set(inSight(state))
  const may = ids.filter((id) => seen.has(id) && isPickable(state, id))
  if (isOnly) return { ...state, chosen: new Set(may) }
  return withAll(state, may, !may.every((id) => state.chosen.has(id)))
}

function withAll(state, ids, isIn) {
  const chosen = new Set(state.chosen)
  for (const id of ids) isIn && isPickable(state, id) ? chosen.add(id) : chosen.delete(id)
  return { ...state, chosen }
}

/** All of the class and band of the one that has the focus. */
export function pickLike(state) {
  const like = state.items.get(state.focus)
  if (!like) return state
  const isLike = (item) => item.band === like.band && finalOf(state, item) === finalOf(state, like)
  return pickAll(state, inSight(state).filter((id) => isLike(state.items.get(id))), { isOnly: true })
}

/** Lets go of what is chosen, and of what was refused. */
export function letGo(state) {
  return withFocus({ ...state, chosen: new Set(), anchor: null, problems: new Map() })
}

/** Of what is in sight what there is of each class and band, and how many of it are chosen. @returns {{classes: object[], bands: object[]}} */
export function chips(state) {
  const chip = ({ key, ids }) => ({ key, ids, chosen: ids.filter((id) => state.chosen.has(id)).length })
  const byBand = grouped(inSight(state), (id) => state.items.get(id).band)
  return { classes: groups(state).map(chip), bands: BANDS.filter((band) => byBand.has(band)).map((key) => chip({ key, ids: byBand.get(key) })) }
}

/** The focus goes on by so many; it stays at the ends. */
export function step(state, by, { isMore = false } = {}) {
  const all = inSight(state)
  const at = all.indexOf(state.focus)
  const id = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]
  if (!id) return state
  return isMore ? pickTo(state.anchor ? state : { ...state, anchor: state.focus }, id) : { ...state, focus: id, anchor: id }
}
