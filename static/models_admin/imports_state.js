/** Transfers to and from MLflow, as what is to be drawn. No DOM. */
import { bytesText, durationText } from "../shared/formats.js"

const WORDS = { queued: "Waiting", running: "Under way", done: "Done", failed: "Failed", cancelled: "Cancelled" }
const KINDS = { queued: "queued", running: "running", done: "accept", failed: "failed", cancelled: "cancelled" }

export const isMoving = ({ state }) => state === "queued" || state === "running"

/** @returns {{word: string, kind: string, share: ?number, note: string}} */
export function stateOf({ state, doing, waiting_for: waitingFor, steps_done: done, steps_total: total, error }) {
  return { word: WORDS[state] ?? state, kind: KINDS[state] ?? "queued", share: total ? Math.min(1, done / total) : null, note: { running: doing, queued: waitingFor, failed: error?.detail }[state] ?? "" }
}

/** "visual_defects 3 by alias champion → 2.5.0" */
export function wayText({ way, remote_name: name, remote_version: number, chosen_by: by, model, version, alias }) {
  const there = `${name}${number ? ` ${number}` : ""}`
  return way === "import" ? { from: `MLflow ${there}`, to: `${model} ${version}`, how: by ? `by ${by}` : "" } : { from: `${model} ${version}`, to: `MLflow ${there}`, how: alias ? `as ${alias}` : "" }
}

/** What the connection is: [level, words, note]. */
export function connectionOf({ state, server, version, detail, took_ms: took }) {
  if (state === "up") return ["good", `MLflow ${version} answers`, `${server}, in ${durationText(took)}`]
  return state === "off" ? ["off", "No MLflow server", detail] : ["down", "MLflow does not answer", `${server}. ${detail}`]
}

/** How a remote version can be chosen: [label, body] in the order of how likely it is meant. */
export function choicesOf({ version, aliases, stage }) {
  return [...aliases.map((alias) => [`alias ${alias}`, { alias }]), ...(stage && stage !== "None" ? [[`stage ${stage}`, { stage }]] : []), [`version ${version}`, { remote_version: version }]]
}

/** A dry run in lines: [name, value]. */
export function planFacts({ remote_name: name, remote_version: number, file, bytes, folder, remote_run: run, version, model_name: model, has_description: isDescribed }) {
  return [
    ["Takes", `${name} ${number}`], ["File", file ? `${file}, ${bytesText(bytes)}` : "none"], ["Lies in", folder], ["MLflow run", run || "none"],
    ["Becomes", `${model} ${version}, a candidate, after quarantine`], ["Description", isDescribed ? "its own model.json" : `that of the newest version of ${model}`],
  ]
}
