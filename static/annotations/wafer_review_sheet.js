/** A sheet of thousands of crops: only what is in sight has elements. */
import { lazyCrops } from "../inspection/crops.js"
import { glyph, h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { confidenceText, countText } from "../shared/formats.js"
import { accountName, classNamed } from "../shared/signs.js"
import { swatch } from "./review_details.js"
import { finalOf, groups, isPickable, isSaid } from "./wafer_review_state.js"
import { inColumn, layOut, rowsIn, scrollTo } from "./wafer_sheet_layout.js"

const CROP_PX = 160
const GAP_PX = 8
const HEAD_PX = 48
/** Beyond what is in sight, so that a slow disk is not seen. */
const BEYOND_PX = 400

export const nameOf = (code) => (code === "nuisance" ? "Nuisance" : classNamed(code).name)

export class WholeSheet {
  #state = null
  #frame = 0

  /** @param {HTMLElement} place that scrolls @param {{onPick: (id: string, event) => void, onGroup: (ids: string[]) => void, onHover: (id: ?string) => void}} hooks */
  constructor(place, hooks) {
    Object.assign(this, { place, hooks, room: place.querySelector("#room"), side: 128 })
    this.crops = lazyCrops(place)
    this.layout = layOut([], { width: 1, side: this.side, gap: GAP_PX, head: HEAD_PX })
    place.addEventListener("scroll", () => this.#soon(), { passive: true })
    new ResizeObserver(() => this.draw(this.#state)).observe(place)
    this.room.addEventListener("click", (event) => {
      const group = event.target.closest("[data-group]")
      const crop = event.target.closest("[data-id]")
      if (group) hooks.onGroup(groups(this.#state).find(({ key }) => key === group.dataset.group)?.ids ?? [])
      else if (crop) hooks.onPick(crop.dataset.id, event)
    })
    this.room.addEventListener("pointerover", ({ target }) => hooks.onHover(target.closest("[data-id]")?.dataset.id ?? null))
  }

  set size(px) {
    this.side = px
    this.draw(this.#state)
  }

  draw(state) {
    if (!state) return
    this.#state = state
    this.layout = layOut(groups(state), { width: this.room.clientWidth, side: this.side, gap: GAP_PX, head: HEAD_PX })
    this.room.style.height = `${this.layout.height}px`
    this.#fill()
  }

  /** Brings one into sight. */
  reveal(id) {
    const top = scrollTo(this.layout, id, this.place.scrollTop, this.place.clientHeight)
    if (top === null) return
    this.place.scrollTop = top
    this.#fill()
  }

  /** The one above or below. */
  beyond(id, by) {
    return inColumn(this.layout, id, by)
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#fill()
    })
  }

  #fill() {
    const rows = rowsIn(this.layout, this.place.scrollTop, this.place.clientHeight, BEYOND_PX)
    const parts = rows.flatMap((row) => (row.ids ? row.ids.map((id, column) => ({ id, x: column * (this.side + GAP_PX), y: row.top })) : [{ ...row, y: row.top }]))
    keyed(this.room, parts, {
      key: ({ id, key }) => id ?? `head ${key}`,
      create: (part) => {
        const element = part.id ? this.#crop() : this.#head(part)
        this.#update(element, part)
        return element
      },
      update: (element, part) => this.#update(element, part),
    })
    const isThere = rows.some(({ ids }) => ids?.includes(this.#state.focus))
    setAttribute(this.place, "aria-activedescendant", isThere ? `item-${this.#state.focus}` : null)
  }

  #head({ key }) {
    const severity = key === "nuisance" ? "nuisance" : classNamed(key).severity
    return h("div", { class: "whole__group", role: "presentation" },
      h("h2", {}, glyph(severity, `shape shape--${severity}`), key === "nuisance" ? null : swatch(key), nameOf(key)), h("span", { class: "muted" }),
      h("button", { class: "button button--quiet", type: "button", tabindex: -1, "data-group": key }, "All of these"))
  }

  #crop() {
    return h("div", { class: "crop", role: "option" }, h("canvas", { width: CROP_PX, height: CROP_PX, "aria-hidden": "true" }),
      h("span", { class: "crop__sign" }, icon("check", "small")), h("span", { class: "crop__word" }))
  }

  #update(element, part) {
    const place = `translate(${part.x ?? 0}px, ${part.y}px)`
    if (element.style.transform !== place) element.style.transform = place
    if (!part.id) return setText(element.querySelector(".muted"), countText(part.count))
    if (element.style.width !== `${this.side}px`) element.style.width = `${this.side}px`
    return this.#show(element, this.#state.items.get(part.id))
  }

  #show(element, item) {
    const state = this.#state
    const id = item.task
    // While the sheet scrolls nothing else changes.
    if (element.shown === state) return
    element.shown = state
    if (element.dataset.id !== id) {
      Object.assign(element, { id: `item-${id}` }).dataset.id = id
      const canvas = element.querySelector("canvas")
      Object.assign(canvas, { detection: item, image: state.images.get(item.image) })
      if (canvas.image) this.crops.observe(canvas)
    }
    const isChosen = state.chosen.has(id)
    const word = wordOf(state, item)
    setAttribute(element, "aria-selected", String(isChosen))
    setAttribute(element, "data-kind", state.problems.has(id) ? "refused" : !isPickable(state, id) ? "shut" : isSaid(state, item) ? "said" : "open")
    setAttribute(element, "data-focus", id === state.focus ? "" : null)
    setText(element.querySelector(".crop__word"), word)
    const label = [nameOf(item.class_code), `${item.severity}, ${confidenceText(item.confidence)} sure, ${item.band}`, word, state.problems.get(id)].filter(Boolean).join(", ")
    setAttribute(element, "aria-label", label)
    setAttribute(element, "title", label)
  }
}

/** What became of it, in a word or two; empty while it waits. */
export function wordOf(state, item) {
  const pending = state.pending.get(item.task)
  if (pending) return pending.word ? "saving" : "taking back"
  if (item.state === "open" && item.is_taken) return "in others’ hands"
  if (item.state === "disputed") return "disputed"
  if (!isSaid(state, item)) return ""
  const changed = finalOf(state, item) !== item.class_code && item.said?.verdict !== "nuisance" ? ` · was ${nameOf(item.class_code).toLowerCase()}` : ""
  const who = item.said ? accountName(item.said.author) : item.state
  return `${item.state === "open" || item.state === "decided" ? who : item.state}${changed}`
}
