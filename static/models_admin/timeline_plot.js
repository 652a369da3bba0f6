/** The timeline as a drawing: a lane for each place, a bar for each time somebody held it. Bars are links, walked by arrow keys. */
import { svg } from "../shared/dom.js"
import { momentText } from "../shared/formats.js"
import { accountName } from "../shared/signs.js"
import { SLOT_WORDS, laneName, lastedText, spansOf, stepTo, ticksOf } from "./timeline_state.js"

const LANE_PX = 60
const BAR_PX = 44
const AXIS_PX = 28
const [NAMES_PX, LEAST_PX] = [208, 320]

export class TimelinePlot {
  #spans = []
  #links = []
  #at = null

  /** @param {HTMLElement} place @param {{hasModels: boolean}} how whether lanes say of which model they are */
  constructor(place, { hasModels }) {
    Object.assign(this, { place, hasModels })
    place.addEventListener("keydown", (event) => this.#walk(event))
    place.addEventListener("focusin", ({ target }) => { this.#at = this.#placeOf(target.closest("a")) ?? this.#at })
  }

  /** @param {object[]} lanes @param {{from: number, to: number, now: number}} window */
  draw(lanes, { from, to, now }) {
    const whole = Math.max(NAMES_PX + LEAST_PX, Math.floor(this.place.clientWidth))
    const width = whole - NAMES_PX
    const height = lanes.length * LANE_PX + AXIS_PX
    const hadFocus = this.place.contains(document.activeElement)
    this.#spans = lanes.map(({ tenures }) => spansOf(tenures, { from, to, now, width }))
    this.#links = this.#spans.map((spans, row) => spans.map((span) => bar(span, { lane: lanes[row], row, now })))
    const nowX = NAMES_PX + ((now - from) / (to - from)) * width
    this.place.replaceChildren(svg("svg", { class: "lanes", width: whole, height, viewBox: `0 0 ${whole} ${height}`, role: "group", "aria-label": "Who held each place when" },
      ...lanes.flatMap((lane, row) => nameOf(lane, row, { whole, hasModel: this.hasModels })),
      ...ticksOf({ from, to, width }).flatMap(({ x, label }) => [
        svg("line", { class: "lanes__tick", x1: NAMES_PX + x, x2: NAMES_PX + x, y1: 0, y2: height - AXIS_PX }),
        svg("text", { class: "lanes__time", x: Math.min(NAMES_PX + x, whole - 28), y: height - 8, "text-anchor": "middle" }, label)]),
      ...this.#links.flat(),
      nowX <= whole && nowX >= NAMES_PX && svg("line", { class: "lanes__now", x1: nowX, x2: nowX, y1: 0, y2: height - AXIS_PX + 4 })))
    if (hadFocus && this.#at) this.#focus(this.#at)
  }

  /** Puts the focus on what the keys left, else on what judges now. */
  focus() {
    const rows = this.#spans.findIndex((spans) => spans.length > 0)
    if (rows >= 0) this.#focus(this.#at ?? { lane: rows, index: this.#spans[rows].length - 1 })
  }

  #walk(event) {
    if (!event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey) return
    const here = this.#placeOf(event.target.closest?.("a"))
    if (!here) return
    event.preventDefault()
    event.stopPropagation()
    this.#focus(stepTo(this.#spans, here, event.key))
  }

  #focus(at) {
    this.#at = at
    this.#links[at.lane]?.[at.index]?.focus()
  }

  #placeOf(link) {
    const lane = this.#links.findIndex((links) => links.includes(link))
    return lane < 0 ? null : { lane, index: this.#links[lane].indexOf(link) }
  }
}

function nameOf(lane, row, { whole, hasModel }) {
  const top = row * LANE_PX
  return [
    svg("line", { class: "lanes__rule", x1: 0, x2: whole, y1: top + LANE_PX, y2: top + LANE_PX }),
    svg("text", { class: "lanes__name", x: 0, y: top + 26 }, laneName(lane)),
    svg("text", { class: "lanes__slot", x: 0, y: top + 45 }, hasModel ? `${SLOT_WORDS[lane.slot]} · ${lane.model}` : SLOT_WORDS[lane.slot]),
  ]
}

function bar({ x, width, label, isOpen, tenure }, { lane, row, now }) {
  const said = `${lane.model} ${tenure.version}, ${SLOT_WORDS[lane.slot].toLowerCase()} of ${laneName(lane).toLowerCase()} from ${tenure.since_known ? "" : "at the latest "}${momentText(tenure.since)} to ${tenure.until ? momentText(tenure.until) : "now"}, ${lastedText(tenure, now)}${tenure.taken_by ? `, by ${accountName(tenure.taken_by)}` : ""}`
  const top = row * LANE_PX + (LANE_PX - BAR_PX) / 2
  return svg("a", { class: "lanes__bar", href: `/deployments/${tenure.deployment}/`, "data-open": isOpen, "data-since-unknown": !tenure.since_known, "aria-label": said },
    svg("title", {}, said),
    svg("rect", { x: NAMES_PX + x + 1, y: top, width: Math.max(2, width - 2), height: BAR_PX, rx: 4 }),
    !tenure.since_known && svg("line", { class: "lanes__unknown", x1: NAMES_PX + x + 2, x2: NAMES_PX + x + 2, y1: top, y2: top + BAR_PX }),
    label && svg("text", { x: NAMES_PX + x + 10, y: top + BAR_PX / 2 + 5 }, label))
}
