/** Waits before reconnect attempt n (from 0), in ms: 0.5 s doubling to 30 s, halved at random. */
export function backoffMs(attempt, random = Math.random) {
  const ceilingMs = Math.min(30_000, 500 * 2 ** attempt)
  return ceilingMs / 2 + random() * (ceilingMs / 2)
}

const POLL_MS = 5_000
const PING_MS = 15_000
const SILENT_MS = 40_000
const LOST = 1006
const SIGNED_OUT = 4401
/** Not allowed, or not there: asking again every second would not change it. */
const FINAL = new Set([SIGNED_OUT, 4403, 4404])

/**
 * What the link to the server is after an event: "connecting", "live", "polling" (the socket is open but no events
 * reach it) or "offline". `resync` says that the page must ask for the present.
 *
 * @returns {{state: string, resync: boolean}}
 */
export function linkAfter(state, event) {
  switch (event.type) {
    case "hello": return { state: event.data?.live === false ? "polling" : "live", resync: true }
    case "gap": return { state: "live", resync: true }
    case "hub.down": return { state: "polling", resync: true }
    case "closed": return { state: event.code === SIGNED_OUT ? "signed out" : FINAL.has(event.code) ? "refused" : "offline", resync: false }
    case "opening": return { state: state === "offline" ? "offline" : "connecting", resync: false }
    default: return { state, resync: false }
  }
}

/**
 * Relays server events to the page as DOM events `live:<type>`; asks for a redraw (`live:resync`) after every gap, the
 * first included, and every five seconds while no events flow. `live:link` tells the state of the connection.
 */
export class LiveUpdates extends (globalThis.HTMLElement ?? Object) {
  #socket = null
  #timer
  #poll
  #ping
  #heardAt = 0
  #attempt = 0
  #state = "connecting"
  #word = null
  #start = () => this.#open()
  #online = () => this.#retryNow()
  #offline = () => this.#drop()
  #signedIn = () => this.#retryNow()

  connectedCallback() {
    addEventListener("online", this.#online)
    addEventListener("offline", this.#offline)
    document.addEventListener("waferdeck:signed-in", this.#signedIn)
    // Modules of the page run after this one, the last before this event: none of them misses the first word.
    if (document.readyState === "complete") this.#open()
    else document.addEventListener("DOMContentLoaded", this.#start, { once: true })
  }

  disconnectedCallback() {
    removeEventListener("online", this.#online)
    removeEventListener("offline", this.#offline)
    document.removeEventListener("waferdeck:signed-in", this.#signedIn)
    document.removeEventListener("DOMContentLoaded", this.#start)
    clearTimeout(this.#timer)
    clearInterval(this.#poll)
    clearInterval(this.#ping)
    this.#leave()
  }

  /** Says something now and after every connect: what this page is about. */
  say(message) {
    this.#word = JSON.stringify(message)
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(this.#word)
  }

  #open() {
    this.#turn({ type: "opening" })
    const url = new URL(this.getAttribute("src"), location.href)
    url.protocol = url.protocol.replace("http", "ws")
    const socket = (this.#socket = new WebSocket(url))
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data))
    socket.onclose = ({ code }) => this.#closed(code)
    this.#heardAt = Date.now()
    clearInterval(this.#ping)
    this.#ping = setInterval(() => this.#checkPulse(), PING_MS)
  }

  /** A line that died without a word looks open; only an answer proves that it is. */
  #checkPulse() {
    if (Date.now() - this.#heardAt > SILENT_MS) this.#drop()
    else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send('{"type":"ping"}')
  }

  /** Takes the line for lost. Closing a dead one takes a browser a minute, for it waits for the other side's goodbye. */
  #drop() {
    if (!this.#socket || this.#socket.readyState === WebSocket.CLOSED) return
    this.#leave()
    this.#closed(LOST)
  }

  #leave() {
    if (!this.#socket) return
    this.#socket.onmessage = this.#socket.onclose = null
    this.#socket.close()
  }

  #receive(frame) {
    document.dispatchEvent(new CustomEvent("waferdeck:contact"))
    this.#heardAt = Date.now()
    if (frame.type === "hello") {
      this.#attempt = 0
      if (this.#word) this.#socket.send(this.#word)
    }
    this.#turn(frame)
    this.#emit(`live:${frame.type}`, frame)
  }

  #closed(code) {
    const waitMs = backoffMs(this.#attempt++)
    this.#turn({ type: "closed", code }, { retryAt: Date.now() + waitMs })
    clearTimeout(this.#timer)
    clearInterval(this.#ping)
    if (FINAL.has(code)) return
    this.#timer = setTimeout(() => this.#open(), waitMs)
  }

  #retryNow() {
    if (this.#socket?.readyState === WebSocket.OPEN) return
    clearTimeout(this.#timer)
    this.#attempt = 0
    this.#leave()
    this.#open()
  }

  #turn(event, detail = {}) {
    const next = linkAfter(this.#state, event)
    this.#state = next.state
    clearInterval(this.#poll)
    if (next.state === "polling" || next.state === "offline") this.#poll = setInterval(() => this.#emit("live:resync"), POLL_MS)
    this.#emit("live:link", { state: next.state, ...detail })
    if (next.resync) this.#emit("live:resync")
  }

  #emit(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }))
  }
}
globalThis.customElements?.define("live-updates", LiveUpdates)
