/** Golden sets and the sheets that make them, as what is to be drawn. No DOM. */
import { countText, plural } from "../shared/formats.js"

export const SPLITS = [["test", "Test"], ["validation", "Validation"], ["train", "Train"]]

/** What a list says of a golden set besides its name. */
export function rowOf({ images, defects, classes, splits, left_out: leftOut, retired_at: retired }) {
  const gone = Object.values(leftOut).reduce((sum, one) => sum + one, 0)
  return {
    images: countText(images), defects: countText(defects),
    note: [`${splits.join(" and ")} of its data set`, plural(Object.keys(classes).length, "class", "classes"), gone && `${countText(gone)} left out`].filter(Boolean).join(" · "),
    isRetired: Boolean(retired),
  }
}

/** How many images of a data set each split has, in words. @param {{images: Object<string, number>}} dataset */
export function splitText({ images }, split) {
  return images?.[split] ? plural(images[split], "image") : "nothing"
}

/** A name nobody has taken: that of the data set, with a number where it is. */
export function nameFor(dataset, taken) {
  if (!taken.includes(dataset.code)) return dataset.code
  let number = 2
  while (taken.includes(`${dataset.code}-${number}`)) number += 1
  return `${dataset.code}-${number}`
}

/** Versions that can be measured, candidates first, in the order they came. */
export function measurable(versions) {
  const open = versions.filter(({ status }) => ["candidate", "validated"].includes(status))
  return [...open.filter(({ status }) => status === "candidate"), ...open.filter(({ status }) => status !== "candidate")]
}

export const LIMITS = [
  { name: "images_least", label: "Images, at least", isWhole: true },
  { name: "accuracy_least", label: "Verdicts that are right, at least, in %", times: 100 },
  { name: "recall_drop_most", label: "Recall of a class below the champion, at most, in points", times: 100 },
  { name: "recall_drop_defects_least", label: "For classes with at least so many defects", isWhole: true, isNeeded: true },
  { name: "map50_least", label: "mAP50, at least" },
  { name: "ece_most", label: "Calibration error (ECE), at most" },
  { name: "latency_p95_most_ms", label: "Time for 95 % of the images, at most, in ms" },
]

/** A limit as a field shows it. */
export function fieldOf(limit, { times = 1 }) {
  return limit === null || limit === undefined ? "" : String(Math.round(limit * times * 1e6) / 1e6)
}

/** What a field says. @returns {{value?: ?number, fault?: string}} an empty one lifts the limit */
export function limitFrom(text, { times = 1, isWhole = false, isNeeded = false }) {
  const said = text.trim().replace(",", ".")
  if (!said) return isNeeded ? { fault: "A number is needed." } : { value: null }
  const number = Number(said)
  if (!Number.isFinite(number) || number < 0) return { fault: "A number from 0 is wanted." }
  if (isWhole && !Number.isInteger(number)) return { fault: "A whole number is wanted." }
  return { value: isWhole ? number : number / times }
}
