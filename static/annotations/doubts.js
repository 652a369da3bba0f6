/** Label errors that are suspected: the word, what models say, what looks alike; opened again or put aside by one key. */
import { h, setAttribute, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { finalOf } from "./decided_state.js"
import * as state from "./doubts_state.js"
import { drawEvidence, voiceFigure } from "./evidence.js"
import { historyView } from "./history_view.js"
import { windowChoice } from "./window_choice.js"

const USUAL = ["Similar findings have another label", "The model sees something else", "It wants another look by somebody else"]
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
loadClasses()
const nameOf = (code) => classNamed(code).name
const questions = turns()
let list = state.listOf({ results: [], total: 0, compared: 0 })
let isBusy = false

const itemOf = (id) => list.items.find(({ task }) => task.id === id)
const titleOf = (task) => (finalOf(task) === "nuisance" ? "Nuisance" : nameOf(finalOf(task)))

function alike(task) {
  return voiceFigure(task, { around: task.annotation?.bbox_px ?? task.bbox_px, voice: { letter: "", dash: [], at: 0, code: task.annotation?.class_code, shape: task.annotation?.shape }, box: task.annotation?.verdict === "defect" ? task.annotation.bbox_px : null, who: `Looks alike · ${task.wafer.code}`, said: task.annotation })
}

function change(next) {
  list = next
  find("#doubts .skeleton")?.remove()
  find("#doubts").hidden = list.items.length === 0
  find("#doubts-empty").hidden = list.items.length > 0
  setText(find("#said"), state.saidOf(list))
  drawEvidence(find("#evidence"), list.items.map(({ task }) => task), {
    onOpen,
    isBlind: true,
    voicesFor: (task) => [{ who: "Settled", said: task.annotation }],
    wordsOf: (task) => [`Settled: ${titleOf(task)}`],
    more: (task) => [h("span", { class: "small" }, state.neighbourWords(itemOf(task.id), nameOf)), ...itemOf(task.id).versions.map((one) => h("span", { class: "muted small" }, state.versionWords(one, nameOf)))],
    figures: (task) => itemOf(task.id).neighbours.map(alike),
  })
  for (const row of document.querySelectorAll(".evidence__row")) {
    row.tabIndex = row.dataset.task === list.focus ? 0 : -1
    setAttribute(row, "aria-current", row.dataset.task === list.focus ? "true" : null)
  }
  for (const button of document.querySelectorAll("[data-act]")) button.disabled = list.items.length === 0
}

function step(by) {
  change(state.stepped(list, by))
  const row = find(`.evidence__row[data-task="${list.focus}"]`)
  row?.focus({ preventScroll: true })
  row?.scrollIntoView({ block: "nearest" })
}

async function load(days) {
  const turn = questions.take()
  const [report, problem] = await outcome(getJson(`review/doubts/?days=${days}`, { timeoutMs: 30_000 }))
  if (!questions.counts(turn)) return
  showTrouble(find("#trouble"), problem, { what: "The label errors could not be looked for.", retry: () => load(days) })
  if (!problem) change(state.listOf(report))
}

/** Sends what was decided about the one that is meant; it goes from the list. */
async function settle(path, body, done) {
  const { id, revision } = state.focused(list).task
  isBusy = true
  const [, problem] = await outcome(postJson(`review/tasks/${id}/${path}`, { seen_revision: revision, ...body }))
  isBusy = false
  if (problem) return toast(problem.message, { level: "warn", requestId: problem.requestId })
  change(state.without(list, id))
  return toast(done)
}

const askReason = find("#reopen") && reasonAsker(find("#reopen"), { key: "review-reopens", usual: USUAL })
async function reopen() {
  const meant = state.focused(list)
  if (!meant || isBusy) return
  const reason = await askReason(`Why is this ${titleOf(meant.task).toLowerCase()} wanted again?`)
  if (reason) await settle("reopen/", { reason }, "It is open again, and waits for fresh opinions.")
}

const ACTS = { previous: () => step(-1), next: () => step(1), dismiss: () => { if (state.focused(list) && !isBusy) settle("doubt/dismiss/", {}, "Not doubted any more.") }, reopen }
const onOpen = find("#large") && historyView({ tasks: () => list.items.map(({ task }) => task), onReopen: () => { find("#large").close(); reopen() } })
if (known.mayRead) {
  for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", ACTS[button.dataset.act])
  find("#evidence").addEventListener("focusin", ({ target }) => {
    const id = target.closest(".evidence__row")?.dataset.task
    if (id && id !== list.focus) change({ ...list, focus: id })
  })
  find("#evidence").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(".evidence__row")) onOpen(state.focused(list).task)
  })
  load(windowChoice((days) => load(days)))
}
