/** The live wall without its page: which cards there are, which are shown, and what needs a person. No DOM. */

import { countText } from "../shared/formats.js"
import { asStanding, told } from "./standing.js"

export const MOST_CARDS = 200
export const NO_TOOL = "by hand"
/** The band filter that asks for what needs a person, whatever its band. */
export const PERSON = "person"

/** One card per wafer and layer: its newest run, and what all of its images say together. */
export function cardKey(card) {
  return `${card.wafer.id}/${card.layer}`
}

/** Whether `card` says something newer than `known`: a later run (ids sort by time), or a later state of the same run. */
export function isNewer(card, known) {
  if (!known) return true
  return card.run === known.run ? card.revision > known.revision : card.run > known.run
}

export function emptyWall(filters = {}) {
  return { cards: new Map(), filters: cleanFilters(filters), paused: null }
}

export function cleanFilters({ tool = "", product = "", band = "" } = {}) {
  return { tool: tool ?? "", product: product ?? "", band: band ?? "" }
}

/** The wall after one card arrived. The same wall when it says nothing new. */
export function received(wall, card) {
  const key = cardKey(card)
  const known = wall.cards.get(key)
  const isOther = known && known.run !== card.run
  if (!isNewer(card, known) && !(isOther && card.standing)) return wall
  const cards = new Map(wall.cards)
  // An older run of another image tells of the wafer too.
  cards.set(key, isNewer(card, known) ? asStanding(card) : { ...known, ...told(card) })
  return { ...wall, cards: cards.size > MOST_CARDS ? newest(cards) : cards }
}

/**
 * The wall after the server told what is there. What is not in its answer is gone, unless it arrived after the answer
 * was made: events and answers may overtake each other.
 */
export function resynced(wall, snapshot) {
  const cards = new Map()
  const lastRun = snapshot.reduce((last, card) => (card.run > last ? card.run : last), "")
  for (const card of snapshot) {
    cards.set(cardKey(card), current(card, wall.cards.get(cardKey(card))))
  }
  for (const [key, card] of wall.cards) if (!cards.has(key) && card.run > lastRun) cards.set(key, card)
  return { ...wall, cards: newest(cards) }
}

/** The wall after the server told how some of its wafers stand. */
export function answered(wall, answer) {
  const cards = new Map(wall.cards)
  for (const card of answer) if (cards.has(cardKey(card))) cards.set(cardKey(card), current(card, cards.get(cardKey(card))))
  return { ...wall, cards }
}

/** What was asked for is right, unless it was overtaken by an event. What says the same stays the same: it is not new. */
function current(card, known) {
  const asked = asStanding(card)
  return known && (isNewer(known, card) || JSON.stringify(known) === JSON.stringify(asked)) ? known : asked
}

/**
 * Whether the server has to be asked how a card's wafer stands: two of its runs that end at once are each announced
 * without the other.
 */
export function isUncertain(card) {
  return (card.standing?.images ?? 0) > card.images
}

/** The wall after one of its wafers was put on hold, or released. */
export function withHold(wall, waferId, hold) {
  const cards = new Map([...wall.cards].map(([key, card]) => [key, card.wafer.id === waferId ? { ...card, hold } : card]))
  return { ...wall, cards }
}

/** Stops what is shown, not the pipeline: arrivals go on being counted. */
export function paused(wall) {
  return wall.paused ? wall : { ...wall, paused: wall.cards }
}

export function resumed(wall) {
  return { ...wall, paused: null }
}

/** How many cards differ from what the paused view shows. */
export function heldBack(wall) {
  if (!wall.paused) return 0
  let count = 0
  for (const [key, card] of wall.cards) if (wall.paused.get(key) !== card && matches(card, wall.filters)) count += 1
  return count
}

export function filtered(wall, filters) {
  return { ...wall, filters: cleanFilters(filters) }
}

export function matches(card, { tool, product, band }) {
  return (!tool || (card.tool ?? NO_TOOL) === tool) && (!product || card.product === product) && (!band || bandOf(card) === band || (band === PERSON && levelOf(card) === "alarm"))
}

/** The band as a filter names it; what is not judged yet is "waiting", what never will be "cancelled". */
export function bandOf(card) {
  return { done: card.band, failed: "reject", cancelled: "cancelled" }[card.state] ?? "waiting"
}

/** Cards to show, newest first. */
export function shown(wall) {
  const cards = [...(wall.paused ?? wall.cards).values()].filter((card) => matches(card, wall.filters))
  return cards.sort((a, b) => (a.run < b.run ? 1 : -1))
}

/** "alarm" where a person has to act, "warn" where one should look, "none" otherwise. */
export function levelOf(card) {
  if (card.state === "failed" || (card.state === "done" && (card.band === "reject" || card.counts_by_severity?.critical > 0))) return "alarm"
  if (card.state === "done" && card.band === "review") return "warn"
  return "none"
}

/** What a person does next about a card, in words; empty where nothing is asked. */
export function nextStep(card) {
  if (levelOf(card) === "none") return ""
  if (card.state === "failed") return "See what failed"
  const critical = card.counts_by_severity?.critical ?? 0
  if (critical) return `Look at ${critical} critical`
  return card.band === "reject" ? "Look at the defects" : "Review it"
}

/** Figures of the line above the wall, over tool and product; what a band hides still counts. */
export function figures(wall) {
  const sums = { wafers: 0, alarm: 0, warn: 0, waiting: 0 }
  for (const card of shown({ ...wall, filters: { ...wall.filters, band: "" } })) {
    sums.wafers += 1
    if (card.state === "queued" || card.state === "running") sums.waiting += 1
    const level = levelOf(card)
    if (level !== "none") sums[level] += 1
  }
  return sums
}

