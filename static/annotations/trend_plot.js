/** Figures week by week, one strip under the other on the same weeks: rates with their intervals, times, counts. */
import { svg } from "../shared/dom.js"
import { showNumbers } from "./numbers_table.js"

const [WIDTH, STRIP, GAP, LEFT, RIGHT] = [420, 64, 26, 58, 8]
const DAYS = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" })

/**
 * @param {HTMLElement} place
 * @param {{at: string}[]} periods with the first day of each as `at`
 * @param {{name: string, kind: "share"|"line"|"bars", of: (period) => ?number|object, text: (value: number) => string, top?: number}[]} strips
 */
export function drawTrend(place, periods, strips) {
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, periods.length)
  const x = (index) => LEFT + step * (index + 0.5)
  const height = strips.length * (STRIP + GAP) + 16
  const every = Math.ceil(periods.length / 5)
  const drawing = svg("svg", { class: "trend", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": strips.map(({ name }) => name).join(", ") + ", week by week" },
    ...strips.flatMap((strip, row) => stripOf(strip, periods, { x, step, top: GAP + row * (STRIP + GAP) })),
    ...periods.map(({ at }, index) => (index % every ? null : svg("text", { class: "trend__week", x: x(index), y: height - 2, "text-anchor": "middle" }, DAYS.format(new Date(`${at}T00:00`))))).filter(Boolean))
  place.replaceChildren(drawing)
  showNumbers(place, numbersOf(periods, strips))
}

function stripOf({ name, kind, of, text, top: fixed }, periods, { x, step, top }) {
  const values = periods.map(of)
  const most = Math.max(0, ...values.map((value) => value ?? 0)) || 1
  const highest = fixed ?? (kind === "line" ? most * 1.25 : most)
  const y = (value) => top + STRIP - (Math.min(value, highest) / highest) * STRIP
  const parts = [
    svg("text", { class: "trend__name", x: LEFT, y: top - 6 }, name),
    svg("line", { class: "trend__ground", x1: LEFT, x2: WIDTH - RIGHT, y1: top + STRIP, y2: top + STRIP }), svg("line", { class: "trend__ground", x1: LEFT, x2: WIDTH - RIGHT, y1: top, y2: top }),
    svg("text", { class: "trend__scale", x: LEFT - 6, y: top + 8, "text-anchor": "end" }, text(highest)), svg("text", { class: "trend__scale", x: LEFT - 6, y: top + STRIP, "text-anchor": "end" }, "0"),
  ]
  if (kind === "line") parts.push(svg("polyline", { class: "trend__line", points: values.flatMap((value, at) => (value === null ? [] : [`${x(at)},${y(value)}`])).join(" ") }))
  values.forEach((value, at) => {
    const shown = kind === "share" ? value?.value : value
    if (shown === null || shown === undefined) return
    const title = svg("title", {}, `${DAYS.format(new Date(`${periods[at].at}T00:00`))}: ${text(shown)}${kind === "share" ? `, ${text(value.low)} to ${text(value.high)}` : ""}`)
    if (kind === "bars") return parts.push(svg("rect", { class: "trend__bar", x: x(at) - Math.min(step * 0.35, 18), width: Math.min(step * 0.7, 36), y: y(shown), height: Math.max(0.5, top + STRIP - y(shown)) }, title))
    if (kind === "share") parts.push(svg("line", { class: "trend__span", x1: x(at), x2: x(at), y1: y(value.low), y2: y(value.high) }))
    return parts.push(svg("circle", { class: "trend__dot", cx: x(at), cy: y(shown), r: 4.5 }, title))
  })
  return parts
}

/** The numbers of it: of a rate its interval as well. */
function numbersOf(periods, strips) {
  const head = ["Week of", ...strips.flatMap(({ name, kind }) => (kind === "share" ? [name, "95 % from", "to"] : [name]))]
  const cells = (strip, period) => {
    const value = strip.of(period)
    const shown = strip.kind === "share" ? [value?.value, value?.low, value?.high] : [value]
    return shown.map((one) => ({ text: one === null || one === undefined ? "unknown" : strip.text(one), value: one ?? null }))
  }
  return { name: "Week by week", head, rows: periods.map((period) => [{ text: period.at, value: period.at }, ...strips.flatMap((strip) => cells(strip, period))]) }
}
