/** The plots of a report, as what `shared/plots.js` draws. No DOM. */
const RECALLS = Array.from({ length: 101 }, (_, at) => at / 100)

/** @param {object} report @param {(code: string) => string} nameOf @returns {object[]} */
export function plotsOf(report, nameOf) {
  const { version } = report.figures
  const file = `${report.model}-${report.version.version}`
  const curves = version.per_class.filter(({ curve }) => curve)
  return [
    curves.length && { title: "Precision over recall", x: "Recall", y: "Precision", lines: curves.map((one) => ({ name: nameOf(one.class), x: RECALLS, y: one.curve })), file: `${file}-precision`, note: "Of this version, at every threshold. At 0 a class finds nothing more, however low it is set." },
    version.calibration.findings && reliabilityOf(version.calibration, file),
    { title: "How long an image takes", x: "", y: "ms", categories: ["P50", "P95", "P99"], series: speedsOf(report), file: `${file}-latency`, note: "From the file to the findings, through the real server." },
  ].filter(Boolean)
}

function reliabilityOf({ bins, findings, ece, from }, file) {
  const full = bins.filter(({ count }) => count)
  const line = { name: "Findings", x: full.map(({ confidence }) => confidence), y: full.map(({ right }) => right.value), low: full.map(({ right }) => right.low), high: full.map(({ right }) => right.high), hasMarkers: true }
  return { title: "What confidence means", x: "Confidence", y: "Share that is right", lines: [{ name: "as said", x: [0, 1], y: [0, 1], isGuide: true }, line], file: `${file}-reliability`, note: `${findings} findings from ${from} on; the error (ECE) is ${ece === null ? "unknown" : ece.toFixed(3)}. On the dotted line confidence is what it says.` }
}

function speedsOf({ version, champion, figures }) {
  const sides = [[version.version, figures.version], ...(figures.champion ? [[`${champion.version}, champion`, figures.champion]] : [])]
  return sides.flatMap(([name, { speed }]) => [["one after the other", speed.sequential], ["four at once", speed.concurrent]].map(([how, { p50_ms, p95_ms, p99_ms }]) => ({ name: `${name}, ${how}`, values: [p50_ms, p95_ms, p99_ms].map(Math.round) })))
}
