/** The list of review queues: what each takes in words, and what a lead sends to change one. No DOM. */
import { confidenceText, countText } from "../shared/formats.js"

const LISTS = ["recipes", "layers", "tools", "classes", "bands"]
const WORDS = { recipes: "recipe", layers: "layer", tools: "tool" }
const BAND_WORDS = { accept: "accepted", review: "for review", reject: "rejected" }
const OF_WHAT = ["disagreement", "novelty"]
const MINUTE_S = 60
const HOUR_S = 3600

/** How many wait for me, those included that I hold already: "1,000+" where nobody has counted further. */
export function openText({ open, open_is_more: isMore, mine = 0 }) {
  return `${countText(open + mine)}${isMore ? "+" : ""}`
}

/** "Gravest first", "What is newest in kind comes first". */
export function orderText(order, orders) {
  const label = orders.find(({ value }) => value === order)?.label ?? order
  return OF_WHAT.includes(order) ? `${label} comes first` : label
}

/** "Rejected cracks and pits of tool BF-01, 0.30 to 0.70 sure". Everything, where nothing is left out. */
export function selectionText(selection, nameOf = (code) => code) {
  const { min_confidence: least = 0, max_confidence: most = 1, min_disagreement: differ = 0 } = selection
  const of = Object.keys(WORDS).filter((list) => selection[list]?.length).map((list) => `${WORDS[list]} ${listed(selection[list])}`)
  const what = selection.classes?.length ? listed(selection.classes.map((code) => nameOf(code))) : "all classes"
  const bands = selection.bands?.length ? ` ${listed(selection.bands.map((band) => BAND_WORDS[band] ?? band), "or")}` : ""
  const sure = least > 0 || most < 1 ? `, ${confidenceText(least)} to ${confidenceText(most)} sure` : ""
  const disputed = differ > 0 ? `, versions disagree by ${confidenceText(differ)} or more` : ""
  const text = `${what}${bands}${of.length ? ` of ${listed(of)}` : ""}${sure}${disputed}`
  return text[0].toUpperCase() + text.slice(1)
}

function listed(words, last = "and") {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`
}

/** "20 % seen by 3", "All seen by 2"; nothing where one look is enough. */
export function overlapText({ overlap_share: share = 0, overlap_reviewers: reviewers = 2 }) {
  if (!share) return ""
  return `${share === 1 ? "All" : `${trimmed(share)} %`} seen by ${reviewers}`
}

/** A share in percent, to a tenth. */
function trimmed(share) {
  return Math.round(share * 1000) / 10
}

/** What the form of a queue begins with; of a new one when there is none. */
export function formOf(queue) {
  const selection = queue?.selection ?? {}
  return {
    code: queue?.code ?? "", name: queue?.name ?? "", order: queue?.order ?? "worth", minutes: Math.round((queue?.lease_s ?? 600) / MINUTE_S),
    share: trimmed(queue?.overlap_share ?? 0), reviewers: queue?.overlap_reviewers ?? 2,
    audit: trimmed(queue?.audit_rate ?? 0), gold: trimmed(queue?.gold_rate ?? 0), repeat: trimmed(queue?.repeat_rate ?? 0),
    turn: trimmed(queue?.audit_share ?? 0.2), hours: (queue?.repeat_after_s ?? 4 * HOUR_S) / HOUR_S,
    least: selection.min_confidence ?? 0, most: selection.max_confidence ?? 1, differ: selection.min_disagreement ?? 0,
    ...Object.fromEntries(LISTS.map((list) => [list, selection[list] ?? []])),
  }
}

/** What is sent. @param {?object} queue that is changed; null: a new one */
export function bodyOf({ code, name, order, minutes, least, most, differ, share, reviewers, audit, turn, gold, repeat, hours, ...lists }, queue) {
  const selection = { min_confidence: Math.min(least, most), max_confidence: Math.max(least, most), min_disagreement: differ, ...Object.fromEntries(LISTS.map((list) => [list, lists[list] ?? []])) }
  const settings = { name: name.trim(), order, selection, lease_s: Math.round(minutes * MINUTE_S), overlap_share: share / 100, overlap_reviewers: reviewers,
    audit_rate: audit / 100, audit_share: turn / 100, gold_rate: gold / 100, repeat_rate: repeat / 100, repeat_after_s: Math.round(hours * HOUR_S) }
  return queue ? { seen_version: queue.version, ...settings } : { code: code.trim(), ...settings }
}

/** What is wrong with which field of the form, from the fields of a problem document, however deep they lie. */
export function fieldErrors(fields) {
  const names = { lease_s: "minutes", overlap_share: "share", overlap_reviewers: "reviewers", audit_rate: "audit", audit_share: "turn", gold_rate: "gold", repeat_rate: "repeat", repeat_after_s: "hours", min_confidence: "least", max_confidence: "most", min_disagreement: "differ" }
  const errors = {}
  const walk = (path, value) => {
    if (value && typeof value === "object" && !Array.isArray(value)) return Object.entries(value).forEach(([key, inner]) => walk([...path, key], inner))
    const known = path.findLast((part) => part in names || part in formOf(null))
    const name = names[known] ?? known ?? "form"
    errors[name] ??= [value].flat().map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" ")
    return undefined
  }
  for (const [path, value] of Object.entries(fields ?? {})) walk(path.split("."), value)
  return errors
}
