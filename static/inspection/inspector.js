/** What is known about the meant detection, and about the run. */
import { ageElement } from "../shared/ages.js"
import { glyph, h, icon, svg } from "../shared/dom.js"
import { confidenceText, durationText, lengthText, momentText } from "../shared/formats.js"
import { accountName, bandElement, classNamed, layerName, scoreBar, severityCounts } from "../shared/signs.js"
import { placeText, zoneAt } from "./wafer_geometry.js"

/** As an image goes through them. What a newer server adds comes after. */
const STEPS = ["wait", "decode", "hash", "preprocess", "thumbnail", "quality", "cache", "tile", "infer", "postprocess"]
const fact = (name, value) => (value === null || value === undefined || value === "" ? [] : [h("dt", {}, name), h("dd", {}, value)])

/** @param {?object} detection @param {{bands: object, geometry: object}} context */
export function drawDetection(element, detection, { bands, geometry }) {
  if (!detection) {
    element.replaceChildren(h("p", { class: "muted" }, "Choose a defect on the map, on the image or below, or press ", h("span", { class: "nowrap" }, h("kbd", {}, "J"), ".")))
    return
  }
  const { name } = classNamed(detection.class_code)
  const place = detection.wafer_x_um === null || detection.wafer_x_um === undefined ? null : [detection.wafer_x_um, detection.wafer_y_um]
  const threshold = bands.thresholds?.[detection.class_code]
  element.replaceChildren(
    h("div", { class: "meant__head" }, glyph(detection.severity, `shape shape--${detection.severity}`), h("h2", {}, name), h("span", { class: "muted" }, detection.severity), h("span", { class: "push" }, bandElement({ state: "done", band: detection.band }))),
    h("div", { class: "meant__score" }, h("b", {}, confidenceText(detection.confidence)), h("span", { class: "muted small" }, "calibrated confidence"),
      scoreBar(detection.confidence, { ...bands, band: detection.band }),
      h("span", { class: "muted small" }, `review from ${confidenceText(bands.reviewFrom)}, reject from ${confidenceText(bands.rejectFrom)}${threshold === undefined ? "" : `, reported from ${confidenceText(threshold)}`}`)),
    h("ol", { class: "top3", "aria-label": "Three likeliest classes" }, (detection.top3 ?? []).map(topRow)),
    h("dl", { class: "facts" },
      fact("Size", lengthText(detection.size_um)),
      fact("Die (col, row)", detection.die?.join(", ")),
      fact("On the wafer", place ? placeText(place) : "unknown place"),
      fact("Zone", place && geometry ? zoneAt(place, geometry) : null),
      fact("In the image", `${detection.bbox_px.map((value) => Math.round(value)).slice(0, 2).join(", ")} px, ${detection.bbox_px.map((value) => Math.round(value)).slice(2).join(" × ")} px`),
      fact("Raw score", confidenceText(detection.raw_score)),
      fact("Id", digest(detection.id, "the detection's id"))),
  )
}

function topRow({ class_code: code, class_name: className, confidence }) {
  const swatch = h("span", { class: "swatch" })
  swatch.style.setProperty("--swatch", `var(--class-${code})`)
  const bar = svg("svg", { class: "top3__bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: Math.max(0.5, confidence * 100), height: 6, class: "top3__fill" }))
  return h("li", {}, swatch, h("span", { class: "clip" }, className ?? classNamed(code).name), bar, h("b", {}, confidenceText(confidence)))
}

/** A digest or id, shortened to be recognised, copied whole. */
export function digest(value, what) {
  if (!value) return "unknown"
  return h("span", { class: "digest" }, h("span", { title: value }, value.length > 14 ? `${value.slice(0, 12)}…` : value),
    h("button", { class: "digest__copy", type: "button", "data-copy": value, "data-what": what, "aria-label": `Copy ${what}` }, icon("copy", "small")))
}

/** Model, recipe, timings of every step and provenance of a run. */
export function drawRun(element, run) {
  const model = run.model ? `${run.model} ${run.version}` : null
  element.replaceChildren(
    h("dl", { class: "facts" },
      fact("Model", model && `${model}${run.degraded ? " (fallback)" : ""}`), fact("Recipe", `${run.recipe.code} v${run.recipe.version}`), fact("Tool", run.tool ?? "by hand"),
      fact("Requested by", accountName(run.requested_by)), fact("Queued", moment(run.queued_at)), fact("Finished", run.finished_at ? moment(run.finished_at) : "not yet"),
      fact("Attempt", run.attempt), fact("Answer", run.cached ? "from the prediction cache" : "computed")),
    timings(run.timings_ms ?? {}),
    h("h3", {}, "Provenance"),
    h("dl", { class: "facts" },
      fact("Model file", digest(run.provenance?.model_sha256, "the model's SHA-256")),
      fact("Preprocessing", digest(run.provenance?.preprocessing_sha256, "the preprocessing's SHA-256")),
      (run.provenance?.pixel_sha256 ?? []).slice(0, 8).flatMap((value, at) => fact(`Pixels of image ${at + 1}`, digest(value, `the pixels' SHA-256 of image ${at + 1}`))),
      fact("Code", run.provenance?.code_version), fact("Run", digest(run.id, "the run's id"))),
  )
}

function moment(value) {
  return h("span", { title: value }, momentText(value))
}

/** The names of the steps that took time, in the order of the work. */
export function inOrder(steps) {
  return [...STEPS.filter((name) => name in steps), ...Object.keys(steps).filter((name) => !STEPS.includes(name) && name !== "total")]
}

function timings(steps) {
  const names = inOrder(steps)
  if (names.length === 0) return null
  const total = steps.total ?? names.reduce((sum, name) => sum + steps[name], 0)
  const most = Math.max(...names.map((name) => steps[name]))
  return h("div", { class: "timings" }, h("h3", {}, "Time ", h("span", { class: "muted" }, durationText(total))), h("ul", {}, names.map((name) => h("li", {}, h("span", { class: "muted" }, name),
    svg("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", class: "top3__bar", "aria-hidden": "true" }, svg("rect", { width: Math.max(0.5, (steps[name] / most) * 100), height: 6, class: "top3__fill" })),
    h("b", {}, durationText(steps[name]))))))
}

/** All images as they stand, and the runs of the wafer, newest first; what is shown is marked. */
export function drawHistory(element, cards, shownRun) {
  element.closest("details").hidden = cards.length < 2
  const all = h("li", {}, h("a", { class: "history__link", href: location.pathname, "aria-current": shownRun ? null : "true" }, h("span", {}, "All images, as they stand now")))
  element.replaceChildren(all, ...cards.map((card) => h("li", {}, h("a", { class: "history__link", href: `?run=${card.run}`, "aria-current": card.run === shownRun ? "true" : null },
    bandElement(card), h("span", {}, [layerName(card.layer), card.recipe].filter(Boolean).join(" · "), h("small", {}, card.version ? ` · v${card.version}` : "")), card.state === "done" ? severityCounts(card.counts_by_severity) : h("span", { class: "muted clip" }, card.waiting_for || card.error?.detail || ""), ageElement(card.finished_at ?? card.queued_at, { class: "muted push" })))))
}
