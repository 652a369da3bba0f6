/** The words around a contact sheet: what is on it, what is meant, what was refused. */
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { countText, plural } from "../shared/formats.js"
import { waferName } from "../shared/signs.js"
import { isPickable, meant, refusals } from "./decided_state.js"
import { isOwn } from "./opinions_state.js"

const find = (selector) => document.querySelector(selector)
const EMPTY = {
  decided: ["Nothing waits here", "What reviewers decide comes here, to be looked at once more: validated by a second pair of eyes, or accepted at once."],
  validated: ["Nothing is validated", "What a second pair of eyes, or a lead between two opinions, found right comes here, to be accepted."],
  accepted: ["Nothing is accepted yet", "What is accepted is locked and good enough to train on. It can be opened again, with a reason."],
}

export function drawWords(state, { me, mayPick, isBusy }) {
  const count = state.order?.length ?? 0
  const chosen = mayPick ? meant(state, me) : []
  for (const button of document.querySelectorAll("[data-stage]")) setAttribute(button, "aria-pressed", String(button.dataset.stage === state.stage))
  drawCommand("#validate", "Validate", chosen.length, state.stage === "decided" && !isBusy)
  drawCommand("#accept", "Accept", chosen.length, state.stage !== "accepted" && !isBusy)
  if (find("#all")) find("#all").disabled = isBusy || !state.order?.some((id) => isPickable(state, id, me))
  if (find("#reopen-one")) find("#reopen-one").disabled = isBusy || !state.tasks.has(state.focus) || state.gone.has(state.focus)
  find("#more").hidden = !state.next
  find("#more").disabled = isBusy
  const yours = mayPick && state.stage !== "accepted" ? [...state.tasks.values()].filter((task) => isOwn(task, me)).length : 0
  const parts = [`${countText(count)} shown${state.next ? ", more to load" : ""}`, mayPick && state.stage !== "accepted" && `${countText(chosen.length)} chosen`, yours && `${countText(yours)} yours: somebody else has to look at them`]
  setText(find("#said"), state.order && count ? parts.filter(Boolean).join(" · ") : "\u00a0")
  drawFresh(state)
  drawEmpty(state)
  drawWafers(state)
}

/** The count is on the button: one knows what will happen before it does. */
function drawCommand(selector, word, count, is) {
  const button = find(selector)
  if (!button) return
  button.disabled = !is || count === 0
  setText(button.querySelector("[data-text]"), is && count ? `${word} ${countText(count)}` : word)
}

function drawFresh(state) {
  find("#fresh").hidden = state.fresh.size === 0 || !state.order?.length
  setText(find("#fresh p"), `${plural(state.fresh.size, "more is", "more are")} ${state.stage} since. ${state.fresh.size === 1 ? "It is" : "They are"} not on the sheet.`)
}

function drawEmpty(state) {
  const isEmpty = state.order?.length === 0
  const isFiltered = Boolean(state.wafer || state.classCode)
  find("#decided-empty").hidden = !isEmpty
  const [title, text] = EMPTY[state.stage]
  setText(find("#decided-empty h2"), isFiltered ? "Nothing of this choice" : title)
  setText(find("#decided-empty p"), text)
  find("#all-wafers").hidden = !isFiltered
}

/** Wafers to choose from are those on the sheet, and the one that was asked for. */
function drawWafers(state) {
  const select = find("#wafer")
  const known = new Map([...select.options].map(({ value, textContent }) => [value, textContent]))
  for (const { wafer, lot, image } of state.tasks.values()) known.set(wafer.id, `${waferName(wafer.code, image.file_name).name} · ${lot?.code ?? ""}`)
  if (state.wafer && !known.has(state.wafer)) known.set(state.wafer, "This wafer")
  const said = [...known].map((pair) => pair.join("=")).join("\n")
  if (select.dataset.said !== said) {
    select.dataset.said = said
    select.replaceChildren(...[...known].map(([value, text]) => h("option", { value }, text)))
  }
  select.value = state.wafer ?? ""
  find("#whole-wafer").hidden = !state.wafer
  setAttribute(find("#whole-wafer"), "href", state.wafer && `/review/wafer/${state.wafer}/`)
  find("#class").value = state.classCode ?? ""
}

/** @param {(ids: string[]) => void} onShow */
export function drawRefusals(state, onShow) {
  const all = refusals(state)
  const place = find("#refusals")
  const said = JSON.stringify(all)
  if (place.dataset.said === said) return
  place.dataset.said = said
  place.hidden = all.length === 0
  place.replaceChildren(icon("triangle-alert"), h("ul", {}, all.map(({ text, ids }) => h("li", {}, h("b", {}, `${plural(ids.length, "stays", "stay")}: `), text))), h("button", { class: "button", type: "button", onclick: () => onShow(all[0].ids) }, "Show"))
}

/** @param {?{done: number, of: number, word: string}} how null: over */
export function drawProgress(how) {
  find("#progress").hidden = how === null
  if (!how) return
  setText(find("#progress b"), `${how.word} ${countText(how.done)} of ${countText(how.of)}`)
  find("#progress progress").value = how.done / how.of
}
