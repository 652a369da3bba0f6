/** What differs between this data set and another, with pictures of the first of each kind. */
import { h, icon, svg } from "../shared/dom.js"
import { countText, plural } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { classNamed } from "../shared/signs.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { diffExamples, diffLines } from "./dataset_state.js"
import { swatch } from "./review_details.js"

const COMPARE_MS = 60_000
const STATES = { kept: "as before", gone: "before", new: "now" }

export class DiffPanel {
  #turns = turns()

  /** @param {HTMLElement} panel @param {{dataset: object}} page */
  constructor(panel, { dataset }) {
    Object.assign(this, { panel, dataset, place: panel.querySelector("#diff"), choice: panel.querySelector("#diff-other") })
    this.choice.addEventListener("change", () => this.compare())
  }

  /** @param {object[]} others data sets of the site that are ready */
  offer(others) {
    const chosen = this.choice.value
    const options = others.map(({ id, code, name }) => h("option", { value: id }, name ? `${code} · ${name}` : code))
    this.choice.replaceChildren(h("option", { value: "" }, others.length ? "Choose another data set" : "There is no other yet"), ...options)
    this.choice.disabled = others.length === 0
    this.choice.value = chosen
  }

  async compare() {
    const other = this.choice.value
    const turn = this.#turns.take()
    if (!other) return this.place.replaceChildren(this.#none())
    this.place.replaceChildren(h("p", { class: "skeleton" }, "Reading both, line by line"), h("p", { class: "skeleton" }, "Looking for examples"))
    const [found, problem] = await outcome(getJson(`datasets/${this.dataset.id}/diff/?other=${other}`, { timeoutMs: COMPARE_MS }))
    if (!this.#turns.counts(turn)) return undefined
    showTrouble(this.panel.querySelector("#diff-trouble"), problem, { what: "They could not be compared.", retry: () => this.compare() })
    return this.place.replaceChildren(...(found ? this.#drawn(found) : []))
  }

  #none() {
    return h("p", { class: "muted" }, "What the one chosen has more, less, or otherwise, with pictures.")
  }

  #drawn({ is_same: isSame, difference }) {
    if (isSame) return [h("p", { class: "row" }, icon("circle-check"), "They are the same, byte by byte.")]
    const lines = diffLines(difference).map(([count, words]) => h("li", {}, h("b", {}, countText(count)), ` ${words}`))
    const classes = Object.entries(difference.classes).map(([code, count]) => h("li", { class: "diff__class" }, swatch(code), classNamed(code).name, h("b", {}, `${count > 0 ? "+" : "−"}${countText(Math.abs(count))}`)))
    return [
      h("ul", { class: "diff__lines" }, lines),
      ...(classes.length ? [h("ul", { class: "diff__lines", "aria-label": "Defects by class, more or fewer" }, classes)] : []),
      ...diffExamples(difference).map((group) => this.#group(group, difference.images[group.kind] ?? group.shots.length)),
    ]
  }

  #group({ title, kind, shots }, count) {
    return h("section", { class: "diff__group" }, h("h3", {}, title, h("span", { class: "muted" }, ` · ${plural(count, "image")}${count > shots.length ? `, the first ${shots.length}` : ""}`)),
      kind === "changed" && h("p", { class: "muted small" }, "Thin: as before. Dashed: said before. Thick: said now."),
      h("ul", { class: "diff__shots" }, shots.map((shot) => this.#shot(shot))))
  }

  #shot({ image, width_px: width, height_px: height, lot, wafer, boxes, before, after }) {
    const words = boxes.filter(({ state }) => state !== "kept").map(({ state, code }) => `${classNamed(code).name} ${STATES[state]}`)
    const moved = before && after && before.split !== after.split ? `${before.split} → ${after.split}` : (after ?? before).split
    const outline = boxes.map(({ state, box: [x, y, w, h2] }) => svg("rect", { class: "diff__box", "data-state": state, x, y, width: w, height: h2 }))
    return h("li", { class: "diff__shot" },
      h("span", { class: "diff__picture" }, h("img", { src: `/api/v1/images/${image}/thumbnail/`, alt: "", loading: "lazy", width, height }),
        svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words.join(", ") || "No change of boxes" }, outline)),
      h("small", {}, h("b", {}, `${lot} · ${wafer}`), ` ${moved}`), h("small", { class: "muted" }, wordsOf(words)))
  }
}

const MOST_WORDS = 2
function wordsOf(words) {
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS).join(", ")} and ${words.length - MOST_WORDS} more` : words.join(", ")
}
