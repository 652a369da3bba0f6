/** Lines over steps, as Plotly's figure and as rows of numbers. No DOM. */

const DASHES = ["solid", "dash", "dot", "dashdot"]

/** @param {{x: string, y: string, top?: number, series: {name: string, x: number[], y: number[]}[]}} curve @param {Object<string, string>} colours of the theme */
export function lineFigure({ x, y, top, series }, colours) {
  // Greys and dashes: colour is kept for what is abnormal.
  const tones = [colours["ink"], colours["ink-2"], colours["ink-3"], colours["line-strong"]]
  const data = series.map((line, at) => ({
    type: "scatter", mode: line.x.length > 30 ? "lines" : "lines+markers", name: line.name, x: line.x, y: line.y,
    line: { color: tones[at % tones.length], width: at ? 1.5 : 2.25, dash: DASHES[at % DASHES.length] }, marker: { color: tones[at % tones.length], size: 7 },
    hovertemplate: "step %{x}<br>%{fullData.name}: %{y:.3f}<extra></extra>",
  }))
  const axis = { color: colours["ink-2"], gridcolor: colours["line"], linecolor: colours["line-strong"], zeroline: false, fixedrange: true, automargin: true }
  const layout = {
    showlegend: series.length > 1, paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { family: colours["font"] ?? "sans-serif", size: 13, color: colours["ink-2"] },
    margin: { l: 8, r: 8, t: 8, b: 8 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" },
    xaxis: { ...axis, title: { text: x, standoff: 10 }, showgrid: false, rangemode: "tozero" }, yaxis: { ...axis, title: { text: y, standoff: 10 }, ...(top ? { range: [0, top] } : { rangemode: "tozero" }) },
    hoverlabel: { bgcolor: colours["raised"], bordercolor: colours["line-strong"], font: { color: colours["ink"] } },
  }
  return { data, layout }
}

/** The numbers, one row a step, in the form that `csvOf` takes. */
export function tableRows({ x, y, series }) {
  const steps = [...new Set(series.flatMap((line) => line.x))].sort((a, b) => a - b)
  return { x, y, categories: steps.map(String), series: series.map((line) => ({ name: line.name, values: steps.map((step) => line.y[line.x.indexOf(step)] ?? null) })) }
}
