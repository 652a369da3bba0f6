/** What the title bar says about the link to the server, the age of what is shown, alarms and degraded service. */
import { setAttribute, setIcon, setText } from "./dom.js"
import { ageText, timeText } from "./formats.js"
import { getJson } from "./http.js"
import { partTitle } from "./parts.js"
import { turns } from "./turns.js"

const STALE_MS = 30_000
const SYSTEM_EVERY_MS = 15_000
/** Somebody who has just signed in again looks at this page and waits. */
const SIGNED_IN_EVERY_MS = 3000
const SESSION = "session"
const CUT_OFF = {
  offline: "The server cannot be reached. What you see is the last known state; this page reconnects by itself and fills the gap.",
  "signed out": "Your sign-in has ended. What you see is the last known state; this page goes on by itself once you have signed in again.",
  "somebody else": "Somebody else has signed in. What you see is from before; load the page again to see it under the new name.",
}

/**
 * Words for the state of the link.
 *
 * @param {string[]} states one per socket of the page
 * @returns {{level: string, text: string, icon: string, sub: string}}
 */
export function linkWords({ states, silentMs, retryInMs }) {
  if (states.includes("somebody else")) return { level: "alarm", text: "Somebody else", icon: "lock", sub: "" }
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
  // Of each socket its state, and that of the sign-in where an answer said that it has ended.
  const links = new Map()
  let contactAt = Date.now()
  let retryAt = 0

  const isCutOff = () => document.documentElement.dataset.link in CUT_OFF
  const draw = () => {
    const wasCutOff = isCutOff()
    const words = linkWords({ states: [...links.values()], silentMs: Date.now() - contactAt, retryInMs: retryAt - Date.now() })
    setAttribute(slot, "data-level", words.level)
    setText(slot.querySelector("[data-text]"), words.text)
    setText(slot.querySelector("[data-sub]"), words.sub)
    if (slot.dataset.icon !== words.icon) setIcon(slot, (slot.dataset.icon = words.icon))
    document.documentElement.dataset.link = words.level === "alarm" ? words.text.toLowerCase() : "on"
    // What was known of the system is not known of it now.
    if (isCutOff()) drawSystem(null)
    else if (wasCutOff) ask()
    drawBanner()
  }

  let banner = null
  const drawBanner = () => {
    const element = document.querySelector("#banner")
    const { link: state } = document.documentElement.dataset
    const cut = CUT_OFF[state]
    const text = cut ?? banner
    setAttribute(element, "data-level", cut ? "alarm" : "warn")
    setText(element.querySelector("span"), text ?? "")
    drawWayOut(element.querySelector("a"), state)
    element.hidden = !text
  }

  const drawSystem = (system) => {
    const words = alarmWords(system)
    setAttribute(document.querySelector("#alarms"), "data-level", words.level)
    setText(document.querySelector("#alarms [data-text]"), words.text)
    if (!system) return
    banner = system.banner
    drawBanner()
    document.dispatchEvent(new CustomEvent("waferdeck:system", { detail: system }))
  }

  const questions = turns()
  const ask = async () => {
    const turn = questions.take()
    const system = await getJson("system/").catch(() => null)
    if (!questions.counts(turn)) return
    if (system && links.has(SESSION)) await signedIn()
    drawSystem(isCutOff() ? null : system)
  }

  const signedOut = () => {
    if (links.get(SESSION) === "signed out") return
    links.set(SESSION, "signed out")
    draw()
  }

  /** The same person goes on where he was; for another this page would say and send things under the wrong name. */
  const signedIn = async () => {
    const user = await whoIsSignedIn()
    if (user === null) return
    signInTab?.close()
    if (user === document.body.dataset.user) {
      links.delete(SESSION)
      document.dispatchEvent(new CustomEvent("waferdeck:signed-in"))
    } else {
      links.set(SESSION, "somebody else")
    }
    draw()
  }

  document.addEventListener("waferdeck:contact", () => { contactAt = Date.now() })
  document.addEventListener("waferdeck:signed-out", signedOut)
  document.addEventListener("live:link", ({ target, detail }) => {
    links.set(target, detail.state)
    if (detail.state === "signed out") signedOut()
    // Another socket of the page knows nothing of this one's next try.
    if (detail.retryAt) retryAt = detail.retryAt
    draw()
  })
  document.addEventListener("live:system.changed", ask)
  document.addEventListener("live:resync", ({ target }) => { if (target.getAttribute("src") === "/ws/live/") ask() })
  document.querySelector("#banner a").addEventListener("click", openSignIn)
  setInterval(draw, 1000)
  setInterval(ask, SYSTEM_EVERY_MS)
  setInterval(() => { if (links.get(SESSION) === "signed out") ask() }, SIGNED_IN_EVERY_MS)
}

/** What is done about the state of the link: nothing while the server is away, for it is tried again by itself. */
function drawWayOut(link, state) {
  const here = location.pathname + location.search
  const [text, href] = { "signed out": ["Sign in again", `/login/?next=${encodeURIComponent(here)}`], "somebody else": ["Load the page again", here] }[state] ?? ["See system health", "/health/"]
  setText(link, text)
  setAttribute(link, "href", href)
  link.hidden = state === "offline"
}

let signInTab = null
/** Beside a page that holds files one signs in in a tab of its own, which is closed after: leaving would lose them. */
function openSignIn(event) {
  if (document.documentElement.dataset.link !== "signed out" || !document.body.dataset.holds) return
  signInTab = open(event.currentTarget.href, "waferdeck-sign-in")
  if (signInTab) event.preventDefault()
}

/** Whoever this page would be drawn for now; null when nobody or when there is no answer. */
async function whoIsSignedIn() {
  const page = await fetch(location.href).then((answer) => (answer.redirected ? "" : answer.text())).catch(() => "")
  return new DOMParser().parseFromString(page, "text/html").body.dataset.user || null
}

export function startClock() {
  const clock = document.querySelector("#clock")
  if (!clock) return
  const draw = () => setText(clock, timeText(Date.now()))
  draw()
  setInterval(draw, 1000)
}
