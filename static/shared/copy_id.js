/** The button that puts a request's id on the clipboard, for whoever reports a problem; shared/copying.js does it. */
import { h, icon } from "./dom.js"

/** @param {string} requestId @returns {HTMLButtonElement} */
export function copyIdButton(requestId) {
  return h("button", { class: "copy-id", type: "button", "data-copy": requestId, "data-what": "the request's id" }, icon("copy", "small"), "Copy id")
}
