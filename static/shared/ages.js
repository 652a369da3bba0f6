/** Keeps every <time data-age> of the page true, with one timer. */
import { setText } from "./dom.js"
import { ageText } from "./formats.js"
import { h } from "./dom.js"

/** A ticking age with the exact moment on hover. */
export function ageElement(moment, attributes = {}) {
  const element = h("time", { "data-age": true, ...attributes })
  setAge(element, moment)
  return element
}

export function setAge(element, moment) {
  if (element.dateTime === moment) return
  element.dateTime = moment ?? ""
  element.title = moment ? new Date(moment).toLocaleString() : ""
  setText(element, ageText(Date.now() - Date.parse(moment)))
}

export function tick() {
  const now = Date.now()
  for (const element of document.querySelectorAll("time[data-age]")) setText(element, ageText(now - Date.parse(element.dateTime)))
}

export function startAges() {
  for (const element of document.querySelectorAll("time[data-age]:not([title])")) element.title = new Date(element.dateTime).toLocaleString()
  tick()
  setInterval(tick, 1000)
}
