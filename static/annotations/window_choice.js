/** How far back a page of figures looks; kept in its address, so that a link shows the same. */
import { setAttribute } from "../shared/dom.js"
import { bind } from "../shared/keys.js"

const DAYS = [7, 30, 90]
const DEFAULT_DAYS = 30

/** @param {(days: number) => void} onChange @returns {number} what is chosen now */
export function windowChoice(onChange) {
  const place = document.querySelector("#window")
  const asked = Number(new URLSearchParams(location.search).get("days"))
  const days = DAYS.includes(asked) ? asked : DEFAULT_DAYS
  const mark = (chosen) => { for (const button of place.children) setAttribute(button, "aria-pressed", String(Number(button.dataset.days) === chosen)) }
  const choose = (chosen) => {
    mark(chosen)
    keepInAddress({ days: chosen })
    onChange(chosen)
  }
  place.addEventListener("click", ({ target }) => { if (target.dataset.days) choose(Number(target.dataset.days)) })
  DAYS.forEach((some, at) => bind({ keys: [String(at + 1)], label: `The last ${some} days`, isOnce: true, run: () => choose(some) }))
  mark(days)
  return days
}

/** Puts values into the page's address; null takes one out. */
export function keepInAddress(values) {
  const query = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "") query.delete(name)
    else query.set(name, value)
  }
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname)
}
