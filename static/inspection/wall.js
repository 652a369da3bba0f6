/** The live wall's page: draws what wall_state says, once a frame, and asks for the present after every gap. */
import { h, keyed, setAttribute, setIcon, setText } from "../shared/dom.js"
import { ageText, agoText, countText, plural } from "../shared/formats.js"
import { loadClasses } from "../shared/signs.js"
import { showTrouble } from "../shared/trouble.js"
import { HOLD_EVENTS } from "./holds.js"
import { createCard, markNew, updateCard } from "./wall_card.js"
import { WallPlaces } from "./wall_places.js"
import { WallQuestions } from "./wall_questions.js"
import { PERSON, answered, cardKey, cleanFilters, emptyWall, figures, filtered, heldBack, isUncertain, lanes, levelOf, matches, paused, received, resumed, resynced, sentBy, shown, withHold, withinRoom } from "./wall_state.js"
import { bindSteps, focusCard, toNext } from "./wall_steps.js"

const EVENTS = ["run.queued", "run.started", "run.waiting", "run.done", "run.failed", "run.cancelled"]
const readJson = (id) => JSON.parse(document.getElementById(id).textContent)
const find = (selector) => document.querySelector(selector)

const address = new URL(location.href)
let tools = readJson("tools")
let wall = emptyWall(Object.fromEntries(address.searchParams))
let view = address.searchParams.get("view") ?? ""
/** The run of each card that the wall had at the last drawing, shown or not; null before the first. */
let known = null
/** Whether the wall has all of its cards: the page comes with those of the first screen only. */
let isFilled = false
/** How many cards are drawn: a screenful in the first frame, more with each, so that no frame keeps a key waiting. */
let room = 24
const MORE_ROOM = 40
/** The socket's first word asks for the present. Where none comes, the page asks by itself. */
const UNASKED_MS = 1000
/** The filters of the last answer. */
let answeredFor = wall.filters

loadClasses()
const board = find("#wall")
const places = new WallPlaces({ main: find("#main"), head: find(".wall-head"), board, marker: find("#news"), redraw })

// Drawing ---------------------------------------------------------------------------------------------------------

let frame = 0
function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0
    draw()
  })
}

function draw() {
  if (known) places.look()
  else places.forget()
  const cards = shown(wall)
  find("[data-command=next]").disabled = !cards.some((card) => levelOf(card) === "alarm")
  drawFigures()
  drawPause()
  find("#wall-empty").hidden = cards.length > 0 || !isFilled
  find("#wall-nothing").hidden = cards.length > 0 || !isFilled || !hasFilters()
  find("#wall-none").hidden = cards.length > 0 || !isFilled || hasFilters()
  if (!isFilled && cards.length === 0) return
  const rows = lanes(wall, tools, Date.now())
  const asLanes = view === "lanes" || (view !== "grid" && rows.filter((lane) => lane.cards.length).length > 1)
  drawAs(asLanes ? "lanes" : "grid")
  board.querySelector(".skeleton-cards")?.remove()
  const focused = document.activeElement?.closest(".card")
  const portion = withinRoom(placed(cards.length === 0 ? [] : asLanes ? rows : [{ tool: "", cards, isLate: false }]), room)
  keyed(board, portion.rows, { key: ({ tool }) => `lane ${tool}`, create: createLane, update: updateLane })
  if (focused && !focused.isConnected) focusCard(board, cardKey(focused.card))
  if (!wall.paused) known = new Map([...wall.cards].map(([key, { run }]) => [key, run]))
  if (!portion.isMore) return
  room += MORE_ROOM
  redraw()
}

function drawAs(nextView) {
  if (board.dataset.view !== nextView) places.forget()
  setAttribute(board, "data-view", nextView)
  setAttribute(find("[data-command=view]"), "aria-pressed", String(nextView === "lanes"))
}

/** Lanes in their places, and a word on what arrived in those that are not seen. */
function placed(rows) {
  places.drawNews(rows)
  return places.arranged(rows, Boolean(wall.paused))
}

function createLane(lane) {
  const head = lane.tool && h("header", { class: "lane__head" }, h("h2", { class: "clip", title: lane.tool }, lane.tool), h("p", { class: "lane__count" }), h("p", { class: "lane__silent" }))
  const element = h("section", { class: lane.tool ? "lane" : "lane lane--all", "data-tool": lane.tool, "aria-label": lane.tool ? `Tool ${lane.tool}` : "All wafers" }, head, h("div", { class: "lane__cards" }))
  updateLane(element, lane)
  return element
}

function updateLane(element, { tool, cards, count, silentMs, isLate }) {
  if (tool) {
    setText(element.querySelector(".lane__count"), !isFilled ? "" : count ? plural(count, "wafer") : hasFilters() ? "none matches the filters" : "no wafers yet")
    const silent = element.querySelector(".lane__silent")
    setText(silent, silentMs === null ? "" : isLate ? `silent ${ageText(silentMs)}` : `last image ${agoText(silentMs)}`)
    silent.classList.toggle("stale", isLate)
  }
  const list = element.querySelector(".lane__cards")
  keyed(list, cards, {
    key: cardKey,
    create: (card) => {
      const created = createCard(card)
      if (isNew(card)) welcome(created, list)
      return created
    },
    update: (shownCard, card) => {
      updateCard(shownCard, card)
      if (isNew(card)) welcome(shownCard, list)
    },
  })
}

