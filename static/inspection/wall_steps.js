/** Going over the live wall by keys: from wafer to wafer, from lane to lane, to what needs a person. */
import { bind } from "../shared/keys.js"
import { cardKey } from "./wall_state.js"

const linksOf = (board) => [...board.querySelectorAll(".card__link")]

export function bindSteps(board) {
  const run = (event) => step(board, event.key)
  bind({ keys: ["ArrowRight", "ArrowLeft"], label: "Next or previous wafer; Enter opens it", run })
  bind({ keys: ["ArrowDown", "ArrowUp"], label: "Next or previous lane", run })
}

/** To the next card that needs a person, in the order of the page, and from the last to the first. */
export function toNext(board) {
  const links = linksOf(board)
  const needing = board.querySelectorAll(".card[data-level=alarm] .card__link")
  const at = links.indexOf(document.activeElement)
  show([...needing].find((link) => links.indexOf(link) > at) ?? needing[0])
}

/** To one card, wherever it is. */
export function goTo(board, key) {
  show(linkOf(board, key))
}

function show(link) {
  link?.focus({ focusVisible: true })
  link?.scrollIntoView({ block: "nearest", inline: "center" })
}

function linkOf(board, key) {
  return [...board.querySelectorAll(".card")].find(({ card }) => cardKey(card) === key)?.querySelector("a")
}

/** Another view, or another lane, draws cards anew: who goes by keys stays at theirs. */
export function focusCard(board, key) {
  linkOf(board, key)?.focus({ preventScroll: true })
}

function step(board, key) {
  const links = linksOf(board)
  const at = links.indexOf(document.activeElement)
  const lane = document.activeElement.closest?.(".lane")
  const next = { ArrowRight: () => links[at + 1], ArrowLeft: () => links[Math.max(0, at - 1)],
    ArrowDown: () => firstBeyond(lane, "nextElementSibling") ?? links[at + 1],
    ArrowUp: () => firstBeyond(lane, "previousElementSibling") ?? links[Math.max(0, at - 1)] }[key]()
  next?.focus()
}

/** The first wafer of the next lane that way that has one: an idle tool's is empty. */
function firstBeyond(lane, way) {
  for (let next = lane?.[way]; next; next = next[way]) if (next.querySelector(".card__link")) return next.querySelector(".card__link")
  return null
}
