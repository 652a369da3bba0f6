/** What another version says otherwise, in words: sums, runs and single calls. */
import { confidenceText, countText, plural } from "../shared/formats.js"

const KINDS = [["gone", "gone"], ["new", "new"], ["class", "of another class"], ["band", "in another band"]]
const WORDS = { gone: "Gone", new: "New", class: "Another class", band: "Another band", same: "As before" }
const BANDS = { accept: "Accept", review: "Review", reject: "Reject" }

export const flipWord = (flip) => WORDS[flip] ?? flip
export const bandWord = (band) => BANDS[band] ?? "Unknown"

/** The sums of a job as figures: [value, words]. */
export function figuresOf({ runs, compared, flipped, bands_changed: bands, gone, new: come, class: classes, band }) {
  return [
    [compared < runs ? `${countText(compared)} of ${countText(runs)}` : countText(compared), compared === 1 && runs === 1 ? "run compared" : "runs compared"], [countText(flipped), "with a flipped call"], [countText(bands), "in another band as a whole"],
    [countText(gone), "calls gone"], [countText(come), "calls new"], [countText(classes), "of another class"], [countText(band), "in another band"],
  ]
}

export const flippedCount = ({ flips }) => KINDS.reduce((sum, [kind]) => sum + flips[kind], 0)

/** "2 gone, 1 another class"; "nothing flipped". */
export function flipsText(row) {
  const said = KINDS.filter(([kind]) => row.flips[kind]).map(([kind, words]) => `${countText(row.flips[kind])} ${words}`)
  return said.join(", ") || "nothing flipped"
}

/** What one version says of a place: "Scratch 0.91, reject"; "nothing here". */
export function saidText(call) {
  return call ? `${call.class_name} ${confidenceText(call.confidence)}, ${bandWord(call.band).toLowerCase()}` : "Nothing here"
}

/** The box around what both say, so that both pictures show the same place. */
export function placeOf({ before, after }) {
  const boxes = [before, after].filter(Boolean).map(({ bbox_px: box }) => box)
  const [left, top] = [Math.min(...boxes.map(([x]) => x)), Math.min(...boxes.map(([, y]) => y))]
  return [left, top, Math.max(...boxes.map(([x, , width]) => x + width)) - left, Math.max(...boxes.map(([, y, , height]) => y + height)) - top]
}

/** Why there is nothing to see, or null: [title, why]. */
export function nothing({ runs, compared, flipped }) {
  if (compared === 0) return ["Nothing to compare yet", `None of ${plural(runs, "run")} has ended. This page follows them.`]
  if (flipped > 0) return null
  return ["Nothing flipped", `Both versions say the same of all ${plural(compared, "run")}${compared < runs ? " so far" : ""}.`]
}
