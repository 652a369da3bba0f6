/** Suspected label errors: which is meant, and what contradicts it in words. No DOM. */
import { confidenceText, countText, plural } from "../shared/formats.js"

/** @param {{results: object[], total: number, compared: number}} report */
export function listOf(report) {
  return { items: report.results, focus: report.results[0]?.task.id ?? null, total: report.total, compared: report.compared }
}

export function focused({ items, focus }) {
  return items.find(({ task }) => task.id === focus) ?? null
}

export function stepped(list, by) {
  const at = list.items.findIndex(({ task }) => task.id === list.focus)
  const to = list.items[Math.min(Math.max(0, at + by), list.items.length - 1)]
  return { ...list, focus: to?.task.id ?? null }
}

/** Without one that is dealt with; the one after it is meant next. */
export function without(list, id) {
  const at = list.items.findIndex(({ task }) => task.id === id)
  if (at < 0) return list
  const items = list.items.filter(({ task }) => task.id !== id)
  return { ...list, items, total: list.total - 1, focus: list.focus === id ? (items[at] ?? items.at(-1))?.task.id ?? null : list.focus }
}

const said = (code, nameOf) => (code === "nuisance" ? "nuisance" : nameOf(code).toLowerCase())

/** "5 of the 8 nearest look-alikes are crack." @param {(code: string) => string} nameOf */
export function neighbourWords({ neighbours_say: say, task }, nameOf) {
  const own = task.annotation?.verdict === "nuisance" ? "nuisance" : task.annotation?.class_code
  const all = Object.values(say).reduce((sum, count) => sum + count, 0)
  const others = Object.entries(say).filter(([code]) => code !== own).sort((a, b) => b[1] - a[1])
  return `Of ${plural(all, "look-alike")}: ${others.map(([code, count]) => `${countText(count)} ${said(code, nameOf)}`).join(", ")}`
}

/** What a version said: "visual_defects 2.3.0: crack 0.91". */
export function versionWords({ version, class_code: code, confidence }, nameOf) {
  return `${version}: ${code === null ? "found nothing" : `${said(code, nameOf)} ${confidenceText(confidence)}`}`
}

export function saidOf({ total, compared, items }) {
  if (!total) return `None among ${plural(compared, "settled decision")}.`
  return `${plural(total, "decision")} of ${countText(compared)} compared${items.length < total ? `; the ${countText(items.length)} most doubtful are shown` : ""}.`
}
