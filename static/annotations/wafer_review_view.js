/** The words around a whole wafer under review: how much waits and is chosen, the chips, and the one that is looked at. */
import { placelessText } from "../inspection/wafer_state.js"
import { cropSquare, picture } from "../inspection/crops.js"
import { h, keyed, setAttribute, setText } from "../shared/dom.js"
import { confidenceText, countText, lengthText, plural } from "../shared/formats.js"
import { bandElement, layerName } from "../shared/signs.js"
import { swatch } from "./review_details.js"
import { chips, counts, inSight, isOnMap, meant } from "./wafer_review_state.js"
import { nameOf, wordOf } from "./wafer_review_sheet.js"

const find = (selector) => document.querySelector(selector)
const BANDS = { reject: "Reject", review: "Review", accept: "Accept" }
const EMPTY = {
  open: ["Everything here is decided", "What was decided can be looked at, and corrected until somebody has passed it."],
  decided: ["Nothing is decided yet", "Choose crops, then say with one key what they are."],
  all: ["Nothing was found", "The newest inspection of this wafer found nothing above the recipe’s thresholds."],
  never: ["Never inspected", "This wafer has no finished inspection. What is found on it comes here."],
}

/** @param {boolean} canSay whether a word would be kept */
export function drawWhole(state, { canSay }) {
  const count = counts(state)
  for (const button of document.querySelectorAll("[data-show]")) {
    setAttribute(button, "aria-pressed", String(button.dataset.show === state.show))
    setText(button.querySelector("b"), state.order ? countText(count[button.dataset.show]) : "–")
  }
  const ids = meant(state)
  const seen = inSight(state).length
  setText(find("#chosen"), !seen ? "\u00a0" : state.chosen.size ? `${countText(ids.length)} of ${countText(seen)} chosen` : `None of ${countText(seen)} chosen`)
  for (const button of document.querySelectorAll(".decision[data-action], .classkey")) button.disabled = !canSay || !ids.length
  setText(find("#confirm-what"), state.chosen.size ? plural(ids.length, "defect") : ids.length ? "the one in focus" : "")
  find("[data-action=undo]").disabled = !canSay || !state.trail.length
  find("[data-action=none]").disabled = !state.chosen.size && !state.problems.size
  for (const name of ["all", "like"]) find(`[data-action=${name}]`).disabled = !seen
  find("#whole-more").hidden = !state.isMore
  drawEmpty(state, seen)
  drawLayers(state)
  drawChips(state)
  setText(find("#map-placeless"), state.order?.length ? placelessText({ run: { images: [...state.images.values()] }, imageId: state.items.get(state.focus)?.image }) : "")
  find("#map-placeless").hidden = !find("#map-placeless").textContent
  // How to draw on a map says nothing where nothing is on it.
  find(".whole__hint").hidden = Boolean(state.order?.length) && !isOnMap(state)
}

function drawEmpty(state, seen) {
  find("#whole-empty").hidden = !state.order || seen > 0
  const [title, text] = EMPTY[state.layer === null ? "never" : state.order?.length ? state.show : "all"]
  setText(find("#whole-empty h2"), title)
  setText(find("#whole-empty p"), text)
  find("#whole-empty button").hidden = !state.order?.length
}

function drawLayers(state) {
  const select = find("#layer")
  select.hidden = state.layers.length < 2
  keyed(select, state.layers.map((code) => ({ code })), { key: ({ code }) => code, create: ({ code }) => h("option", { value: code }, `Layer ${layerName(code) || "unknown"}`) })
  if (state.layer) select.value = state.layer
  setText(find("#layer-name"), state.layers.length === 1 && layerName(state.layer) ? ` · layer ${state.layer}` : "")
}

function drawChips(state) {
  const { classes, bands } = chips(state)
  const draw = (list, rows, create) => keyed(list, rows, {
    key: ({ key }) => key,
    create: (row) => fillChip(h("button", { class: "chip", type: "button", "data-chip": row.key }, create(row), h("b", {})), row),
    update: fillChip,
  })
  draw(find("#bands"), bands, ({ key }) => h("span", {}, BANDS[key] ?? key))
  draw(find("#classes"), classes, ({ key }) => [key === "nuisance" ? null : swatch(key), h("span", { class: "clip" }, nameOf(key))])
}

function fillChip(chip, { key, ids, chosen }) {
  setAttribute(chip, "aria-pressed", chosen === ids.length ? "true" : chosen ? "mixed" : "false")
  setText(chip.querySelector("b"), chosen && chosen < ids.length ? `${countText(chosen)}/${countText(ids.length)}` : countText(ids.length))
  setAttribute(chip, "aria-label", `${BANDS[key] ?? nameOf(key)}: ${chosen} of ${ids.length} chosen`)
  return chip
}

let drawn = null

/** The one that is pointed at, or has the focus: larger, with what is known of it. */
export function drawLooked(state, id) {
  const item = state.items.get(id)
  const place = find("#looked")
  place.hidden = !item
  if (!item) return
  const said = [item, wordOf(state, item), state.problems.get(id)]
  if (said.every((value, at) => value === drawn?.[at])) return
  drawn = said
  const [, word, problem] = said
  find("#looked-head").replaceChildren(swatch(item.class_code), h("b", { class: "clip" }, nameOf(item.class_code)), bandElement({ state: "done", band: item.band }))
  const facts = [["Sure", confidenceText(item.confidence)], ["Size", item.size_um === null ? null : lengthText(item.size_um)], ["Die", item.die?.join(", ")], ["Said", word && word !== "saving" ? `${nameOf(item.said?.verdict === "nuisance" ? "nuisance" : item.said?.class_code ?? item.class_code)}, ${word}` : "nothing yet"]]
  find("#looked-facts").replaceChildren(...facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
  find("#looked-problem").hidden = !problem
  setText(find("#looked-problem"), problem ?? "")
  drawCrop(item, state.images.get(item.image))
}

async function drawCrop(item, image) {
  const canvas = find("#looked canvas")
  const element = image && (await picture(image))
  if (drawn?.[0] !== item) return
  const context = canvas.getContext("2d")
  context.clearRect(0, 0, canvas.width, canvas.height)
  if (!element) return
  const scale = element.naturalWidth / image.width_px
  const [x, y, side] = cropSquare(item.bbox_px, image)
  context.imageSmoothingEnabled = side * scale > canvas.width
  context.drawImage(element, x * scale, y * scale, side * scale, side * scale, 0, 0, canvas.width, canvas.height)
}
