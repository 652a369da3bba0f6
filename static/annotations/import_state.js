/** Labels from a file: which formats there are, and what a report says. No DOM. */
import { countText, plural } from "../shared/formats.js"
import { cellOf } from "../shared/plots_state.js"

export const FORMATS = {
  coco: { name: "COCO", accept: ".json", hint: "One JSON file; images are found by their file name, or by the digest in it." },
  yolo: { name: "YOLO", accept: ".zip", hint: "A ZIP with data.yaml and one text file per image." },
  voc: { name: "Pascal VOC", accept: ".zip", hint: "A ZIP with one XML file per image." },
  csv: { name: "CSV", accept: ".csv", hint: "One line per box, with a header line." },
  label_studio: { name: "Label Studio", accept: ".json", hint: "The JSON that Label Studio exports, not its JSON_MIN." },
}

/** The format a file's name speaks for, or the one that is chosen. */
export function formatFor(fileName, chosen) {
  const suffix = /\.[^.]*$/.exec(fileName.toLowerCase())?.[0] ?? ""
  if (FORMATS[chosen]?.accept === suffix) return chosen
  return Object.keys(FORMATS).find((format) => FORMATS[format].accept === suffix) ?? chosen
}

/** Why a file is not even sent; empty where it may be. */
export function fileFault(file, { mostBytes, format }) {
  if (!file) return "Choose a file."
  if (file.size > mostBytes) return `It has ${countText(Math.ceil(file.size / 1e6))} MB; at most ${countText(Math.floor(mostBytes / 1e6))} MB are taken. Send it in parts.`
  if (!file.name.toLowerCase().endsWith(FORMATS[format].accept)) return `${FORMATS[format].name} comes as ${FORMATS[format].accept}.`
  return ""
}

/** What came of a file, line by line: [words, count]. */
export function reportLines(report) {
  const { images, matched, boxes, known, new: fresh, written, nuisances } = report
  return [
    ["Images in the file", images],
    ["of those here", matched],
    ["Boxes in the file", boxes],
    ["settled here already", known],
    report.is_dry_run ? ["new, to be taken in", fresh] : ["taken in", written],
    ...(nuisances ? [["nuisances, not taken over", nuisances]] : []),
  ]
}

/** What to do after a look: {act, words}; act is "none", "take" or "take_right". */
export function nextStep({ is_dry_run: isDryRun, new: fresh, fault_count: faults, written }) {
  if (!isDryRun) return { act: "none", words: written ? `${plural(written, "box was", "boxes were")} taken in as decided work under your name.` : "Nothing was written." }
  if (!fresh) return { act: "none", words: faults ? "There is nothing to take in. Mend the file and look again." : "Everything in it is settled here already." }
  if (faults) return { act: "take_right", words: `${plural(fresh, "box", "boxes")} can be taken in and ${plural(faults, "fault")} cannot. Mend the file, or take in what is right.` }
  return { act: "take", words: `${plural(fresh, "box", "boxes")} can be taken in.` }
}

/** All faults that were told, as lines for a spreadsheet. */
export function faultsCsv(faults) {
  return ["where,what,advice", ...faults.map(({ where, what, advice }) => [where, what, advice].map(cellOf).join(","))].join("\r\n")
}
