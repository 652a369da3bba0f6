/** The way from wafer to wafer: where it leads along, and which are the ones beside this. No DOM. */
import { asStanding } from "./standing.js"
import { cleanFilters, levelOf, matches } from "./wall_state.js"

/**
 * What somebody goes along who has opened a wafer: the wall or the list they came from, with its filters. Who stepped here
 * from another wafer stays on their way; who came from elsewhere goes along the whole wall.
 *
 * @param {{referrer: string, known: {path?: string, search?: string}, wall: string, list: string, origin: string}} where
 *   known: the way of the page before; wall, list: their paths
 * @returns {{path: string, search: string}}
 */
export function wayFrom({ referrer, known, wall, list, origin }) {
  const from = URL.canParse(referrer) ? new URL(referrer) : null
  if (from?.origin === origin) {
    if (from.pathname === wall || from.pathname === list) return { path: from.pathname, search: withoutParts(from.searchParams) }
    if (from.pathname.startsWith(list) && known.path) return known
  }
  return { path: wall, search: "" }
}

/** A list's query without what only says how it is asked for. */
function withoutParts(query) {
  for (const name of ["go", "part"]) query.delete(name)
  return query.size ? `?${query}` : ""
}

/** What the wafers of a way have in common: after "Next wafer", and after "3 of 17". */
export function waysWords(way, list) {
  if (way.path === list) return { whose: "of the list", which: "in the list" }
  if (new URLSearchParams(way.search).get("band")) return { whose: "of this kind on the wall", which: "on the wall" }
  return { whose: "that needs a person", which: "needing a person" }
}

/**
 * The wafers of the wall, newest first, each once. Meant are those that need a person, or those of the band that is asked for.
 *
 * @returns {{id: string, url: string, isMeant: boolean}[]}
 */
export function ofWall(cards, filters) {
  const { tool, product, band } = cleanFilters(filters)
  const shown = cards.map(asStanding).filter((card) => matches(card, { tool, product, band: "" }))
  const isMeant = (card) => (band ? matches(card, { tool, product, band }) : levelOf(card) === "alarm")
  const wafers = new Map()
  for (const card of shown) {
    const { id } = card.wafer
    wafers.set(id, { id, url: card.url, isMeant: Boolean(wafers.get(id)?.isMeant) || isMeant(card) })
  }
  return [...wafers.values()]
}

/**
 * The meant wafers beside one, which need not be among them itself.
 *
 * @returns {{previous: ?object, next: ?object, place: number, count: number}} place: from 1 among those meant; 0: it is none
 */
export function beside(wafers, id) {
  const at = wafers.findIndex((wafer) => wafer.id === id)
  const meant = wafers.filter(({ isMeant }) => isMeant)
  return {
    previous: wafers.slice(0, Math.max(0, at)).findLast(({ isMeant }) => isMeant) ?? null,
    next: wafers.slice(at + 1).find(({ isMeant }) => isMeant) ?? null,
    place: meant.findIndex((wafer) => wafer.id === id) + 1,
    count: meant.length,
  }
}

/** Beside one as on the wall, where the first comes after the last. */
export function around(wafers, id) {
  const found = beside(wafers, id)
  const others = wafers.filter((wafer) => wafer.isMeant && wafer.id !== id)
  return { ...found, previous: found.previous ?? others.at(-1) ?? null, next: found.next ?? others[0] ?? null }
}
