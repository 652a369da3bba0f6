/** Draws the components that scripts draw, with samples in every state. */
import { confirmed } from "./shared/confirm.js"
import { glyph, h, icon, sprites } from "./shared/dom.js"
import { confidenceText, lengthText } from "./shared/formats.js"
import { loadClasses, scoreBar } from "./shared/signs.js"
import { toast } from "./shared/toast.js"
import { showTrouble } from "./shared/trouble.js"
import { createBar } from "./inspection/job_parts.js"
import { createRow } from "./inspection/upload_rows.js"
import { createCard, markNew } from "./inspection/wall_card.js"

const find = (selector) => document.querySelector(selector)
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString()
const PICTURE = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512"><defs><pattern id="p" width="42" height="56" patternUnits="userSpaceOnUse"><rect width="42" height="56" fill="#8f9396"/><rect x="6" y="6" width="30" height="30" fill="#767a7d"/><path d="M0 47h42" stroke="#6a6e71" stroke-width="7"/></pattern></defs><rect width="512" height="512" fill="url(#p)"/></svg>')}`
const IMAGE = { id: "sample", thumbnail: PICTURE, view: PICTURE, width_px: 512, height_px: 512 }
const BOXES = [[90, 110, 60, 34, "crack", "critical"], [320, 200, 40, 40, "pit", "major"], [210, 360, 26, 26, "particle", "minor"]]

const card = (values) => ({ run: String(Math.random()), revision: 1, wafer: { id: "w", code: "W17" }, lot: "A12", layer: "M3", product: "LOGIC-7", tool: "BF-01", recipe: "BF-M3", state: "done", band: "accept", waiting_for: "",
  counts_by_class: {}, counts_by_severity: {}, detection_count: 0, model: "visual_defects", version: "1.1.0", image: IMAGE, boxes: [], queued_at: ago(70), finished_at: ago(64), degraded: false, cached: false, error: null, url: "#", ...values })
const rejected = card({ band: "reject", boxes: BOXES, counts_by_severity: { critical: 1, major: 1, minor: 1 }, counts_by_class: { crack: 1, pit: 1, particle: 1 }, detection_count: 3 })
const SAMPLES = [
  card({}), card({ band: "review", boxes: BOXES.slice(1), counts_by_severity: { major: 1, minor: 1 }, wafer: { id: "w", code: "W16" }, finished_at: ago(190) }), rejected,
  card({ state: "queued", band: null, image: null, version: null, waiting_for: "The inference server does not answer; the run goes on when it returns.", wafer: { id: "w", code: "W18" }, finished_at: null }),
  card({ state: "running", band: null, image: null, version: null, wafer: { id: "w", code: "W19" }, finished_at: null, queued_at: ago(1) }),
  card({ state: "failed", band: null, image: null, error: { code: "x", detail: "The stored file is missing from the image store. Upload it again." }, wafer: { id: "w", code: "W15" } }),
  card({ degraded: true, wafer: { id: "w", code: "W14" }, finished_at: ago(4000) }),
]

const classes = loadClasses()
find("#guide-classes").append(...classes.map(({ code, name, key, severity }) => {
  const swatch = h("span", { class: "swatch" })
  swatch.style.setProperty("--swatch", `var(--class-${code})`)
  return h("span", { class: "guide__class" }, swatch, name, glyph(severity, `shape shape--${severity}`), h("kbd", {}, key))
}))
find("#guide-cards").append(...SAMPLES.map(createCard), h("div", { class: "card skeleton" }))
find("#guide-lane").append(...[SAMPLES[1], SAMPLES[0], rejected].map(createCard))
markNew(find("#guide-cards").firstElementChild)

find("#guide-strip").append(...[["crack", "critical", 0.91, "reject", false], ["pit", "major", 0.52, "review", true], ["particle", "minor", 0.21, "accept", false]].map(([code, severity, score, band, isMeant]) => {
  const swatch = h("span", { class: "swatch" })
  swatch.style.setProperty("--swatch", `var(--class-${code})`)
  return h("button", { class: "defect", type: "button", "aria-selected": String(isMeant), role: "option" }, h("span", { class: "defect__crop" }), h("span", { class: "defect__text" },
    h("span", { class: "defect__name" }, glyph(severity, `shape shape--${severity}`), swatch, h("b", { class: "clip" }, classes.find((one) => one.code === code)?.name ?? code)),
    h("span", { class: "defect__score" }, scoreBar(score, { reviewFrom: 0.3, rejectFrom: 0.7, band }), h("b", {}, confidenceText(score))),
    h("span", { class: "defect__where" }, h("span", {}, lengthText(score * 40)), h("span", {}, "die 4, -2"))))
}))

const file = (name, state, values = {}) => createRow({ id: name, name, path: name, size: 850_000, sent: 420_000, tries: 1, state, problem: null, result: null, ...values }, "W07")
const run = { state: "done", band: "reject", wafer: { id: "w", code: "W07" }, counts_by_severity: rejected.counts_by_severity, detection_count: 3, images: [IMAGE], detections: BOXES.map(([x, y, w, t, code, severity]) => ({ bbox_px: [x, y, w, t], class_code: code, severity })) }
find("#guide-files").append(file("waiting.png", "waiting", { sent: 0, tries: 0 }), file("sending.png", "sending"), file("inspecting.png", "inspecting"), file("done.png", "done", { result: run }),
  file("stored.png", "stored", { result: { ...run, state: "queued", band: null, detections: [], waiting_for: "Triton is away" } }),
  file("refused.png", "refused", { problem: { title: "This file cannot be inspected", detail: "This is a text file, not an image. Export it as PNG or TIFF and upload that.", advice: "", requestId: "01a1fe2c-4622" } }),
  file("failed.png", "failed", { problem: { title: "The server cannot be reached", detail: "The server did not answer.", advice: "Press Retry." } }), file("cancelled.png", "cancelled"))
find("#guide-progress").append(createBar({ total: 100, done: 62, failed: 5, cancelled: 8, progress: 0.75 }))

showTrouble(find("#guide-trouble"), { message: "The server does not answer.", requestId: "01a1fe2c-4622" }, { what: "The jobs below are from before.", retry: () => toast("Trying again.") })

const sprite = new DOMParser().parseFromString(await (await fetch(sprites.icons)).text(), "image/svg+xml")
find("#guide-icons").append(...[...sprite.querySelectorAll("symbol")].map(({ id }) => h("span", { class: "guide__icon", title: id }, icon(id))))

document.addEventListener("click", async ({ target }) => {
  const what = target.closest("[data-demo]")?.dataset.demo
  if (what === "toast") toast("The run is queued again.")
  if (what === "alarm") toast("The run could not be loaded.", { level: "alarm", requestId: "01a1fe2c-4622", action: { label: "Try again", run: () => toast("Trying again.") } })
  if (what === "confirm") await confirmed({ title: "Cancel this job?", text: "25 items of 100 will not be inspected. What is done stays.", yes: "Cancel 25 items" })
})
