/** The strip of detections: crop, class, score, size, die. The list that keys and screen readers go through. */
import { glyph, h, keyed, setAttribute } from "../shared/dom.js"
import { confidenceText, lengthText } from "../shared/formats.js"
import { classNamed, scoreBar } from "../shared/signs.js"
import { lazyCrops } from "./crops.js"
import { stripNote, visible } from "./wafer_state.js"

const CROP_PX = 144
const MOST_ITEMS = 400

export class DefectStrip {
  /** @param {{onHover: (id: ?string) => void, onSelect: (id: string) => void, onOpen: (id: string) => void, bands: (detection) => object}} hooks */
  constructor(list, hooks) {
    Object.assign(this, { list, hooks, run: null })
    this.crops = lazyCrops(list)
    const idOf = ({ target }) => target.closest(".defect")?.dataset.id ?? null
    list.addEventListener("click", (event) => { if (idOf(event)) hooks.onSelect(idOf(event)) })
    list.addEventListener("dblclick", (event) => { if (idOf(event)) hooks.onOpen(idOf(event)) })
    list.addEventListener("pointerover", (event) => hooks.onHover(idOf(event)))
    list.addEventListener("pointerleave", () => hooks.onHover(null))
    list.addEventListener("wheel", (event) => {
      if (event.deltaX || !event.deltaY) return
      event.preventDefault()
      list.scrollLeft += event.deltaY
    }, { passive: false })
  }

  show(state) {
    const all = visible(state)
    const images = new Map(state.run?.images.map((image) => [image.id, image]))
    if (this.run !== state.run) {
      this.run = state.run
      this.list.replaceChildren()
      this.list.keyedElements = undefined
    }
    keyed(this.list, all.slice(0, MOST_ITEMS), {
      key: ({ id }) => id,
      create: (detection) => this.#create(detection, images.get(detection.image)),
    })
    for (const [id, element] of this.list.keyedElements) {
      setAttribute(element, "aria-selected", String(id === state.selectedId))
      element.classList.toggle("is-hovered", id === state.hoverId)
    }
    const meant = this.list.keyedElements.get(state.selectedId)
    setAttribute(this.list, "aria-activedescendant", meant?.id)
    return stripNote(state, MOST_ITEMS)
  }

  reveal(id) {
    const element = this.list.keyedElements?.get(id)
    if (!element) return
    const { offsetLeft: left, offsetWidth: width } = element
    const { scrollLeft: from, clientWidth: seen } = this.list
    if (left < from + 8) this.list.scrollLeft = left - 24
    else if (left + width > from + seen - 8) this.list.scrollLeft = left + width - seen + 24
  }

  #create(detection, image) {
    const { name } = classNamed(detection.class_code)
    const crop = h("canvas", { class: "defect__crop", width: CROP_PX, height: CROP_PX, "aria-hidden": "true" })
    Object.assign(crop, { detection, image })
    const swatch = h("span", { class: "swatch" })
    swatch.style.setProperty("--swatch", `var(--class-${detection.class_code})`)
    const { reviewFrom, rejectFrom } = this.hooks.bands(detection)
    const element = h("button", { class: "defect", id: `defect-${detection.id}`, type: "button", role: "option", tabindex: -1, "data-id": detection.id, "data-band": detection.band,
      "aria-label": `${name}, ${detection.severity}, confidence ${confidenceText(detection.confidence)}, ${detection.band}` },
    crop, h("span", { class: "defect__text" },
      h("span", { class: "defect__name" }, glyph(detection.severity, `shape shape--${detection.severity}`), swatch, h("b", { class: "clip" }, name)),
      h("span", { class: "defect__score" }, scoreBar(detection.confidence, { reviewFrom, rejectFrom, band: detection.band }), h("b", {}, confidenceText(detection.confidence))),
      h("span", { class: "defect__where" }, h("span", {}, lengthText(detection.size_um)), h("span", {}, detection.die ? `die ${detection.die.join(", ")}` : ""))))
    if (image) this.crops.observe(crop)
    return element
  }
}
