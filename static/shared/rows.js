/** A list whose rows are links is walked by keys; Enter opens the one that has the focus. */
import { bind } from "./keys.js"

/** The row a key leads to, or -1 to stay. Nothing is lost past the ends: the last row is where one stays. */
export function nextRow(index, key, count) {
  if (count === 0) return -1
  if (key === "Home") return 0
  if (key === "End") return count - 1
  if (key === "j" || key === "ArrowDown") return Math.min(index + 1, count - 1)
  return Math.max(index - 1, 0)
}

/**
 * Binds the keys.
 *
 * @param {() => HTMLElement[]} links of the rows, in order
 * @param {string} what one row is
 * @returns {(event: KeyboardEvent) => void} the step itself, for a field above the list
 */
export function walkRows(links, what) {
  const step = ({ key }) => {
    const all = links()
    const to = nextRow(all.indexOf(document.activeElement), key, all.length)
    if (to < 0) return
    all[to].focus({ preventScroll: true })
    all[to].closest("tr, article").scrollIntoView({ block: "nearest" })
  }
  bind({ keys: ["j", "ArrowDown"], label: `Next ${what}; Enter opens it`, run: step })
  bind({ keys: ["k", "ArrowUp"], label: `${what[0].toUpperCase()}${what.slice(1)} before`, run: step })
  bind({ keys: ["Home", "End"], label: `First or last ${what} of the page`, run: step })
  return step
}
