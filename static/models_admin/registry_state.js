/** Models and versions, as what is to be drawn. No DOM. */
import { UNKNOWN, bytesText, countText, durationText } from "../shared/formats.js"

const STATUS_WORDS = { candidate: "Candidate", validated: "Validated", rejected: "Rejected", archived: "Archived" }
const STATUS_KINDS = { candidate: "queued", validated: "accept", rejected: "failed", archived: "cancelled" }
const SLOT_WORDS = { champion: "judges", fallback: "stands in for" }
const LOADING = new Set(["publishing", "loading", "warming"])
const RULES = {
  size: "Size", format: "Format", valid: "The standard", external_data: "Data outside the file", opset: "Opset", operators: "Operators", functions: "Functions",
  counts: "Counts", signature: "Inputs and outputs", loads: "Does not load", time: "Time", memory: "Memory", shapes: "Shapes", finite: "Numbers",
  determinism: "Determinism", batches: "Batches", classes: "Classes", version: "Version",
}

/** @returns {{word: string, kind: string}} what people call its status, and the kind of plate */
export function statusOf(status) {
  return { word: STATUS_WORDS[status] ?? status, kind: STATUS_KINDS[status] ?? "queued" }
}

/** "BF-M3 · T1", or "everything". @param {{recipe: string, tool: string, product: string}} place */
export const placeName = ({ recipe, tool, product }) => [recipe, tool, product].filter(Boolean).join(" · ") || "everything"

/** Where a version serves: "judges everything, stands in for R7"; what it is on its way to; or nothing. */
export function servesText({ places = [], state }) {
  if (places.length) return places.map((place) => `${SLOT_WORDS[place.slot] ?? place.slot} ${placeName(place)}`).join(", ")
  if (LOADING.has(state)) return "being loaded"
  if (state === "draining") return "loaded, for a quick way back"
  if (state === "failed") return "its last deployment failed"
  return "nowhere"
}

/** Version numbers that come next: [{label, version}], the smallest step first. @param {?string} newest */
export function nextVersions(newest) {
  if (!newest) return [{ label: "First", version: "1.0.0" }]
  const [major, minor, patch] = newest.split(".").map(Number)
  return [{ label: "Patch", version: `${major}.${minor}.${patch + 1}` }, { label: "Minor", version: `${major}.${minor + 1}.0` }, { label: "Major", version: `${major + 1}.0.0` }]
}

export const isVersion = (text) => /^[0-9]{1,4}(\.[0-9]{1,4}){2}$/.test(text)

export const ruleWord = (rule) => RULES[rule] ?? rule

export const capital = (text) => text[0].toUpperCase() + text.slice(1)

export const className = (code) => code.replaceAll("_", " ")

/** What was measured when it was made: [value, words, level]. @param {?object} metrics of `model.json` */
export function figuresOf(metrics) {
  const test = metrics?.test ?? {}
  return [
    [figure(test.map50), "mAP50"], [figure(test.map75), "mAP75"], [figure(test.ece), "calibration error"],
    [metrics?.pictures && countText(metrics.pictures), "images"], [test.defects && countText(test.defects), "defects"],
    [figure(metrics?.false_alarms_per_clean_picture), "false alarms a clean image"],
    [metrics?.speed?.cpu_ms && durationText(metrics.speed.cpu_ms), "CPU a tile"],
  ].filter(([value]) => value)
}

/** Per class, as a table has it: [{code, name, defects, ap50, recall, precision, threshold}], the weakest recall first. */
export function classRows(metrics) {
  const rows = Object.entries(metrics?.test?.per_class ?? {}).map(([code, one]) => ({ code, name: className(code), ...one }))
  return rows.sort((a, b) => (a.recall ?? 0) - (b.recall ?? 0))
}

/** @returns {[string, string][]} what a version is */
export function factsOf({ kind, precision, bytes, classes, metadata, tile_ms: tileMs }) {
  const [, height, width] = metadata.input?.shape ?? []
  return [
    ["Kind", kind], ["Precision", precision.toUpperCase()], ["Size", bytesText(bytes)],
    ["Takes", width ? `${width} × ${height} px, grey` : UNKNOWN], ["Classes", classes.map(className).join(", ")],
    ["Overlap of one defect", metadata.nms_iou === undefined ? UNKNOWN : String(metadata.nms_iou)],
    ["Calibration", metadata.calibration?.method ?? UNKNOWN],
    ["One tile, one thread", tileMs ? `${durationText(tileMs)} when it was examined` : UNKNOWN],
  ]
}

/** @returns {[string, string][]} what its file holds */
export function graphFacts({ opset, nodes, parameters, tensors, producer } = {}) {
  return [["Opset", opset], ["Nodes", nodes && countText(nodes)], ["Parameters", parameters && countText(parameters)], ["Stored tensors", tensors && countText(tensors)], ["Written by", producer]]
    .filter(([, value]) => value).map(([name, value]) => [name, String(value)])
}

/** What training wrote down: [name, value]. */
export function lineageOf({ training = {} }) {
  const { dataset, images, seed, run, variant_of: variantOf, mlflow_run: mlflow, code_sha256: code, versions = {}, command } = training
  return [
    ["Data set", dataset ? `${dataset.slice(0, 12)}…` : images ? `${countText(images)} drawn scenes` : UNKNOWN], ["Seed", seed === undefined ? UNKNOWN : String(seed)],
    [variantOf ? "Making" : "Training run", run ?? ""], ["MLflow run", mlflow ?? ""], ["Code", code ? `${code.slice(0, 12)}…` : ""],
    ["Made with", Object.entries(versions).filter(([name]) => ["torch", "onnx", "onnxruntime"].includes(name)).map(([name, value]) => `${name} ${value}`).join(", ")],
    ["Made again by", command ?? ""],
  ].filter(([, value]) => value)
}

/** Steps of a file through quarantine: [{word, state}] with state done, doing, waiting or refused. */
export function stepsOf({ state }) {
  const reached = { waiting: 1, examining: 1, registered: 3, refused: 2 }[state] ?? 0
  const words = ["Taken in", state === "waiting" ? "Waits for a worker" : state === "examining" ? "Being examined" : "Examined", state === "refused" ? "Refused" : "Registered as a candidate"]
  return words.map((word, at) => ({ word, state: state === "refused" && at === 2 ? "refused" : at < reached ? "done" : at === reached ? "doing" : "waiting" }))
}

function figure(value) {
  return typeof value === "number" ? value.toFixed(3) : null
}
