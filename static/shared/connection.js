/** What the title bar says about the link to the server, the age of what is shown, alarms and degraded service. */
import { setAttribute, setIcon, setText } from "./dom.js"
import { ageText, timeText } from "./formats.js"
import { getJson } from "./http.js"
import { partTitle } from "./parts.js"
import { turns } from "./turns.js"

const STALE_MS = 30_000
const SYSTEM_EVERY_MS = 15_000
const CUT_OFF = {
  offline: "The server cannot be reached. What you see is the last known state; this page reconnects by itself and fills the gap.",
  "signed out": "You are signed out, here or in another window. What you see is the last known state.",
}

/**
 * Words for the state of the link.
 *
 * @param {string[]} states one per socket of the page
 * @returns {{level: string, text: string, icon: string, sub: string}}
 */
export function linkWords({ states, silentMs, retryInMs }) {
  if (states.includes("signed out")) return { level: "alarm", text: "Signed out", icon: "lock", sub: "" }
  if (states.includes("offline")) {
    const sub = retryInMs > 0 ? `again in ${Math.ceil(retryInMs / 1000)} s` : "trying"
    return { level: "alarm", text: "Offline", icon: "wifi-off", sub }
  }
  if (states.includes("refused")) return { level: "warn", text: "Not live", icon: "lock", sub: "" }
  if (silentMs > STALE_MS) return { level: "warn", text: "Stale", icon: "clock", sub: ageText(silentMs) }
  if (states.includes("polling")) return { level: "warn", text: "Every 5 s", icon: "refresh-cw", sub: "" }
  if (states.length === 0 || states.includes("connecting")) return { level: "none", text: "Connecting", icon: "circle-dashed", sub: "" }
  return { level: "none", text: "Live", icon: "wifi", sub: silentMs < 5000 ? "now" : ageText(silentMs) }
}

/**
 * Words for the alarm slot, from the system's state: the gravest first.
 *
 * @returns {{level: string, text: string}}
 */
export function alarmWords(system) {
  const broken = (system?.components ?? []).filter(({ state }) => state === "down" || state === "degraded")
  if (!system) return { level: "none", text: "System unknown" }
  if (broken.length === 0) return system.state === "ok" ? { level: "none", text: "System OK" } : { level: "warn", text: "Degraded" }
  const down = broken.filter(({ state }) => state === "down")
  const named = (down.length ? down : broken).map(({ name }) => partTitle(name))
  const text = `${named.slice(0, 2).join(", ")}${named.length > 2 ? ` +${named.length - 2}` : ""} ${down.length ? "down" : "degraded"}`
  return { level: down.length ? "alarm" : "warn", text }
}

export function startConnection() {
  const slot = document.querySelector("#connection")
  if (!slot) return
  const links = new Map()
  let contactAt = Date.now()
  let retryAt = 0

  const draw = () => {
    const words = linkWords({ states: [...links.values()], silentMs: Date.now() - contactAt, retryInMs: retryAt - Date.now() })
    setAttribute(slot, "data-level", words.level)
    setText(slot.querySelector("[data-text]"), words.text)
    setText(slot.querySelector("[data-sub]"), words.sub)
    if (slot.dataset.icon !== words.icon) setIcon(slot, (slot.dataset.icon = words.icon))
    document.documentElement.dataset.link = words.level === "alarm" ? words.text.toLowerCase() : "on"
    drawBanner()
  }

  let banner = null
  const drawBanner = () => {
    const element = document.querySelector("#banner")
    const cut = CUT_OFF[document.documentElement.dataset.link]
    const text = cut ?? banner
    const link = element.querySelector("a")
    setAttribute(element, "data-level", cut ? "alarm" : "warn")
    setText(element.querySelector("span"), text ?? "")
    setText(link, cut ? "Sign in again" : "See system health")
    setAttribute(link, "href", cut ? `/login/?next=${encodeURIComponent(location.pathname + location.search)}` : "/health/")
    link.hidden = document.documentElement.dataset.link === "offline"
    element.hidden = !text
  }

  const drawAlarms = (system) => {
    const words = alarmWords(system)
    setAttribute(document.querySelector("#alarms"), "data-level", words.level)
    setText(document.querySelector("#alarms [data-text]"), words.text)
  }

  const drawSystem = (system) => {
    drawAlarms(system)
    banner = system.banner
    drawBanner()
    document.dispatchEvent(new CustomEvent("waferdeck:system", { detail: system }))
  }

  const questions = turns()
  const ask = async () => {
    const turn = questions.take()
    const system = await getJson("system/").catch(() => null)
    if (!questions.counts(turn)) return
    if (system) drawSystem(system)
    else drawAlarms(null)
  }

  document.addEventListener("waferdeck:contact", () => { contactAt = Date.now() })
  document.addEventListener("live:link", ({ target, detail }) => {
    links.set(target, detail.state)
    // Another socket of the page knows nothing of this one's next try.
    if (detail.retryAt) retryAt = detail.retryAt
    draw()
  })
  document.addEventListener("live:system.changed", ask)
  document.addEventListener("live:resync", ({ target }) => { if (target.getAttribute("src") === "/ws/live/") ask() })
  setInterval(draw, 1000)
  setInterval(ask, SYSTEM_EVERY_MS)
}

export function startClock() {
  const clock = document.querySelector("#clock")
  if (!clock) return
  const draw = () => setText(clock, timeText(Date.now()))
  draw()
  setInterval(draw, 1000)
}
