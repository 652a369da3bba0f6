/** How a reviewer decides: pace, agreement, known answers, repeats; the items behind each; appeals. */
import { h, icon, setText } from "../shared/dom.js"
import { countText, durationText, percentText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { classNamed, loadClasses } from "../shared/signs.js"
import { showTrouble } from "../shared/trouble.js"
import { turns } from "../shared/turns.js"
import { numberText, plotRows } from "./agreement_state.js"
import { Appeals } from "./appeals.js"
import { drawEvidence } from "./evidence.js"
import { historyView } from "./history_view.js"
import { drawIntervals } from "./interval_plot.js"
import * as state from "./scorecard_state.js"
import { drawTrend } from "./trend_plot.js"
import { bindNumbers } from "./numbers_table.js"
import { keepInAddress, windowChoice } from "./window_choice.js"

const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
loadClasses()
const nameOf = (code) => (code === "nuisance" ? "Nuisance" : classNamed(code).name)
const shareText = (value) => percentText(value)
const questions = turns()
const asked = new URLSearchParams(location.search)
let [days, reviewer] = [30, asked.get("reviewer") || known.me]
let card = null
let shown = []

const isOwn = () => reviewer === known.me
const who = () => ({ isOwn: isOwn(), reviewer })
const queryOf = (more = {}) => new URLSearchParams({ days, ...(isOwn() ? {} : { reviewer }), ...more })

function draw() {
  const isEmpty = card.decisions === 0
  find("#scorecard-empty").hidden = !isEmpty
  find("#scorecard").hidden = isEmpty
  setText(find("#said"), `${isOwn() ? "Your own, of days that are over" : card.full_name || reviewer}${card.is_sample ? `. Of the newest ${countText(card.most)} words` : ""}`)
  if (isEmpty) return
  find("#figures").replaceChildren(...state.glance(card).map(({ value, unit, label, range }) => h("div", { class: "figure" }, h("b", {}, value, unit && value !== "–" ? h("small", {}, unit) : null), h("span", {}, label), range && value !== "–" ? h("span", { class: "muted small" }, range) : null)))
  const rows = state.measureRows(card, who())
  for (const row of rows) if (row.isOpenable) row.onOpen = () => open(row.key)
  drawIntervals(find("#measures"), rows, { text: (value) => `${Math.round(value * 100)} %`, name: "Share of the same decision", valueTitle: "Share" })
  setText(find("#gold-said"), state.goldWords(card.gold))
  drawIntervals(find("#classes"), plotRows(card.classes.map((one) => ({ ...one, ...one.peers })), ({ class_code: code }) => nameOf(code)), { limit: 0.6, text: numberText, name: "Kappa with others by class", valueTitle: "Kappa", noteTitle: "Pairs" })
  drawTrend(find("#weeks"), card.weeks.map((week) => ({ ...week, at: week.monday })), [
    { name: "The same class as others", kind: "share", of: ({ peers }) => peers, text: (value) => `${Math.round(value * 100)} %`, top: 1 },
    { name: "Median look", kind: "line", of: ({ median_ms: ms }) => ms, text: durationText },
    { name: "Decisions", kind: "bars", of: ({ decisions }) => decisions, text: countText },
  ])
  for (const button of document.querySelectorAll("[data-figure]")) button.disabled = !rows.find(({ key }) => key === button.dataset.figure)?.isOpenable
}

async function load() {
  const turn = questions.take()
  const [answer, problem] = await outcome(getJson(`review/scorecard/?${queryOf()}`))
  if (!questions.counts(turn)) return
  showTrouble(find("#trouble"), problem, { what: "The scorecard could not be loaded.", retry: load })
  if (problem) return
  card = answer
  draw()
  close()
}

async function open(figure) {
  const turn = questions.take()
  const [answer, problem] = await outcome(getJson(`review/scorecard/tasks/?${queryOf({ figure })}`))
  if (!questions.counts(turn)) return
  showTrouble(find("#trouble"), problem, { what: "The items could not be loaded.", retry: () => open(figure) })
  if (problem) return
  const items = new Map(answer.results.map((item) => [item.task.id, item]))
  shown = answer.results.map(({ task }) => task)
  find("#items").hidden = false
  setText(find("#items-title"), state.itemsTitle(figure, who()))
  setText(find("#items-said"), answer.total === 0 ? "None that may be seen yet." : shown.length < answer.total ? `The newest ${shown.length} of ${countText(answer.total)}` : countText(answer.total))
  const kind = state.appealKind(figure, { isOwn: isOwn(), mayAppeal: known.mayAppeal })
  find("#evidence").keyedElements?.clear()
  find("#evidence").replaceChildren()
  drawEvidence(find("#evidence"), shown, {
    onOpen, isBlind: figure === "gold" || figure === "repeat", voicesFor: ({ id }) => state.ownVoices(figure, items.get(id), who()),
    acts: (task) => (kind ? [h("button", { class: "button", type: "button", onclick: () => appeals.contest(task, kind) }, icon("message-square", "small"), "Contest")] : []),
  })
  find("#items").scrollIntoView({ block: "start" })
  find("#items").focus({ preventScroll: true })
}

function close() {
  find("#items").hidden = true
  shown = []
}

async function fillChoice() {
  const choice = find("#reviewer")
  if (!choice) return
  const [answer] = await outcome(getJson("review/reviewers/"))
  const people = answer?.results ?? []
  const names = people.some(({ username }) => username === reviewer) ? people : [{ username: reviewer, full_name: "" }, ...people]
  choice.replaceChildren(...names.map(({ username, full_name: full }) => h("option", { value: username, selected: username === reviewer }, full && full !== username ? `${full} (${username})` : username)))
  choice.addEventListener("change", () => {
    reviewer = choice.value
    keepInAddress({ reviewer: isOwn() ? null : reviewer })
    load()
  })
}

const onOpen = find("#large") && historyView({ tasks: () => shown })
let appeals = null
if (known.mayRead) {
  appeals = new Appeals(find("#appeals"), { me: known.me, mayAnswer: known.mayAnswer, onOpen: (task) => { shown = [task]; onOpen(task) }, onChanged: load })
  for (const button of document.querySelectorAll("[data-figure]")) button.addEventListener("click", () => open(button.dataset.figure))
  bindNumbers(find("#as-tables"))
  find("#items-close").addEventListener("click", close)
  days = windowChoice((chosen) => { days = chosen; load() })
  fillChoice()
  load()
  appeals.load()
}
