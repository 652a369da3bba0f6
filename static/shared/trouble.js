/** What a page says when it cannot be brought up to date: what happened, what is safe, what to do, the id to report. */
import { copyIdButton } from "./copy_id.js"
import { h, icon } from "./dom.js"

/**
 * @param {HTMLElement} place a `.notice` of the page; hidden while there is no problem
 * @param {?Problem} problem
 * @param {{what: string, safe?: string, retry: () => void}} words what: "The jobs could not be loaded."
 */
export function showTrouble(place, problem, { what, safe = "What is stored is safe.", retry } = {}) {
  const said = problem ? `${what} ${problem.message}` : ""
  // Whoever tries again by its button keeps it, and the id of the first failure, while the next try fails too.
  if (problem && place.dataset.said === said) return
  place.dataset.said = said
  place.hidden = !problem
  place.replaceChildren(...(problem ? partsOf(problem, { what, safe, retry }) : []))
}

function partsOf({ message, requestId }, { what, safe, retry }) {
  return [icon("triangle-alert"), h("p", {}, h("b", {}, what), ` ${message} ${safe}`), h("span", { class: "row" },
    requestId && copyIdButton(requestId),
    h("button", { class: "button", type: "button", onclick: retry }, icon("refresh-cw", "small"), "Try again"))]
}
