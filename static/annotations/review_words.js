/** What the review says in words. No DOM. */
import { countText } from "../shared/formats.js"

export const USUAL_REASONS = ["The picture is not sharp enough", "It cannot be told without another picture", "Somebody who knows this layer should look"]

/** How many wait: counted up to where nobody asks how many more. */
export function leftText(open, isMore) {
  return open === null ? "–" : `${countText(open)}${isMore ? "+" : ""}`
}

export function paceText(seconds) {
  if (seconds === null) return "–"
  return seconds < 100 ? seconds.toFixed(1) : countText(Math.round(seconds))
}

/** What an annotation said. @param {(code: string) => string} nameOf a class */
export function annotationWords({ verdict, change, class_code: code }, nameOf) {
  if (verdict === "withdrawn") return "took the decision back"
  if (change === "merged") return "merged it into another defect"
  if (verdict === "nuisance") return "called it a nuisance"
  if (verdict === "complete") return "said that nothing is missing"
  const name = nameOf(code)
  return { confirmed: `confirmed ${name}`, reclassed: `called it ${name}`, redrawn: `drew the box anew: ${name}`, missed: `added what was missed: ${name}`, split: `split the box; this part: ${name}`, part: `split a box; this part: ${name}`, joined: `merged several boxes: ${name}` }[change] ?? `said ${name}`
}

/** What I have drawn and not said yet. */
export function drawnWords([, , width, height], shape) {
  const size = `${Math.round(width)} × ${Math.round(height)} px`
  return {
    rotated: () => `Rotated box drawn: ${shape.size_px.map(Math.round).join(" × ")} px, ${Math.round(shape.angle_deg)}°`,
    polygon: () => `Outline drawn: ${shape.points_px.length} corners, ${size}`,
    mask: () => `Painted: ${size}`, point: () => `Point at ${shape.at_px.map(Math.round).join(", ")}`, tag: () => "The whole image is meant",
  }[shape?.kind]?.() ?? `Box drawn anew: ${size}`
}

/** What was added as missed, for whoever has just added it. */
export function addedWords({ class_code: code, bbox_px: [, , width, height], shape }, nameOf) {
  const size = { point: "a point", tag: "the whole image" }[shape?.kind] ?? `${Math.round(width)} × ${Math.round(height)} px`
  return `Added: ${nameOf(code)}, ${size}.`
}

/** What is said when somebody has decided what I hold. @param {"shown"|"waiting"|"mine"} lost mine: nothing is said @param {string} key that goes on */
export function lostWords(lost, by, key) {
  return { shown: `${by} has just decided what you look at. ${key} goes on.`, waiting: `${by} has decided one that you held.` }[lost] ?? ""
}

/** What I said, shortly. */
export function verdictWords({ verdict, class_code: code }, nameOf) {
  return { nuisance: "Nuisance", complete: "Nothing missing" }[verdict] ?? nameOf(code)
}

/** Classes that a few letters, or the key itself, may mean; those that begin so first. */
export function matching(classes, text) {
  const wanted = text.trim().toLowerCase()
  const rank = ({ name, code, key }) => {
    const words = [name.toLowerCase(), code.toLowerCase()]
    if (key === wanted || words.some((word) => word.startsWith(wanted))) return 0
    if (words.some((word) => word.split(/[\s_-]+/).some((part) => part.startsWith(wanted)))) return 1
    return words.some((word) => word.includes(wanted)) ? 2 : 3
  }
  return classes.map((one) => [rank(one), one]).filter(([at]) => at < 3).sort((a, b) => a[0] - b[0]).map(([, one]) => one)
}

/**
 * Why an edit was refused, for whoever made it.
 *
 * @param {{code: string, current: ?object, by?: string, isRuling?: boolean, isOfOther?: boolean}} problem by: whose word stands;
 *   isOfOther: it stands about another box of a merge
 */
export function refusalTitle({ code, current, by = current?.annotation?.author, isRuling = false, isOfOther = false }) {
  const first = isOfOther ? "decided one of the boxes you merged" : isRuling ? "decided between reviewers before yours came" : "decided this as well"
  return {
    stale_task: by ? `${by} ${first}` : "This was changed meanwhile",
    not_held: "Somebody else held this task",
    task_locked: "This is closed",
    not_found: "This is not there any more",
    illegal_transition: "This is not asked about any more",
  }[code] ?? "This was not taken"
}