/**
 * Shown cards by tool, most urgent first: who is late, then who sent last. Known tools keep their lane while it is empty,
 * so that silence is seen. A tool that is done is silent as it should be: only while runs of its images are unfinished is
 * it expected to go on.
 *
 * @param {object[]} tools {code, cadence_s, last_image_at} of the site
 * @returns {{tool: string, cards: object[], silentMs: ?number, isLate: boolean}[]} silentMs: since the last image, shown
 *   or not; isLate: longer than the tool's cadence, with work under way
 */
export function lanes(wall, tools, nowMs) {
  const groups = new Map(tools.filter(({ code }) => !wall.filters.tool || wall.filters.tool === code).map(({ code }) => [code, []]))
  for (const card of shown(wall)) {
    const tool = card.tool ?? NO_TOOL
    if (!groups.has(tool)) groups.set(tool, [])
    groups.get(tool).push(card)
  }
  const known = new Map(tools.map((tool) => [tool.code, tool]))
  const all = [...wall.cards.values()]
  return [...groups].map(([tool, cards]) => ({ tool, cards, ...silence(known.get(tool), all.filter((card) => card.tool === tool), nowMs) }))
    .sort(byUrgency)
}

/** The run of a lane's newest card; before all others where it has none. */
function newestOf({ cards }) {
  return cards[0]?.run ?? ""
}

function byUrgency(a, b) {
  if (a.isLate !== b.isLate) return b.isLate - a.isLate
  if (newestOf(a) !== newestOf(b)) return newestOf(a) < newestOf(b) ? 1 : -1
  return (a.tool === NO_TOOL) - (b.tool === NO_TOOL) || a.tool.localeCompare(b.tool)
}

/**
 * Lanes in their places. One with news that nobody sees comes to the front; all others stay where people know them.
 *
 * @param {{tool: string, newest: string, isLate: boolean}[]} places as they were, with the news they came there for; none:
 *   lanes stand by urgency
 * @param {{tool: string, cards: object[], isLate: boolean}[]} rows most urgent first
 * @param {{inSight: Set<string>, mayMove: boolean}} screen tools whose lanes are seen; mayMove: not under somebody's hand
 * @returns {{rows: object[], places: object[]}}
 */
export function arranged(places, rows, { inSight, mayMove }) {
  const placeOf = new Map(places.map((place, at) => [place.tool, { ...place, at }]))
  const before = ({ tool }) => placeOf.get(tool) ?? { tool, newest: "", isLate: false, at: places.length }
  const isFirst = places.length === 0
  const isComing = (row) => !isFirst && mayMove && !inSight.has(row.tool) && isNews(row, before(row))
  const coming = rows.filter(isComing)
  const staying = rows.filter((row) => !isComing(row)).sort((a, b) => before(a).at - before(b).at)
  const isKnown = (row) => isFirst || inSight.has(row.tool) || coming.includes(row)
  const placed = [...coming, ...staying]
  return { rows: placed, places: placed.map((row) => (isKnown(row) ? { tool: row.tool, newest: newestOf(row), isLate: row.isLate } : before(row))) }
}

function isNews(row, { newest, isLate }) {
  return newestOf(row) > newest || (row.isLate && !isLate)
}

/**
 * What arrived where nobody sees it, in words: "3 new below, 2 need a person".
 *
 * @param {object[]} cards at least one
 * @param {"above" | "below"} way
 */
export function newsText(cards, way) {
  const alarms = cards.filter((card) => levelOf(card) === "alarm").length
  const need = alarms === 0 ? "" : alarms < cards.length ? `, ${alarms} need${alarms === 1 ? "s" : ""} a person` : cards.length === 1 ? ", needs a person" : ", all need a person"
  return `${countText(cards.length)} new ${way}${need}`
}

/**
 * As much of the lanes as one frame has the time to draw: the newest cards of each.
 *
 * @param {{cards: object[]}[]} rows
 * @param {number} room cards, shared out among the lanes
 * @returns {{rows: {cards: object[], count: number}[], isMore: boolean}} count: of all cards of a lane; isMore: some are left for the next frames
 */
export function withinRoom(rows, room) {
  const each = Math.ceil(room / rows.length)
  return { rows: rows.map((row) => ({ ...row, count: row.cards.length, cards: row.cards.slice(0, each) })), isMore: rows.some(({ cards }) => cards.length > each) }
}

/** @param {object[]} cards all of the tool: what a filter hides or a pause holds back is no silence */
function silence(tool, cards, nowMs) {
  const last = Math.max(Date.parse(tool?.last_image_at) || 0, ...cards.map((card) => Date.parse(card.queued_at)))
  if (!tool || !last) return { silentMs: null, isLate: false }
  const isUnfinished = cards.some(({ state }) => state === "queued" || state === "running")
  return { silentMs: nowMs - last, isLate: isUnfinished && nowMs - last > tool.cadence_s * 1000 }
}

/** The tools after one of them sent an image, whether the wall shows it or not. The same where it says nothing new. */
export function sentBy(tools, { tool, queued_at: at }) {
  const known = tools.find(({ code }) => code === tool)
  if (!known || Date.parse(known.last_image_at) >= Date.parse(at)) return tools
  return tools.map((one) => (one === known ? { ...one, last_image_at: at } : one))
}

function newest(cards) {
  return new Map([...cards].sort(([, a], [, b]) => (a.run < b.run ? 1 : -1)).slice(0, MOST_CARDS))
}
