/** Short words about what just happened; they leave by themselves and never take the focus. */
import { h, icon } from "./dom.js"

const SHOWN_MS = 6000

/** @param {string} text @param {{level?: "info"|"warn"|"alarm", action?: {label: string, run: () => void}}} how */
export function toast(text, { level = "info", action = null } = {}) {
  const sign = { info: "info", warn: "triangle-alert", alarm: "octagon-alert" }[level]
  const element = h("div", { class: "toast", "data-level": level }, icon(sign), h("span", {}, text))
  if (action) element.append(h("button", { class: "button button--quiet", type: "button", onclick: () => { element.remove(); action.run() } }, action.label))
  const list = document.querySelector("#toasts")
  list.append(element)
  while (list.children.length > 3) list.firstElementChild.remove()
  setTimeout(() => element.remove(), SHOWN_MS)
  return element
}
