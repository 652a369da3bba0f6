/** What a plot says, apart from how it is drawn: bars by category, as Plotly's figure and as lines for a spreadsheet. No DOM. */

const FEW = 4
const HATCHES = ["", "/", "x", "."]

/**
 * @typedef {{title: string, x: string, y: string, categories: string[], series: {name: string, values: number[]}[], isStacked?: boolean}} Plot
 */

/** @param {Plot} plot @param {Object<string, string>} colours of the theme, by token */
export function figureOf({ x, y, categories, series, isStacked = false }, colours) {
  // Greys, and a hatch with each but the first: colour is kept for what is abnormal.
  const tones = [colours["ink-2"], colours["ink-3"], colours["line-strong"], colours["ink"]]
  const data = series.map(({ name, values }, at) => ({
    type: "bar", name, x: categories, y: values, hovertemplate: `%{x}<br>${series.length > 1 ? "%{fullData.name}: " : ""}%{y}<extra></extra>`,
    marker: { color: tones[at % tones.length], line: { width: 0 }, pattern: { shape: HATCHES[at % HATCHES.length], fillmode: "overlay", size: 6, solidity: 0.35, fgcolor: colours["ground"] } },
  }))
  const axis = { color: colours["ink-2"], gridcolor: colours["line"], linecolor: colours["line-strong"], zeroline: false, fixedrange: true, automargin: true }
  const layout = {
    barmode: isStacked ? "stack" : "group", bargap: categories.length < FEW ? 0.6 : 0.25, showlegend: series.length > 1,
    paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { family: colours["font"] ?? "sans-serif", size: 13, color: colours["ink-2"] },
    margin: { l: 8, r: 8, t: 8, b: 8 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" },
    xaxis: { ...axis, type: "category", title: { text: x, standoff: 10 }, showgrid: false }, yaxis: { ...axis, title: { text: y, standoff: 10 }, rangemode: "tozero", tickformat: "d" },
    hoverlabel: { bgcolor: colours["raised"], bordercolor: colours["line-strong"], font: { color: colours["ink"] } },
  }
  return { data, layout }
}

/** The numbers of a plot, one line per category. @param {Plot} plot */
export function csvOf({ x, y, categories, series }) {
  const head = [x, ...series.map(({ name }) => (series.length > 1 ? name : y))]
  return [head, ...categories.map((category, at) => [category, ...series.map(({ values }) => values[at])])].map((row) => row.map(cellOf).join(",")).join("\r\n")
}

/** A cell that no spreadsheet takes for a formula. */
export function cellOf(value) {
  const text = String(value ?? "")
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value !== "number" ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** What the plot says in a sentence, for who does not see it. @param {Plot} plot */
export function sayPlot({ title, categories, series }) {
  const sums = categories.map((category, at) => [category, series.reduce((sum, { values }) => sum + values[at], 0)])
  const most = sums.toSorted((a, b) => b[1] - a[1]).slice(0, 3).map(([category, sum]) => `${category} ${sum}`)
  return `${title}. ${most.length ? `Most: ${most.join(", ")}.` : "Nothing."} The numbers are in the table.`
}
