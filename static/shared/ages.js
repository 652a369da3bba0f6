/** Keeps every <time data-age> of the page true, with one timer. */
import { h, setText } from "./dom.js"
import { ageText, momentText } from "./formats.js"

/** A ticking age with the exact moment on hover. */
export function ageElement(moment, attributes = {}) {
  const element = h("time", { "data-age": true, ...attributes })
  setAge(element, moment)
  return element
}

export function setAge(element, moment) {
  if (element.dateTime === moment) return
  element.dateTime = moment ?? ""
  element.title = moment ? momentText(moment) : ""
  setText(element, ageText(Date.now() - Date.parse(moment)))
}

export function tick() {
  const now = Date.now()
  for (const element of document.querySelectorAll("time[data-age]")) {
    setText(element, ageText(now - Date.parse(element.dateTime)))
    // What the server drew has no title yet: only the browser knows the local time.
    if (!element.title && element.dateTime) element.title = momentText(element.dateTime)
  }
}

export function startAges() {
  tick()
  setInterval(tick, 1000)
}
