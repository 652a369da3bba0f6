/** The defect book: its pages as cards, and where a card lies so that it hides nothing one looks at. Pure. No DOM. */

export const KINDS = [
  { kind: "example", one: "Example", many: "Examples", of: "It is one" },
  { kind: "counter", one: "Counter-example", many: "Counter-examples", of: "It only looks like one" },
  { kind: "borderline", one: "Borderline", many: "Borderline cases", of: "People may differ" },
]

/** Refusals that no other page or kind would help. */
const BEYOND_WORDS = new Set(["still_blind", "not_found", "forbidden"])

/** An item as the journal keeps it. */
export function addedItem({ id, task, classCode, kind, why }) {
  return { kind: "add", id, task, class_code: classCode, shows: kind, ...(why && { why }) }
}

/** What is said of an item that the server has answered about. @param {(code: string) => string} nameOf a class */
export function answerWords({ entry: { edit }, ack }, nameOf) {
  if (ack.state === "refused") return { text: `It is not in the book: ${ack.problem.detail}`, isRefused: true, isToChange: !BEYOND_WORDS.has(ack.problem.code) }
  const { one } = KINDS.find(({ kind }) => kind === edit.shows)
  return { text: `${one} of ${nameOf(edit.class_code).toLowerCase()}: it is in the book.`, isRefused: false }
}

/** Pages by the code of their class. */
export function byClass(pages) {
  return new Map(pages.map((page) => [page.class_code, page]))
}

/** The items of a page by kind, in the order of kinds; kinds without any are left out unless `all`. */
export function itemsByKind(page, { all = false } = {}) {
  return KINDS.map((kind) => ({ ...kind, items: page.examples.filter((one) => one.kind === kind.kind), count: page.counts[kind.kind] })).filter(({ items }) => all || items.length)
}

/** Whether there is anything to show of a class. */
export function isWritten(page) {
  return Boolean(page && (page.definition || page.look_for || page.examples.length))
}

/** What a card says of such a class. @param {string} key that puts something in; empty for whoever may not */
export function emptyWords(key) {
  return `The book says nothing of this class yet.${key ? ` ${key} puts what is on the screen into it.` : ""}`
}

/** What an item is in truth, where people said something else than its page is about; empty otherwise. */
export function truthWords({ truth, kind }, classCode, nameOf) {
  if (!truth || truth === classCode) return ""
  if (truth === "nuisance") return kind === "example" ? "" : "Nuisance"
  return nameOf(truth)
}

/**
 * The corner of the picture where a card hides least of what one looks at; of corners that hide nothing the one nearest to
 * the key, which lies below.
 *
 * @param {[number, number]} card width and height
 * @param {[number, number]} room width and height of the picture
 * @param {?number[]} seen the box of the defect there: x, y, width, height
 * @param {number} keyX where the key is, from the left of the picture
 * @returns {{x: number, y: number}} of the upper left corner
 */
export function cardPlace([width, height], [roomWide, roomTall], seen, keyX, gap = 12) {
  const xs = [gap, Math.max(gap, roomWide - width - gap)]
  const ys = [Math.max(gap, roomTall - height - gap), gap]
  const corners = ys.flatMap((y) => xs.map((x) => ({ x, y })))
  const cost = ({ x, y }) => [seen ? shared([x, y, width, height], seen) : 0, ys.indexOf(y), Math.abs(x + width / 2 - keyX)]
  return corners.sort((one, other) => compare(cost(one), cost(other)))[0]
}

function shared([x, y, w, h], [ox, oy, ow, oh]) {
  return Math.max(0, Math.min(x + w, ox + ow) - Math.max(x, ox)) * Math.max(0, Math.min(y + h, oy + oh) - Math.max(y, oy))
}

function compare(one, other) {
  const at = one.findIndex((value, index) => value !== other[index])
  return at < 0 ? 0 : one[at] - other[at]
}

/** The item that another is moved before: by so many places among its kind; null: last; undefined: it is there already. */
export function movedBefore(items, id, by) {
  const at = items.findIndex((one) => one.id === id)
  const to = at + by
  if (at < 0 || to < 0 || to >= items.length) return undefined
  return (by > 0 ? items[to + 1]?.id : items[to].id) ?? null
}
