/** How far people agree, as a page draws it. No DOM. */

export const GOOD = 0.8
export const FAIR = 0.6
/** An interval that is wider says next to nothing. */
const TOO_WIDE = 0.5

/** @param {{value: ?number, low: ?number, high: ?number}} estimate @returns {"none"|"unsure"|"poor"|"fair"|"good"} */
export function levelOf({ value, low, high }) {
  if (value === null) return "none"
  // Complete agreement has no interval by the large-sample formula; how many items it is of stands beside it.
  if (low === null) return value >= GOOD ? "good" : "unsure"
  if (high - low > TOO_WIDE) return "unsure"
  if (value >= GOOD) return "good"
  return value >= FAIR ? "fair" : "poor"
}

export function numberText(value) {
  return value === null ? "–" : value.toFixed(2).replace("-", "−")
}

export function rangeText({ low, high }) {
  return low === null ? "" : `${numberText(low)}–${numberText(high)}`
}

/**
 * Rows of the matrix: above the diagonal what people agree on in class, below in boxes.
 *
 * @returns {{person: object, cells: {kind: "class"|"boxes"|"self"|"none", first: string, second: string, estimate: ?object, items: number, level: string}[]}[]}
 */
export function matrixOf({ people, pairs }) {
  const found = new Map(pairs.flatMap((pair) => [[keyOf(pair.first, pair.second), pair], [keyOf(pair.second, pair.first), pair]]))
  return people.map((person, row) => ({ person, cells: people.map((other, column) => cellOf(person, other, found.get(keyOf(person.username, other.username)), { row, column })) }))
}

const keyOf = (first, second) => `${first}\n${second}`

function cellOf(person, other, pair, { row, column }) {
  const names = { first: person.username, second: other.username }
  if (row === column) return { kind: "self", ...names, estimate: null, items: person.items, level: "none" }
  if (!pair) return { kind: "none", ...names, estimate: null, items: 0, level: "none" }
  const kind = row < column ? "class" : "boxes"
  const estimate = kind === "class" ? pair.kappa : pair.boxes.f1
  const items = kind === "class" ? pair.items : pair.boxes.items
  // Kappa says nothing where both only ever said one thing; the share that agrees does.
  const level = estimate.value === null && kind === "class" && pair.items ? "unsure" : levelOf(estimate)
  return { kind, ...names, estimate, items, level, pair }
}

/** What a cell says to who cannot see it. */
export function cellText({ kind, first, second, estimate, items, pair }) {
  if (kind === "self") return `${first}: ${items} seen by others, too`
  if (kind === "none") return `${first} and ${second} have not seen the same`
  const what = kind === "class" ? "kappa of the class" : "F1 of boxes"
  const range = rangeText(estimate)
  return `${first} and ${second}: ${what} ${numberText(estimate.value)}${range ? `, ${range}` : ""}, ${items} items, ${pair.differ} different`
}

/** Pairs, those that agree least first; those of which nothing can be told last. */
export function walkOrder({ pairs }) {
  const rank = ({ kappa }) => kappa.value ?? 2
  return [...pairs].sort((a, b) => rank(a) - rank(b) || b.differ - a.differ)
}

/** The pair that a step leads to. */
export function stepped(order, { first, second } = {}, by) {
  if (!order.length) return null
  const at = order.findIndex((pair) => isPair(pair, first, second))
  if (at < 0) return order[by > 0 ? 0 : order.length - 1]
  return order[Math.min(Math.max(0, at + by), order.length - 1)]
}

export function isPair(pair, first, second) {
  return (pair.first === first && pair.second === second) || (pair.first === second && pair.second === first)
}

/** Rows of an interval plot, of those who have something to say. @param {(one: object) => string} nameOf */
export function plotRows(parts, nameOf) {
  return parts.filter(({ items }) => items > 0).map((one) => ({ key: one.class_code ?? one.shift, label: nameOf(one), code: one.class_code, estimate: one.kappa, level: levelOf(one.kappa), note: String(one.items) }))
}

/** What the page says of what it shows. */
export function saidOf({ items, overall, is_sample: isSample, days, people }) {
  if (!items) return `Nothing that several people saw was found in the last ${days} days.`
  const kappa = overall.kappa.value === null ? "" : ` Together: kappa ${numberText(overall.kappa.value)}${overall.kappa.low === null ? "" : ` (${rangeText(overall.kappa)})`}.`
  return `${isSample ? `The newest ${items}` : items} defects of the last ${days} days that several of ${people.length} people saw.${kappa}`
}
