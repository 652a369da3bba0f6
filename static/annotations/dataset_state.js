/** One data set: its figures, its plots, its files and what differs from another, as what is to be drawn. No DOM. */
import { bytesText, countText, percentText, plural } from "../shared/formats.js"
import { SPLITS, SPLIT_WORDS, totalOf } from "./datasets_state.js"

export const EXPORTS = { coco: "COCO", voc: "Pascal VOC", yolo: "YOLO", csv: "CSV", label_studio: "Label Studio", jsonl: "JSON lines" }
const MOST_BARS = 30

/** What stands above all: [value, what it is, level]. */
export function figuresOf({ images, objects, nuisances, complete, classes, lots }) {
  const all = totalOf(images)
  return [
    [countText(all), "images", null],
    [countText(totalOf(objects)), "defects", null],
    [countText(new Set(SPLITS.flatMap((split) => Object.keys(classes?.[split] ?? {}))).size), "classes", null],
    [countText(SPLITS.reduce((sum, split) => sum + Object.keys(lots?.[split] ?? {}).length, 0)), "lots", null],
    [countText(totalOf(nuisances)), "nuisances", null],
    [all ? percentText(totalOf(complete) / all) : "–", "of the images complete", totalOf(complete) < all ? "warn" : null],
  ]
}

/** What the proof at the end of building said. @returns {{level: ?string, words: string}} */
export function leakOf({ checked, duplicates = 0 }) {
  const gone = duplicates ? ` ${plural(duplicates, "image was", "images were")} left out, because another has the same pixels.` : " No image was there twice."
  if (!checked) return { level: null, words: `No lot and no picture is in two splits: a data set in which one is would not have been built.${gone}` }
  return { level: null, words: `Checked as it was written: none of its ${plural(checked.lots, "lot")} and ${plural(checked.pictures, "picture")} is in two splits.${gone}` }
}

/** Every plot there is something to say in. @param {object} counts @param {{nameOf: (code: string) => string, code: string}} how @returns {import("../shared/plots_state.js").Plot[]} */
export function plotsOf(counts, { nameOf, code }) {
  const bySplit = (of, title, x, y, name = (key) => key, order = byCount) => {
    const keys = order([...new Set(SPLITS.flatMap((split) => Object.keys(counts[of]?.[split] ?? {})))], (key) => SPLITS.reduce((sum, split) => sum + (counts[of][split]?.[key] ?? 0), 0))
    const shown = keys.slice(0, MOST_BARS)
    const series = SPLITS.filter((split) => counts[of]?.[split]).map((split) => ({ name: SPLIT_WORDS[split], values: shown.map((key) => counts[of][split][key] ?? 0) }))
    return { title, x, y, categories: shown.map(name), series, isStacked: true, file: `${code}-${of}`, note: keys.length > shown.length ? `The ${MOST_BARS} with most of ${countText(keys.length)}.` : "" }
  }
  const plain = (of, values, title, x, y, note = "") => ({ title, x, y, categories: values.map(([key]) => key), series: [{ name: y, values: values.map(([, count]) => count) }], file: `${code}-${of}`, note })
  return [
    bySplit("classes", "Defects by class and split", "Class", "Defects", nameOf),
    plain("sizes", sizesOf(counts.sizes), "Size of boxes", "Side, in px of the image", "Defects", "The side of a square of the same area."),
    bySplit("lots", "Images by lot and split", "Lot", "Images"),
    plain("confidence", confidenceOf(counts.confidence), "How sure the model was", "Confidence", "Defects", counts.confidence ? "“none”: found or brought by people." : "Not counted when this data set was made."),
    plain("per-image", Object.entries(counts.per_image ?? {}).map(([key, count]) => [key === "20" ? "20+" : key, count]).sort((a, b) => parseInt(a[0]) - parseInt(b[0])), "Defects per image", "Defects", "Images"),
    plain("authors", mostOf(counts.authors), "By reviewer", "Author of the decision that counts", "Defects"),
    plain("days", Object.entries(counts.days ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).slice(-MOST_BARS), "When it was said", "Day, in UTC", "Defects", counts.days ? "" : "Not counted when this data set was made."),
    plain("layers", mostOf(counts.layers), "Images by layer", "Layer", "Images"),
  ].filter(({ categories }) => categories.length > 0)
}

