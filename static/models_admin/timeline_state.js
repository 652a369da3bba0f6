/** Who held each place when, as the timeline draws it: windows, spans, ticks, rows and steps. */
import { durationText } from "../shared/formats.js"
import { placeName } from "./registry_state.js"

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LEAST_PX = 4
const LABEL_PX = 7.6
const TICK_PX = 90
const STEPS = [HOUR / 12, HOUR / 4, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" })
const YEAR = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric" })
export const SLOT_WORDS = { champion: "Champion", fallback: "Fallback" }

/** What can be looked at: how long, and what the button says. All is as long as there is something. */
export const ZOOMS = [{ zoom: "24h", ms: DAY, label: "24 h" }, { zoom: "7d", ms: 7 * DAY, label: "7 days" }, { zoom: "30d", ms: 30 * DAY, label: "30 days" }, { zoom: "all", ms: null, label: "All" }]

/** "Everything", "BF-M3 · T1". */
export function laneName(lane) {
  const name = placeName(lane)
  return name === "everything" ? "Everything" : name
}

/** The window that is shown: [from, to] in ms. Some room after now, so that what goes on is seen to. */
export function windowOf({ zoom, end, now, lanes }) {
  const { ms } = ZOOMS.find((one) => one.zoom === zoom) ?? ZOOMS.at(-1)
  if (ms) return [end - ms, end]
  const first = Math.min(...lanes.flatMap(({ tenures }) => tenures.map(({ since }) => Date.parse(since))), now - HOUR)
  const room = (now - first) * 0.04
  return [first - room, now + room]
}

/** The tenures of a lane that have some time in the window, as parts of `width` pixels: [{x, width, label, isOpen, tenure}]. */
export function spansOf(tenures, { from, to, now, width }) {
  const x = (at) => ((at - from) / (to - from)) * width
  return tenures.flatMap((tenure) => {
    const [since, until] = [Date.parse(tenure.since), tenure.until ? Date.parse(tenure.until) : Math.max(now, Date.parse(tenure.since))]
    if (since > to || until < from) return []
    const left = Math.max(0, x(since))
    const wide = Math.max(LEAST_PX, Math.min(width, x(until)) - left)
    const label = tenure.version.length * LABEL_PX + 16 <= wide ? tenure.version : ""
    return [{ x: Math.min(left, width - LEAST_PX), width: wide, label, isOpen: !tenure.until, tenure }]
  })
}

/** Where the axis has marks, in local time and at round ones: [{x, label}]. */
export function ticksOf({ from, to, width }) {
  const most = Math.max(2, Math.floor(width / TICK_PX))
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1)
  const offset = new Date(from).getTimezoneOffset() * 60_000
  const ticks = []
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) ticks.push({ x: ((at - from) / (to - from)) * width, label: tickText(new Date(at), step) })
  return ticks
}

function tickText(at, step) {
  if (step >= 90 * DAY) return YEAR.format(at)
  if (step >= DAY) return DATE.format(at)
  return at.getHours() === 0 && at.getMinutes() === 0 ? DATE.format(at) : CLOCK.format(at)
}

/** How long a tenure has lasted: "3 h 12 min", "2 d 4 h". */
export function lastedText({ since, until }, now) {
  const ms = (until ? Date.parse(until) : now) - Date.parse(since)
  if (ms <= 0) return "no time"
  if (ms < 2 * DAY) return durationText(Math.max(1000, ms))
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`
}

/** Every tenure of all lanes as rows of a table, the one that began last first. */
export function rowsOf(lanes) {
  const rows = lanes.flatMap((lane) => lane.tenures.map((tenure) => ({ ...tenure, model: lane.model, lane: laneName(lane), key: `${lane.model}/${laneName(lane)}/${lane.slot}/${tenure.since}/${tenure.deployment}` })))
  return rows.sort((a, b) => Date.parse(b.since) - Date.parse(a.since) || (a.until === null ? -1 : 1))
}

/** The span an arrow key leads to from one: left and right within its lane, up and down to what is nearest in the next that has some. */
export function stepTo(lanes, { lane, index }, key) {
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const to = index + (key === "ArrowRight" ? 1 : -1)
    return lanes[lane][to] ? { lane, index: to } : { lane, index }
  }
  const step = key === "ArrowDown" ? 1 : -1
  const from = lanes[lane][index]
  for (let other = lane + step; other >= 0 && other < lanes.length; other += step) {
    if (lanes[other].length === 0) continue
    const middle = from.x + from.width / 2
    const far = lanes[other].map((span) => Math.max(span.x - middle, middle - span.x - span.width, 0))
    return { lane: other, index: far.indexOf(Math.min(...far)) }
  }
  return { lane, index }
}
