/** A panel with lines that grow, drawn by Plotly; with its numbers as a table, for who does not see it. */
import { h, icon } from "../shared/dom.js"
import { coloursNow, plotly, whenSeen } from "../shared/plots.js"
import { csvOf } from "../shared/plots_state.js"
import { saveFile } from "../shared/saving.js"
import { lineFigure, tableRows } from "./curve_state.js"

export class CurvePlot {
  #curve = null
  #isSeen = false

  /** @param {string} title @param {{address: string}} how where Plotly is */
  constructor(title, { address }) {
    this.address = address
    this.canvas = h("div", { class: "plot__canvas", role: "img", "aria-label": title })
    this.empty = h("p", { class: "muted curve__empty" }, "Nothing measured yet.")
    this.table = h("div", { class: "plot__table table-scroll", hidden: true, tabindex: 0, role: "region", "aria-label": `${title}: the numbers` })
    const switcher = h("button", { class: "button button--quiet button--icon", type: "button", "aria-pressed": "false", "aria-label": `${title} as a table`, title: "As a table" }, icon("rows-3"))
    switcher.addEventListener("click", () => { this.table.hidden = !this.table.hidden; switcher.setAttribute("aria-pressed", String(!this.table.hidden)); this.#show() })
    const csv = h("button", { class: "button button--quiet", type: "button", "aria-label": `${title}: save as CSV` }, "CSV")
    csv.addEventListener("click", () => this.#curve && saveFile(`${this.#curve.file}.csv`, csvOf(tableRows(this.#curve))))
    this.element = h("section", { class: "panel plot" }, h("header", { class: "plot__head" }, h("h3", {}, title), h("span", { class: "push" }), switcher, csv), this.empty, this.canvas, this.table)
    this.#show()
    whenSeen(this.element, () => { this.#isSeen = true; this.#draw() })
    document.addEventListener("waferdeck:display", () => this.#draw())
  }

  /** @param {{title: string, series: object[]}} curve as `curvesOf` has it */
  show(curve) {
    if (JSON.stringify(curve) === JSON.stringify(this.#curve)) return
    this.#curve = curve
    this.#show()
    this.#draw()
  }

  #show() {
    const isEmpty = !this.#curve?.series.length
    this.empty.hidden = !isEmpty
    this.canvas.hidden = isEmpty || !this.table.hidden
    if (isEmpty || this.table.hidden) return
    const { x, categories, series } = tableRows(this.#curve)
    this.table.replaceChildren(h("table", { class: "table" }, h("thead", {}, h("tr", {}, h("th", {}, x), series.map(({ name }) => h("th", { class: "number" }, name)))),
      h("tbody", {}, categories.map((step, at) => h("tr", {}, h("td", {}, step), series.map(({ values }) => h("td", { class: "number" }, values[at] ?? "–")))))))
  }

  async #draw() {
    if (!this.#isSeen || !this.#curve?.series.length) return
    try {
      const library = await plotly(this.address)
      const { data, layout } = lineFigure(this.#curve, coloursNow())
      await library.react(this.canvas, data, layout, { displayModeBar: false, responsive: true })
    } catch {
      this.table.hidden = false
      this.#show()
    }
  }
}
