/** Lines in a unit square: precision over recall, what is right over what was said. As Plotly's figure and as a table. No DOM. */
const TONES = ["ink", "ink-2", "ink-3", "line-strong"]
const DASHES = ["solid", "dash", "dot", "dashdot"]

/**
 * @typedef {{name: string, x: number[], y: number[], low?: number[], high?: number[], isGuide?: boolean, hasMarkers?: boolean}} Line
 * @param {{x: string, y: string, lines: Line[]}} plot @param {Object<string, string>} colours of the theme, by token
 */
export function lineFigure({ x, y, lines }, colours) {
  const shown = lines.filter(({ isGuide }) => !isGuide)
  const data = lines.map((line) => {
    const at = shown.indexOf(line)
    // Greys, told apart by their dashes: colour is kept for what is abnormal.
    const stroke = line.isGuide ? { color: colours["line-strong"], dash: "dot", width: 1 } : { color: colours[TONES[Math.floor(at / DASHES.length) % TONES.length]], dash: DASHES[at % DASHES.length], width: 2 }
    return {
      type: "scatter", mode: line.hasMarkers ? "lines+markers" : "lines", name: line.name, x: line.x, y: line.y, line: stroke, showlegend: !line.isGuide && shown.length > 1,
      hoverinfo: line.isGuide ? "skip" : undefined, hovertemplate: line.isGuide ? undefined : `${shown.length > 1 ? "%{fullData.name}<br>" : ""}${x} %{x:.2f}<br>${y} %{y:.2f}<extra></extra>`,
      marker: { size: 8, symbol: "square", color: stroke.color },
      ...(line.low ? { error_y: { type: "data", symmetric: false, array: line.y.map((value, i) => line.high[i] - value), arrayminus: line.y.map((value, i) => value - line.low[i]), color: colours["ink-3"], thickness: 1.5, width: 5 } } : {}),
    }
  })
  const axis = { color: colours["ink-2"], gridcolor: colours["line"], linecolor: colours["line-strong"], zeroline: false, fixedrange: true, automargin: true, range: [0, 1.02], tickformat: ".2f", dtick: 0.25 }
  return { data, layout: {
    showlegend: shown.length > 1, paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { family: colours["font"] ?? "sans-serif", size: 13, color: colours["ink-2"] },
    margin: { l: 8, r: 8, t: 8, b: 8 }, legend: { orientation: "v", x: 1.02, y: 1 }, xaxis: { ...axis, title: { text: x, standoff: 10 } }, yaxis: { ...axis, title: { text: y, standoff: 10 } },
    hoverlabel: { bgcolor: colours["raised"], bordercolor: colours["line-strong"], font: { color: colours["ink"] } },
  } }
}

/** The numbers of the lines, one row per point. @returns {{head: string[], rows: (string | number)[][]}} */
export function lineTable({ x, y, lines }) {
  const hasRange = lines.some(({ low }) => low)
  const head = ["", x, y, ...(hasRange ? ["95 % from", "to"] : [])]
  const round = (value) => Math.round(value * 1000) / 1000
  return { head, rows: lines.filter(({ isGuide }) => !isGuide).flatMap((line) => line.x.map((value, at) => [line.name, round(value), round(line.y[at]), ...(hasRange ? [round(line.low[at]), round(line.high[at])] : [])])) }
}

/** What is drawn in a sentence. */
export function sayLines({ title, lines }) {
  return `${title}. Lines: ${lines.filter(({ isGuide }) => !isGuide).map(({ name }) => name).join(", ") || "none"}. The numbers are in the table.`
}
