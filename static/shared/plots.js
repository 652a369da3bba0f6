/** Plots as parts of a page: drawn by Plotly, which is loaded when the first of them comes into sight; with their numbers as a table. */
import { h, icon } from "./dom.js"
import { countText } from "./formats.js"
import { themeColours } from "./paint.js"
import { csvOf, figureOf, sayPlot } from "./plots_state.js"
import { saveFile } from "./saving.js"

const PNG = { format: "png", width: 1200, height: 675, scale: 1 }
let loading = null

/** @param {string} address of the vendored script, as the page knows it */
function plotly(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", { src: address })
    script.onload = () => resolve(globalThis.Plotly)
    script.onerror = () => { loading = null; script.remove(); reject(new Error("Plots could not be loaded.")) }
    document.head.append(script)
  })
  return loading
}

/**
 * A panel with a plot, its words and what can be done with it.
 *
 * @param {import("./plots_state.js").Plot & {note?: string, file: string}} plot note: what to know of it; file: how it is called when saved
 * @param {{address: string}} how where Plotly is
 */
export function plotPanel(plot, { address }) {
  const place = h("div", { class: "plot__canvas", role: "img", "aria-label": sayPlot(plot) })
  const table = h("div", { class: "plot__table table-scroll", hidden: true, tabindex: 0, role: "region", "aria-label": `${plot.title}: the numbers` }, tableOf(plot))
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
      h("button", { class: "button button--quiet", type: "button", "aria-label": `${plot.title}: save as CSV`, onclick: () => saveFile(`${plot.file}.csv`, csvOf(plot)) }, "CSV"), png),
    trouble, place, table, plot.note && h("p", { class: "plot__note muted small" }, plot.note))
  const draw = async () => {
    try {
      const library = await plotly(address)
      const { data, layout } = figureOf(plot, coloursNow())
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

function whenSeen(element, run) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    watch.disconnect()
    run()
  }, { rootMargin: "200px" })
  watch.observe(element)
}

function coloursNow() {
  return { ...themeColours(), font: getComputedStyle(document.body).fontFamily }
}

async function imageOf(plot, address) {
  const library = await plotly(address)
  const { data, layout } = figureOf(plot, coloursNow())
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
