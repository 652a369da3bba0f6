/** The inference server as what is to be drawn: rates between two looks, and words for states. No DOM. */
import { UNKNOWN, bytesText, countText, durationText, percentText, plural } from "../shared/formats.js"
import { placeName } from "./registry_state.js"

/** The last two looks; the earlier one is dropped where the server began anew or stood still. */
export function looked(known, server) {
  const before = known?.server ?? null
  return { server, before: before && Date.parse(server.at) > Date.parse(before.at) ? before : known?.before ?? null, at: Date.parse(server.at) }
}

const secondsBetween = ({ server, before }) => (before ? (Date.parse(server.at) - Date.parse(before.at)) / 1000 : 0)

/** What one figure grew by since the look before; null where nobody knows, or where it was loaded anew. */
function growth(known, model, name) {
  const before = known.before?.models.find((one) => one.triton_name === model.triton_name)
  const grown = before ? model[name] - before[name] : null
  return grown === null || grown < 0 ? null : grown
}

const perSecond = (grown, seconds) => (grown === null || !seconds ? null : grown / seconds)
const rateText = (rate) => (rate === null ? "–" : rate < 10 ? rate.toFixed(1) : countText(Math.round(rate)))

/** The line in the head: {state, text}. */
export function headOf(server) {
  if (!server.live) return { state: "down", text: "Triton does not answer. Uploads are accepted; runs wait and finish by themselves." }
  const open = server.models.filter(({ breaker }) => breaker.state === "open")
  if (open.length) return { state: "degraded", text: `Calls to ${open.map(({ triton_name: name }) => name).join(", ")} failed and are held back.` }
  const missing = server.models.filter((model) => model.places.length && !model.ready)
  if (missing.length) return { state: "degraded", text: `Not ready: ${missing.map(nameOf).join(", ")}.` }
  return { state: "ok", text: `Triton ${server.version} answers in ${durationText(server.answered_in_ms)}` }
}

export const nameOf = ({ model, version, triton_name: name }) => (model ? `${model} ${version}` : name)

/** The figures above: {name: {value, level}}. */
export function figuresOf(known) {
  const { server, before } = known
  const seconds = secondsBetween(known)
  const requests = server.models.map((model) => growth(known, model, "requests")).filter((one) => one !== null)
  const cpu = server.processes && before?.processes ? server.processes.cpu_s - before.processes.cpu_s : null
  const waiting = server.models.map(({ pending }) => pending).filter((one) => one !== null)
  const { memory_used_bytes: used, memory_total_bytes: total } = server.host
  return {
    requests: { value: rateText(before ? perSecond(requests.reduce((sum, one) => sum + one, 0), seconds) : null) },
    cores: { value: cpu === null || cpu < 0 || !seconds ? "–" : (cpu / seconds).toFixed(2) },
    memory: { value: server.processes ? bytesText(server.processes.memory_bytes) : UNKNOWN },
    waiting: { value: waiting.length ? countText(waiting.reduce((sum, one) => sum + one, 0)) : "–" },
    host: { value: total ? percentText(used / total) : UNKNOWN, level: total && used / total > 0.9 ? "warn" : null },
  }
}

/** One row of what it holds, as texts. */
export function modelRow(known, model) {
  const seconds = secondsBetween(known)
  const grown = Object.fromEntries(["requests", "tiles", "batches", "queue_ms", "compute_ms"].map((name) => [name, growth(known, model, name)]))
  const mean = (sum, count) => (sum === null || !count ? "" : durationText(sum / count))
  return {
    instances: model.instances === null ? "" : plural(model.instances, "instance"),
    requests: countText(model.requests), failed: model.failed ? `${countText(model.failed)} failed` : "",
    rate: grown.requests === null || !seconds ? "" : `${rateText(perSecond(grown.requests, seconds))} a second`,
    batch: grown.batches ? (grown.tiles / grown.batches).toFixed(1) : "–", batchOfAll: model.batches ? (model.tiles / model.batches).toFixed(1) : "",
    queue: mean(grown.queue_ms, grown.requests) || "–", queueOfAll: mean(model.queue_ms, model.requests),
    compute: mean(grown.compute_ms, grown.requests) || "–", computeOfAll: mean(model.compute_ms, model.requests),
    waiting: model.pending === null ? "–" : `${model.pending}${model.max_queue_size ? ` of ${model.max_queue_size}` : ""}`,
    rejected: model.rejected ? `${countText(model.rejected)} waited too long` : "",
    memory: model.memory_bytes === null ? "–" : bytesText(Math.max(0, model.memory_bytes)),
  }
}

/** What a model is to the product: "judges everything", "warm, for a way back". */
export function roleOf(model) {
  if (!model.model) return "not one of ours"
  if (model.places.length) return model.places.map((place) => `${place.slot === "champion" ? "judges" : "stands in for"} ${placeName(place)}`).join(", ")
  return { draining: "warm, for a way back" }[model.deployment_state] ?? "being brought"
}

/** @returns {{state: string, text: string}} of a model's own state */
export function stateOf(model) {
  if (model.ready) return { state: "ok", text: "Ready" }
  const isNeeded = model.places.length > 0
  return { state: isNeeded ? "down" : "unknown", text: isNeeded ? "Not ready; it is loaded again" : model.state ? model.state.toLowerCase() : "not loaded" }
}

export function breakerOf({ breaker }) {
  if (breaker.state === "open") return { state: "down", text: `open for ${durationText(breaker.open_for_s * 1000)}${breaker.reason ? `: ${breaker.reason}` : ""}` }
  return breaker.state === "closed" ? { state: "ok", text: "Closed" } : { state: "unknown", text: "–" }
}

/** GPUs as one line; empty where there are none. */
export function gpuText(gpus) {
  return gpus.map((gpu) => `GPU ${gpu.uuid.slice(-6)}: ${percentText(gpu.utilisation)} busy, ${bytesText(gpu.memory_used_bytes)} of ${bytesText(gpu.memory_total_bytes)}`).join(" · ")
}

/** One call, as texts. */
export function callRow(call) {
  const kind = call.kind === "load" ? "Load" : "Unload"
  const grown = call.memory_before === null || call.memory_after === null ? null : call.memory_after - call.memory_before
  return {
    kind, took: durationText(call.took_ms),
    before: call.memory_before === null ? "–" : bytesText(call.memory_before), after: call.memory_after === null ? "–" : bytesText(call.memory_after),
    change: grown === null ? "" : `${grown < 0 ? "−" : "+"}${bytesText(Math.abs(grown))}`,
    outcome: { done: "Done", failed: "Failed", unknown: "No answer" }[call.outcome], isTrouble: call.outcome !== "done",
  }
}
