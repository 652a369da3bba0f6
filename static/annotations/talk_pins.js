/** Pins over a picture: small numbers beside their places, in a layer of their own, and the place that is being chosen. */
import { h, keyed, setAttribute, setText } from "../shared/dom.js"
import { pinPlaces, placeOf } from "./talk_state.js"

const LEAST_PX = 6

export class Pins {
  #from = null

  /**
   * @param {HTMLElement} host that the picture fills
   * @param {{placement: () => ?object, size: () => number[], imageSize: () => number[], onOpen: (id) => void, onPlace: (place_px) => void}} hooks
   */
  constructor(host, hooks) {
    this.hooks = hooks
    this.threads = []
    this.openId = null
    this.draft = null
    this.list = h("div", { class: "pins", role: "group", "aria-label": "Comments on this picture" })
    this.place = h("div", { class: "pins__place", hidden: true })
    this.chooser = h("div", { class: "pins__chooser", hidden: true })
    // What lies beyond the edge of the picture must not lie over the page.
    host.append(h("div", { class: "pins__ground" }, this.place), this.chooser, this.list)
    this.list.addEventListener("click", ({ target }) => {
      const pin = target.closest(".pin")
      if (pin) hooks.onOpen(pin.dataset.thread)
    })
    for (const [name, show] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) this.list.addEventListener(name, ({ target }) => this.#point(target.closest(".pin"), show))
    for (const name of ["pointerdown", "pointermove", "pointerup"]) this.chooser.addEventListener(name, (event) => this.#choose(event))
  }

  /** @param {{threads: object[], openId: ?string, draft: ?{place_px: number[]}, isShown: boolean, isChoosing: boolean}} what */
  show({ threads, openId, draft, isShown, isChoosing }) {
    Object.assign(this, { threads: isShown ? threads : [], openId, draft })
    this.chooser.hidden = !isChoosing
    this.draw()
  }

  /** Follows the picture. */
  draw() {
    const at = this.hooks.placement()
    const size = this.hooks.size()
    const places = at ? pinPlaces(this.threads, at, size) : []
    const seen = new Map(places.filter(({ isSeen }) => isSeen).map((one) => [one.id, one]))
    keyed(this.list, this.threads.filter(({ id }) => seen.has(id)), { key: ({ id }) => id, create: (thread) => this.#pin(thread, seen.get(thread.id)), update: (pin, thread) => this.#update(pin, thread, seen.get(thread.id)) })
    this.places = places
    this.#outline(this.draft ?? this.threads.find(({ id }) => id === (this.pointed ?? this.openId)), at)
  }

  #pin(thread, place) {
    const pin = h("button", { class: "pin", type: "button", "data-thread": thread.id }, h("span", { class: "pin__mark" }))
    this.#update(pin, thread, place)
    return pin
  }

  #update(pin, thread, { x, y }) {
    pin.style.setProperty("--x", `${x.toFixed(1)}px`)
    pin.style.setProperty("--y", `${y.toFixed(1)}px`)
    setText(pin.firstElementChild, String(thread.pin))
    setAttribute(pin, "data-kind", thread.is_unread ? "named" : thread.state)
    setAttribute(pin, "aria-pressed", String(thread.id === this.openId))
    const first = thread.comments.find(({ kind }) => kind === "said")
    setAttribute(pin, "aria-label", `Comment ${thread.pin}${thread.is_unread ? ", names you" : ""}: ${first?.author ?? thread.author}, ${first?.text.slice(0, 80) ?? "taken back"}`)
    setAttribute(pin, "title", first ? `${first.author}: ${first.text.slice(0, 160)}` : null)
  }

  #point(pin, isOn) {
    this.pointed = isOn && pin ? pin.dataset.thread : null
    this.draw()
  }

  /** The place itself is outlined while one reads or writes about it, and left alone otherwise. */
  #outline(thread, at) {
    this.place.hidden = !thread || !at
    if (this.place.hidden) return
    const [x, y, w, height] = thread.place_px
    const isPoint = w === 0 && height === 0
    setAttribute(this.place, "data-kind", isPoint ? "point" : "box")
    for (const [name, value] of [["--x", at.x + x * at.scale], ["--y", at.y + y * at.scale], ["--w", w * at.scale], ["--h", height * at.scale]]) this.place.style.setProperty(name, `${value.toFixed(1)}px`)
  }

  /** Dragging draws a box, a click is a point. */
  #choose(event) {
    const at = this.hooks.placement()
    if (!at) return
    const box = this.chooser.getBoundingClientRect()
    const point = [(event.clientX - box.left - at.x) / at.scale, (event.clientY - box.top - at.y) / at.scale]
    if (event.type === "pointerdown") {
      this.chooser.setPointerCapture(event.pointerId)
      this.#from = point
    }
    if (!this.#from) return
    const [widthPx, heightPx] = this.hooks.imageSize()
    this.hooks.onPlace(placeOf(this.#from, point, { widthPx, heightPx, leastPx: LEAST_PX / at.scale }))
    if (event.type === "pointerup") this.#from = null
    event.preventDefault()
  }
}
