/** One row per file of an upload. */
import { copyIdButton } from "../shared/copy_id.js"
import { h, icon, setAttribute, setText, svg } from "../shared/dom.js"
import { bytesText, plural } from "../shared/formats.js"
import { bandElement, severityCounts, waferName } from "../shared/signs.js"
import { remarksOf } from "./remarks.js"
import { canRemove, canRetry, problemText } from "./upload_state.js"
import { boxesPath } from "./wall_card.js"

const WORDS = { waiting: "Waiting", sending: "Sending", inspecting: "Inspecting", done: "Inspected", stored: "Stored, waits for the model", refused: "Refused", failed: "Failed", cancelled: "Cancelled" }
const UNDER_WAY = new Set(["queued", "running"])
const BUSY = new Set(["waiting", "sending", "inspecting"])

export function createRow(item, wafer) {
  const element = h("li", { class: "file", "data-id": item.id },
    h("div", { class: "file__picture" }, icon("image")),
    h("div", { class: "file__name" }, h("b", { class: "clip", title: item.path }, item.name), h("small", { class: "muted clip" })),
    h("div", { class: "file__state" }, h("span", { class: "file__word" }), h("progress", { class: "progress", max: "1", "aria-label": `Progress of ${item.name}` }), h("p", { class: "file__problem" }), h("p", { class: "file__note", hidden: true })),
    h("div", { class: "file__result" }),
    h("div", { class: "file__actions" }))
  updateRow(element, item, wafer)
  return element
}

export function updateRow(element, item, wafer) {
  if (element.item === item && element.wafer === wafer) return
  const before = element.item
  Object.assign(element, { item, wafer })
  const find = (name) => element.querySelector(`.file__${name}`)
  setAttribute(element, "data-state", item.state)
  setText(element.querySelector(".file__name small"), [bytesText(item.size), wafer && `wafer ${wafer}`].filter(Boolean).join(" · "))
  setText(find("word"), wordFor(item))
  const progress = element.querySelector("progress")
  progress.hidden = !BUSY.has(item.state)
  if (item.state === "inspecting") progress.removeAttribute("value")
  else progress.value = item.size ? item.sent / item.size : 0
  drawProblem(find("problem"), item)
  if (before?.state !== item.state || before?.result !== item.result) {
    drawActions(find("actions"), item)
    drawResult(element, item.result)
  }
}

function wordFor(item) {
  if (item.state === "sending") return `Sending ${Math.floor((item.sent / item.size) * 100)} %`
  if (item.state === "waiting" && item.tries) return "Waiting to be sent again"
  if (item.state === "cancelled" && item.wasSent) return "Cancelled, but sent already: may still be inspected"
  if (item.state === "done" && item.result?.repeated) return "Inspected before, same answer"
  return WORDS[item.state]
}

function drawProblem(element, { problem }) {
  const text = problemText(problem)
  if (element.dataset.text === text) return
  element.dataset.text = text
  element.replaceChildren(text)
  if (problem?.requestId) element.append(" ", copyIdButton(problem.requestId))
}

/** What can be done with the file: its key, its sign, and what it is called. */
function actionsFor(item) {
  if (BUSY.has(item.state)) return [["cancel", "x", "Cancel"]]
  return [canRetry(item) && ["retry", "rotate-ccw", "Retry"], canRemove(item) && ["remove", "x", "Take off the list"]].filter(Boolean)
}

/** Only when they differ: a button that is drawn anew while it is pressed, or has the focus, is lost. */
function drawActions(element, item) {
  const actions = actionsFor(item)
  const kinds = actions.map(([kind]) => kind).join(" ")
  if (element.dataset.kinds === kinds) return
  element.dataset.kinds = kinds
  element.replaceChildren(...actions.map(([kind, sign, label]) => h("button", { class: "button button--icon button--quiet", type: "button", "data-do": kind, title: label, "aria-label": `${label}: ${item.name}` }, icon(sign))))
}

function drawResult(element, run) {
  const image = run?.images?.[0]
  const note = element.querySelector(".file__note")
  const remarks = remarksOf(image)
  note.hidden = remarks.length === 0
  setText(note, remarks.join(" "))
  if (!run) return element.querySelector(".file__result").replaceChildren()
  const link = `/wafers/${run.wafer.id}/`
  const wafer = waferName(run.wafer.code, image?.file_name)
  element.querySelector(".file__result").replaceChildren(
    bandElement(run), run.state === "done" ? severityCounts(run.counts_by_severity) : h("span", { class: "muted" }, UNDER_WAY.has(run.state) ? run.waiting_for || "in the queue" : ""),
    h("a", { class: "button", href: link, "aria-label": `Open wafer ${wafer.name}, ${plural(run.detection_count ?? 0, "defect")}` }, wafer.isNamed ? wafer.name : "Open", icon("arrow-right", "small")))
  if (!image) return undefined
  const boxes = (run.detections ?? []).map(({ bbox_px: box, class_code: code, severity }) => [...box, code, severity])
  return element.querySelector(".file__picture").replaceChildren(
    h("img", { src: image.thumbnail, alt: "", width: 64, height: 64 }),
    svg("svg", { viewBox: `0 0 ${image.width_px} ${image.height_px}`, preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
      ["minor", "major", "critical"].map((severity) => svg("path", { d: boxesPath(boxes, severity, image.width_px * 2), class: `boxes boxes--${severity}` }))))
}
