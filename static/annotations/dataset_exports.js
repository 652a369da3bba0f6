/** The files of a data set: asked for, followed while a worker makes them, taken away. */
import { h, icon, keyed, setText } from "../shared/dom.js"
import { outcome, postJson } from "../shared/http.js"
import { toast } from "../shared/toast.js"
import { EXPORTS, exportCell, exportPath } from "./dataset_state.js"

export class ExportTable {
  /** @param {HTMLElement} place @param {{id: string, mayExport: boolean, onAsked: () => void}} page */
  constructor(place, { id, mayExport, onAsked }) {
    Object.assign(this, { place, id, mayExport, onAsked })
    place.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-make]")
      if (button) this.#ask(button)
    })
  }

  /** @param {object[]} files as the API gives them */
  draw(files) {
    const of = (format, withImages) => files.find((one) => one.format === format && one.images === withImages) ?? null
    keyed(this.place, Object.keys(EXPORTS).map((format) => ({ format, cells: [false, true].map((withImages) => [withImages, of(format, withImages)]) })), {
      key: ({ format }) => format,
      create: (row) => this.#fill(h("tr", {}, h("th", { scope: "row" }, EXPORTS[row.format]), h("td", {}), h("td", {})), row),
      update: (element, row) => this.#fill(element, row),
    })
  }

  #fill(element, { format, cells }) {
    cells.forEach(([withImages, file], at) => {
      const cell = element.children[at + 1]
      const said = exportCell(file, { isManifest: format === "jsonl" && !withImages })
      // What has the focus stays, while only its numbers change.
      if (cell.dataset.kind !== said.kind) {
        cell.dataset.kind = said.kind
        cell.replaceChildren(this.#content(said.kind, format, withImages))
      }
      setText(cell.querySelector("small"), said.words)
      const bar = cell.querySelector("progress")
      if (bar && said.share === null) bar.removeAttribute("value")
      else if (bar) bar.value = said.share
    })
    return element
  }

  #content(kind, format, withImages) {
    const name = `${EXPORTS[format]}${withImages ? " with the images" : ""}`
    const words = h("small", { class: "muted" })
    const make = (label, sign) => this.mayExport && h("button", { class: "button", type: "button", "data-make": format, "data-images": String(withImages), "aria-label": `${label}: ${name}` }, icon(sign, "small"), label)
    if (kind === "ready") return h("div", { class: "exports__cell" }, h("a", { class: "button", href: exportPath(this.id, format, withImages), download: true, "aria-label": `Download: ${name}` }, icon("download", "small"), "Download"), words)
    if (kind === "building") return h("div", { class: "exports__cell" }, h("progress", { class: "progress", max: 1, "aria-label": `How far ${name} is` }), words)
    if (kind === "failed") return h("div", { class: "exports__cell exports__cell--failed" }, make("Try again", "refresh-cw"), icon("triangle-alert", "small"), words)
    return h("div", { class: "exports__cell" }, make("Make it", "plus"), words)
  }

  async #ask(button) {
    const { make: format, images } = button.dataset
    button.disabled = true
    const [, problem] = await outcome(postJson(`datasets/${this.id}/exports/`, { format, images: images === "true" }))
    button.disabled = false
    if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
    this.onAsked()
  }
}
