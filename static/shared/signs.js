/** The one vocabulary of severity, band and class, as elements. */
import { glyph, h, svg } from "./dom.js"
import { plural } from "./formats.js"
import { themeColours } from "./paint.js"

const SEVERITIES = ["critical", "major", "minor", "nuisance"]
const BAND_WORDS = { accept: "Accept", review: "Review", reject: "Reject" }
const STATE_WORDS = { queued: "Queued", running: "Inspecting", failed: "Failed", cancelled: "Cancelled" }
let classes = []
let coloursOfClasses = new Map()
globalThis.document?.addEventListener?.("waferdeck:display", () => { coloursOfClasses = new Map() })

/**
 * The word a run is summed up by, and its kind for the stylesheet.
 *
 * @param {{state: string, band: ?string, waiting_for: ?string}} run
 */
export function verdict(run) {
  if (run.state === "done") return run.band ? { kind: run.band, word: BAND_WORDS[run.band] ?? run.band } : { kind: "waiting", word: "Unknown" }
  if (run.state === "queued" && run.waiting_for) return { kind: "waiting", word: "Waiting" }
  return { kind: run.state, word: STATE_WORDS[run.state] ?? run.state }
}

/**
 * What people call a wafer. One that was sent without a name is known by the digest of its first image: its file says more.
 *
 * @returns {{name: string, isNamed: boolean}}
 */
export function waferName(code, fileName = "") {
  const isNamed = !/^[0-9a-f]{12}$/.test(code)
  return { name: isNamed ? code : fileName || "No name", isNamed }
}

export function bandElement(run) {
  const { kind, word } = verdict(run)
  return h("span", { class: `band band--${kind}` }, word)
}

/** Counts beside their shapes, gravest first. */
export function severityCounts(counts) {
  const seen = SEVERITIES.filter((name) => counts?.[name])
  if (seen.length === 0) return h("span", { class: "counts faint" }, "No defects")
  return h("span", { class: "counts" }, seen.map((name) => h("span", { title: plural(counts[name], `${name} defect`) },
    glyph(name, `shape shape--${name}`), String(counts[name]), h("span", { class: "visually-hidden" }, ` ${name}`))))
}

/** The score between 0 and 1 against both thresholds. */
export function scoreBar(score, { reviewFrom, rejectFrom, band }) {
  const mark = (at) => (at === null || at === undefined ? null : svg("rect", { class: "score__mark", x: at * 100 - 0.6, y: 0, width: 1.2, height: 12 }))
  return svg("svg", { class: "score", "data-band": band, viewBox: "0 0 100 12", preserveAspectRatio: "none", role: "img", "aria-label": `score ${score.toFixed(2)}, review from ${reviewFrom ?? "?"}, reject from ${rejectFrom ?? "?"}` },
    svg("rect", { class: "score__track", x: 0, y: 3, width: 100, height: 6, rx: 1 }),
    svg("rect", { class: "score__fill", x: 0, y: 3, width: Math.max(0.5, score * 100), height: 6, rx: 1 }),
    mark(reviewFrom), mark(rejectFrom))
}

/** Reads the classes the server put into the page and gives each its colour as --class-<code>: the theme's for its key, if it has one. */
export function loadClasses(id = "defect-classes") {
  classes = JSON.parse(document.getElementById(id)?.textContent ?? "[]")
  for (const { code, colour, key } of classes) document.documentElement.style.setProperty(`--class-${code}`, `var(--class-key-${key || "none"}, ${colour})`)
  return classes
}

export function classNamed(code) {
  return classes.find((one) => one.code === code) ?? { code, name: code, severity: "minor", key: "" }
}

/** The colour of --class-<code> for canvases, which know no such names. */
export function classColour(code) {
  if (!coloursOfClasses.has(code)) coloursOfClasses.set(code, getComputedStyle(document.documentElement).getPropertyValue(`--class-${code}`).trim() || themeColours()["ink-3"])
  return coloursOfClasses.get(code)
}

const MOST_CLASSES = 3

/** "5 scratches, 2 pits, 1 crack, 4 others", most frequent first: whole words, never cut off in the middle. */
export function classCountsText(counts) {
  const sorted = Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1])
  const named = sorted.slice(0, MOST_CLASSES).map(([code, count]) => counted(count, classNamed(code).name.toLowerCase()))
  const others = sorted.slice(MOST_CLASSES).reduce((sum, [, count]) => sum + count, 0)
  return [...named, others && plural(others, "other")].filter(Boolean).join(", ")
}

function counted(count, name) {
  return plural(count, name, /(s|x|ch|sh)$/.test(name) ? `${name}es` : `${name}s`)
}

/** The layer's code; empty for the one that images without a layer are put under. */
export function layerName(code) {
  return code === "NA" ? "" : code
}

/** An account as people read it: "demo (a program)" for a service account. */
export function accountName(name) {
  return name?.startsWith("service:") ? `${name.slice(8)} (a program)` : name
}
