/** Numbers and times as people read them. Unknown is said, never shown as 0. */

export const UNKNOWN = "unknown"
// Made once: making one takes a hundred times as long as using it.
const MOMENTS = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" })
const TIMES = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })
const COUNTS = new Intl.NumberFormat("en")

/** "now", "12 s", "3 min", "2 h", "4 d". */
export function ageText(ms) {
  if (!Number.isFinite(ms)) return UNKNOWN
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 2) return "now"
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86400)} d`
}

/** "just now", "3 min ago". */
export function agoText(ms) {
  const age = ageText(ms)
  return age === "now" ? "just now" : age === UNKNOWN ? UNKNOWN : `${age} ago`
}

/** A moment in local time, in full and in an order that no country reads otherwise: 21 Nov 2026, 14:05:09. */
export function momentText(moment) {
  const time = new Date(moment)
  return Number.isNaN(time.getTime()) ? UNKNOWN : MOMENTS.format(time)
}

/** The same without the seconds, where the whole moment is told on hover: 21 Nov 2026, 14:05. */
export function minuteText(moment) {
  return momentText(moment).replace(/:\d\d$/, "")
}

/** The local time of a moment: 14:05:09. */
export function timeText(moment) {
  return TIMES.format(new Date(moment))
}

/** Three significant figures at most, and a unit that keeps them readable: 0.83 µm, 12.4 µm, 1.25 mm. */
export function lengthText(um) {
  if (!isNumber(um)) return UNKNOWN
  const size = Math.abs(um)
  if (size >= 1000) return `${trimmed(um / 1000)} mm`
  if (size > 0 && size < 0.1) return `${trimmed(um * 1000)} nm`
  return `${trimmed(um)} µm`
}

export function durationText(ms) {
  if (!isNumber(ms)) return UNKNOWN
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${trimmed(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

export function bytesText(bytes) {
  if (!isNumber(bytes)) return UNKNOWN
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${trimmed(bytes / 1e3)} kB`
  return bytes < 1e9 ? `${trimmed(bytes / 1e6)} MB` : `${trimmed(bytes / 1e9)} GB`
}

export function percentText(share) {
  if (!isNumber(share)) return UNKNOWN
  return `${share === 1 || share === 0 ? share * 100 : (share * 100).toFixed(1)} %`
}

export function confidenceText(value) {
  return isNumber(value) ? value.toFixed(2) : UNKNOWN
}

export function countText(value) {
  return isNumber(value) ? COUNTS.format(value).replaceAll(",", "\u202f") : UNKNOWN
}

export function plural(count, one, many = `${one}s`) {
  return `${countText(count)} ${count === 1 ? one : many}`
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value)
}

function trimmed(value) {
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  return value.toFixed(digits)
}
