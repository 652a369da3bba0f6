/** What a page says when it cannot be brought up to date: what happened, what is safe, what to do, the id to report. */
import { h, icon } from "./dom.js"

/**
 * @param {HTMLElement} place a `.notice` of the page; hidden while there is no problem
 * @param {?Problem} problem
 * @param {{what: string, safe?: string, retry: () => void}} words what: "The jobs could not be loaded."
 */
export function showTrouble(place, problem, { what, safe = "What is stored is safe.", retry } = {}) {
  // The button that was pressed for the second try keeps the focus while that try fails too.
  if (problem && place.dataset.said === problem.message + problem.requestId) return
  place.dataset.said = problem ? problem.message + problem.requestId : ""
  place.hidden = !problem
  place.replaceChildren(...(problem ? partsOf(problem, { what, safe, retry }) : []))
}

function partsOf({ message, requestId }, { what, safe, retry }) {
  return [icon("triangle-alert"), h("p", {}, h("b", {}, what), ` ${message} ${safe}`), h("span", { class: "row" },
    requestId && h("button", { class: "button button--quiet", type: "button", "data-copy": requestId, "data-what": "the request's id" }, icon("copy", "small"), "Copy id"),
    h("button", { class: "button", type: "button", onclick: retry }, icon("refresh-cw", "small"), "Try again"))]
}