function byCount(keys, countOf) {
  return keys.sort((a, b) => countOf(b) - countOf(a) || (a < b ? -1 : 1))
}

function mostOf(counts) {
  return Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_BARS)
}

/** Octaves from the smallest to the largest that there is, empty ones between them too: [["4 to 8", 3], …]. */
function sizesOf(sizes) {
  const sums = new Map()
  for (const counts of Object.values(sizes ?? {})) for (const [side, count] of Object.entries(counts)) sums.set(Number(side), (sums.get(Number(side)) ?? 0) + count)
  if (sums.size === 0) return []
  const found = []
  for (let side = Math.min(...sums.keys()); side <= Math.max(...sums.keys()); side *= 2) found.push([`${side} to ${side * 2}`, sums.get(side) ?? 0])
  return found
}

function confidenceOf(counts) {
  if (!counts) return []
  const tenths = Array.from({ length: 10 }, (_, at) => [`${(at / 10).toFixed(1)} to ${((at + 1) / 10).toFixed(1)}`, counts[at] ?? 0])
  return [...tenths, ...(counts.none ? [["none", counts.none]] : [])]
}

/** What a cell of the files says and offers. @param {?object} file as the API gives it; null: nobody has asked for it yet */
export function exportCell(file, { isManifest = false } = {}) {
  if (isManifest) return { kind: "ready", words: "the manifest itself" }
  if (!file) return { kind: "none", words: "" }
  if (file.state === "ready") return { kind: "ready", words: bytesText(file.bytes) }
  if (file.state === "failed") return { kind: "failed", words: file.error?.detail ?? "It could not be made." }
  const { done, total, share } = file.progress
  return { kind: "building", words: done && total ? `${percentText(share)} of the images` : "Waiting for a worker", share: done && total ? share : null }
}

export function exportPath(id, format, withImages) {
  return `/api/v1/datasets/${id}/export/?format=${format}&images=${withImages}`
}

/** What is called to train on a data set whose file lies where the command is called. */
export function trainCommand(code) {
  return `python -m training tune --dataset '${code}-jsonl.zip' \\\n  --base model_zoo/visual_defects/2.2.0 --versions 2.4.0 2.4.1 --out 'var/${code}'`
}

/** What differs, in short: [[count, words], …], nothing of which there is none. */
export function diffLines({ images, objects, moved }) {
  const lines = [
    [images.same, "images are the same"], [images.added, "images are new"], [images.removed, "images are gone"], [images.changed, "images are said otherwise"],
    ...Object.entries(moved).map(([way, count]) => [count, `went from ${way}`]),
    [objects.added, "defects more"], [objects.removed, "defects fewer"], [objects.reclassed, "defects of another class"], [objects.redrawn, "defects with another box"],
  ]
  return lines.filter(([count]) => count > 0)
}

const KINDS = { added: "New", removed: "Gone", changed: "Said otherwise", moved: "In another split" }

/** The examples that have pictures, kind by kind: what is drawn before and after, told apart as kept, gone and new. */
export function diffExamples({ examples, pictures }) {
  return Object.keys(KINDS).map((kind) => ({
    kind, title: KINDS[kind],
    shots: examples[kind].filter((image) => pictures[image]).map((image) => ({ image, ...pictures[image], boxes: boxesOf(pictures[image]) })),
  })).filter(({ shots }) => shots.length > 0)
}

function boxesOf({ before, after }) {
  const old = new Map((before?.objects ?? []).map((one) => [one[2], one]))
  const now = new Map((after?.objects ?? []).map((one) => [one[2], one]))
  const isSame = (a, b) => a[0] === b[0] && a[1].every((side, at) => Math.abs(side - b[1][at]) <= 0.01)
  const boxes = []
  for (const [task, one] of now) {
    const was = old.get(task)
    if (was && isSame(was, one)) boxes.push({ state: "kept", code: one[0], box: one[1] })
    else boxes.push(...(was ? [{ state: "gone", code: was[0], box: was[1] }] : []), { state: "new", code: one[0], box: one[1] })
  }
  for (const [task, one] of old) if (!now.has(task)) boxes.push({ state: "gone", code: one[0], box: one[1] })
  return boxes
}
