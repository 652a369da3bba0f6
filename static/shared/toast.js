/** Short words about what just happened. They never take the focus, and leave by themselves; an alarm stays until it is closed. */
import { copyIdButton } from "./copy_id.js"
import { h, icon } from "./dom.js"

const SHOWN_MS = 6000

/** @param {string} text @param {{level?: "info"|"warn"|"alarm", action?: {label: string, run: () => void}, requestId?: string}} how */
export function toast(text, { level = "info", action = null, requestId = "" } = {}) {
  const sign = { info: "info", warn: "triangle-alert", alarm: "octagon-alert" }[level]
  const element = h("div", { class: "toast", "data-level": level }, icon(sign), h("span", {}, text))
  if (action) element.append(h("button", { class: "button button--quiet", type: "button", onclick: () => { element.remove(); action.run() } }, action.label))
  if (requestId) element.append(copyIdButton(requestId))
  if (level === "alarm") element.append(h("button", { class: "button button--quiet button--icon", type: "button", "aria-label": "Close", onclick: () => element.remove() }, icon("x", "small")))
  const list = reachableList()
  list.append(element)
  while (list.children.length > 3) list.firstElementChild.remove()
  if (level !== "alarm") setTimeout(() => element.remove(), SHOWN_MS)
  return element
}

/** The list, moved into the sheet that is open: whatever lies outside of one can neither be seen nor pressed. */
function reachableList() {
  const list = document.querySelector("#toasts")
  const sheet = [...document.querySelectorAll("dialog:modal")].at(-1)
  if (sheet && list.parentElement !== sheet) {
    sheet.append(list)
    sheet.addEventListener("close", () => document.body.append(list), { once: true })
  }
  return list
}
