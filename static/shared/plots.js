/** Plots as parts of a page: drawn by Plotly, which is loaded when the first of them comes into sight; with their numbers as a table. */
import { h, icon } from "./dom.js"
import { countText } from "./formats.js"
import { themeColours } from "./paint.js"
import { lineFigure, lineTable, sayLines } from "./plots_lines.js"
import { cellOf, csvOf, figureOf, sayPlot } from "./plots_state.js"
import { saveFile } from "./saving.js"

const PNG = { format: "png", width: 1200, height: 675, scale: 1 }
let loading = null

/** @param {string} address of the vendored script, as the page knows it */
export function plotly(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", { src: address })
    script.onload = () => resolve(globalThis.Plotly)
    script.onerror = () => { loading = null; script.remove(); reject(new Error("Plots could not be loaded.")) }
    document.head.append(script)
  })
  return loading
}

/** How a plot of bars and one of lines are drawn, said and written. */
const BARS = { figure: figureOf, say: sayPlot, csv: csvOf, table: tableOf }
const LINES = { figure: lineFigure, say: sayLines, csv: (plot) => linesOfCsv(lineTable(plot)), table: (plot) => rowsTable(lineTable(plot)) }
const kindOf = (plot) => (plot.lines ? LINES : BARS)

/**
 * A panel with a plot, its words and what can be done with it.
 *
 * @param {(import("./plots_state.js").Plot | {title: string, x: string, y: string, lines: import("./plots_lines.js").Line[]}) & {note?: string, file: string}} plot note: what to know of it; file: how it is called when saved
 * @param {{address: string}} how where Plotly is
 */
export function plotPanel(plot, { address }) {
  const place = h("div", { class: "plot__canvas", role: "img", "aria-label": kindOf(plot).say(plot) })
  const table = h("div", { class: "plot__table table-scroll", hidden: true, tabindex: 0, role: "region", "aria-label": `${plot.title}: the numbers` }, kindOf(plot).table(plot))
  const trouble = h("p", { class: "plot__trouble muted", hidden: true }, "The plot could not be drawn; the numbers are here.")
  const switcher = h("button", { class: "button button--quiet button--icon", type: "button", "aria-pressed": "false", "aria-label": `${plot.title} as a table`, title: "As a table" }, icon("rows-3"))
  const show = (isTable) => {
    table.hidden = !isTable
    place.hidden = isTable
    switcher.setAttribute("aria-pressed", String(isTable))
  }
  switcher.addEventListener("click", () => show(table.hidden))
  const png = h("button", { class: "button button--quiet", type: "button", "aria-label": `${plot.title}: save as PNG` }, "PNG")
  png.addEventListener("click", async () => saveFile(`${plot.file}.png`, await imageOf(plot, address)))
  const panel = h("section", { class: "panel plot" },
    h("header", { class: "plot__head" }, h("h3", {}, plot.title), h("span", { class: "push" }), switcher,
      h("button", { class: "button button--quiet", type: "button", "aria-label": `${plot.title}: save as CSV`, onclick: () => saveFile(`${plot.file}.csv`, kindOf(plot).csv(plot)) }, "CSV"), png),
    trouble, place, table, plot.note && h("p", { class: "plot__note muted small" }, plot.note))
  const draw = async () => {
    try {
      const library = await plotly(address)
      const { data, layout } = kindOf(plot).figure(plot, coloursNow())
      await library.react(place, data, layout, { displayModeBar: false, responsive: true })
      place.dataset.drawn = "true"
    } catch {
      trouble.hidden = false
      show(true)
    }
  }
  whenSeen(panel, draw)
  document.addEventListener("waferdeck:display", () => { if (place.dataset.drawn) draw() })
  return panel
}

export function whenSeen(element, run) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    watch.disconnect()
    run()
  }, { rootMargin: "200px" })
  watch.observe(element)
}

export function coloursNow() {
  return { ...themeColours(), font: getComputedStyle(document.body).fontFamily }
}

async function imageOf(plot, address) {
  const library = await plotly(address)
  const { data, layout } = kindOf(plot).figure(plot, coloursNow())
  const picture = { data, layout: { ...layout, paper_bgcolor: themeColours().panel, title: { text: plot.title }, margin: { l: 60, r: 20, t: 60, b: 60 } } }
  const address64 = await library.toImage(picture, PNG)
  const bytes = Uint8Array.from(atob(address64.split(",")[1]), (one) => one.charCodeAt(0))
  return new Blob([bytes], { type: "image/png" })
}

function tableOf({ x, y, categories, series }) {
  return h("table", { class: "table" },
    h("thead", {}, h("tr", {}, h("th", {}, x), series.map(({ name }) => h("th", { class: "number" }, series.length > 1 ? name : y)))),
    h("tbody", {}, categories.map((category, at) => h("tr", {}, h("td", {}, category), series.map(({ values }) => h("td", { class: "number" }, countText(values[at])))))))
}

function rowsTable({ head, rows }) {
  const isNumber = (at) => rows.some((row) => typeof row[at] === "number")
  return h("table", { class: "table" },
    h("thead", {}, h("tr", {}, head.map((name, at) => h("th", { class: isNumber(at) ? "number" : null }, name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", { class: typeof cell === "number" ? "number" : null }, String(cell)))))))
}

const linesOfCsv = ({ head, rows }) => [head, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n")
