/** What more or less time saves, as a line; the time that was asked for is a mark on it. */
import { svg } from "../shared/dom.js"
import { curveOf, rejectsText } from "./planner_state.js"

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [560, 130, 44, 26, 26, 28]

/** @param {HTMLElement} place @param {{minutes: number, unit_per_reject: number, plan: object}} answer */
export function drawCurve(place, answer) {
  const { points, at, top, last } = curveOf(answer, { width: WIDTH, height: HEIGHT })
  const { minutes, unit_per_reject: unit, plan } = answer
  const words = `${minutes} min save ${rejectsText(plan.saved, unit)}, ${last} min save ${rejectsText(top, unit)}, in wafers rejected for nothing`
  const label = (x, y, anchor, text, kind = "") => svg("text", { class: kind, x, y, "text-anchor": anchor }, text)
  place.replaceChildren(svg("svg", { class: "curve", viewBox: `${-LEFT} ${-TOP} ${WIDTH + LEFT + RIGHT} ${HEIGHT + TOP + BOTTOM}`, role: "img", "aria-label": words },
    svg("line", { class: "curve__ground", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }), svg("line", { class: "curve__ground", x1: 0, x2: WIDTH, y1: 0, y2: 0 }),
    label(-8, HEIGHT, "end", "0"), label(-8, 6, "end", rejectsText(top, unit)), label(0, -10, "start", "Saved, in wafers rejected for nothing", "curve__name"),
    label(0, HEIGHT + 20, "middle", "0"), label(WIDTH + RIGHT, HEIGHT + 20, "end", `${last} min`),
    svg("polyline", { class: "curve__line", points }),
    ...(at ? [svg("line", { class: "curve__time", x1: at.x, x2: at.x, y1: at.y, y2: HEIGHT }), svg("circle", { class: "curve__dot", cx: at.x, cy: at.y, r: 6 }),
    label(at.x, HEIGHT + 20, "middle", `${minutes} min`, "curve__mark")] : [])))
}
