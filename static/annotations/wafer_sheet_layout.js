/** Where the crops of a long sheet lie, so that only what is in sight needs elements. No DOM. */

/**
 * @param {{key: string, ids: string[]}[]} groups @param {{width: number, side: number, gap: number, head: number}} size in px
 * @returns {{columns: number, height: number, rows: {top: number, height: number, key: string, ids: ?string[], count: number}[]}}
 *   a row without ids is the head of its group
 */
export function layOut(groups, { width, side, gap, head }) {
  const columns = Math.max(1, Math.floor((width + gap) / (side + gap)))
  const rows = []
  let top = 0
  const add = (row, height) => {
    rows.push({ ...row, top, height })
    top += height
  }
  for (const { key, ids } of groups) {
    add({ key, ids: null, count: ids.length }, head)
    for (let at = 0; at < ids.length; at += columns) add({ key, ids: ids.slice(at, at + columns), count: ids.length }, side + gap)
  }
  return { columns, height: top, rows }
}

/** The rows that a window shows, with some beyond both its ends. */
export function rowsIn({ rows }, top, height, beyond) {
  return rows.slice(firstBelow(rows, top - beyond), firstAt(rows, top + height + beyond))
}

const firstBelow = (rows, y) => first(rows, (row) => row.top + row.height > y)
const firstAt = (rows, y) => first(rows, (row) => row.top >= y)

/** The first row of which something holds that holds of all after it. */
function first(rows, holds) {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(rows[middle])) high = middle
    else low = middle + 1
  }
  return low
}

/** How far the sheet has to be scrolled so that an item is in sight; null where it is, or is not on the sheet. */
export function scrollTo({ rows }, id, top, height) {
  const at = rows.findIndex((row) => row.ids?.includes(id))
  if (at < 0) return null
  // With the head of its group, where that is right above.
  const above = rows[at - 1]?.ids === null ? rows[at - 1].top : rows[at].top
  if (above < top) return above
  const below = rows[at].top + rows[at].height
  return below > top + height ? below - height : null
}

/** The item above or below one, in the same column or the last that there is. */
export function inColumn({ rows }, id, by) {
  const full = rows.filter((row) => row.ids)
  const at = full.findIndex((row) => row.ids.includes(id))
  const row = full[at + by]
  return at < 0 || !row ? null : row.ids[Math.min(full[at].ids.indexOf(id), row.ids.length - 1)]
}

/** Whether a point lies inside of a line that is drawn around; its ends meet. */
export function isInside([x, y], line) {
  let isIn = false
  for (let at = 0, before = line.length - 1; at < line.length; before = at, at += 1) {
    const [[ax, ay], [bx, by]] = [line[at], line[before]]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isIn = !isIn
  }
  return isIn
}