/** Another wafer, or another image of a known one, which may come from another tool. */
function isNew(card) {
  return known && !wall.paused && known.get(cardKey(card)) !== card.run
}

function welcome(element, list) {
  markNew(element)
  places.arrived(element.card, list)
}

function drawFigures() {
  const sums = figures(wall)
  setAttribute(find("[data-figure=alarm]"), "aria-pressed", String(wall.filters.band === PERSON))
  for (const [name, value] of Object.entries(sums)) {
    const figure = find(`[data-figure=${name}]`)
    setText(figure.querySelector("b"), isFilled ? countText(value) : "–")
    setAttribute(figure, "data-level", isFilled && value && (name === "alarm" || name === "warn") ? name : null)
  }
}

function drawPause() {
  const button = find("[data-command=pause]")
  const count = heldBack(wall)
  setAttribute(button, "aria-pressed", String(Boolean(wall.paused)))
  setText(button.querySelector("[data-text]"), wall.paused ? "Resume" : "Pause")
  setIcon(button, wall.paused ? "play" : "pause")
  const note = find("#paused")
  note.hidden = !wall.paused
  setText(note.querySelector("b"), count ? `${countText(count)} new` : "nothing new yet")
}

// What changes the wall ---------------------------------------------------------------------------------------------

function change(next) {
  if (next === wall) return
  wall = next
  redraw()
}

function take(cards) {
  // What fills the wall for the first time, or after another choice, is not new.
  if (wall.filters !== answeredFor || !isFilled) known = null
  answeredFor = wall.filters
  const next = resynced(wall, cards)
  // Whoever paused before the first answer saw the first screen at most: that answer is what the view holds.
  change(wall.paused && !isFilled ? paused(resumed(next)) : next)
  isFilled = true
  showTrouble(find("#wall-trouble"), null)
  redraw()
}

const questions = new WallQuestions({
  filters: () => wall.filters,
  onPresent: take,
  onStanding: (cards) => change(answered(wall, cards)),
  onTrouble: (problem) => showTrouble(find("#wall-trouble"), problem, { what: "The wall cannot be brought up to date.", safe: "What you see is from before; it is asked again every 5 s.", retry: resync }),
})
const resync = () => questions.present()

function hasFilters() {
  return Object.values(wall.filters).some(Boolean)
}

function setFilters(filters) {
  change(filtered(wall, { ...wall.filters, ...filters }))
  for (const [name, value] of Object.entries(wall.filters)) {
    if (value) address.searchParams.set(name, value)
    else address.searchParams.delete(name)
  }
  history.replaceState(null, "", address)
  showFilters()
  resync()
}

function showFilters() {
  for (const select of document.querySelectorAll("#filters select")) {
    const value = wall.filters[select.name]
    if (value && ![...select.options].some((option) => option.value === value)) select.append(new Option(value, value))
    select.value = value
  }
  find("#filters [type=reset]").hidden = !hasFilters()
}

for (const name of EVENTS) {
  document.addEventListener(`live:${name}`, ({ detail }) => {
    const card = detail.data
    tools = sentBy(tools, card)
    // A wall of one tool does not fill up with the others.
    if (wall.cards.has(cardKey(card)) || matches(card, { ...cleanFilters(wall.filters), band: "" })) {
      change(received(wall, card))
      if (isUncertain(card)) questions.settle(card)
    }
  })
}
for (const name of HOLD_EVENTS) document.addEventListener(`live:${name}`, ({ detail }) => change(withHold(wall, detail.data.wafer, detail.data.hold)))
document.addEventListener("live:resync", resync)

find("#filters").addEventListener("change", ({ target }) => setFilters({ [target.name]: target.value }))
find("#filters").addEventListener("reset", (event) => {
  event.preventDefault()
  setFilters(cleanFilters())
})
find("#wall-nothing button").addEventListener("click", () => setFilters(cleanFilters()))
const toggle = () => change(wall.paused ? resumed(wall) : paused(wall))
find("[data-command=pause]").addEventListener("click", toggle)
find("#paused button").addEventListener("click", toggle)
find("[data-command=filter]").addEventListener("click", () => find("#filters select").focus())
find("[data-command=view]").addEventListener("click", () => {
  view = board.dataset.view === "lanes" ? "grid" : "lanes"
  address.searchParams.set("view", view)
  history.replaceState(null, "", address)
  redraw()
})

// The card keeps its place as the one to go on from: a press on the button would take the focus.
find("[data-command=next]").addEventListener("pointerdown", (event) => event.preventDefault())
find("[data-command=next]").addEventListener("click", () => toNext(board))
find("[data-figure=alarm]").addEventListener("click", () => setFilters({ band: wall.filters.band === PERSON ? "" : PERSON }))

bindSteps(board)

// A silent tool is noticed without any event.
setInterval(redraw, 5000)
showFilters()
wall = resynced(wall, readJson("cards"))
isFilled = "all" in board.dataset
draw()
setTimeout(() => { if (!isFilled) resync() }, UNASKED_MS)
