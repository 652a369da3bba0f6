/** Training runs: listed, followed, started. */
import { ageElement } from "../shared/ages.js"
import { h, keyed, setText } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { TrainingForm } from "./training_form.js"
import { isMoving, settingsText, stateOf } from "./training_state.js"

const SETTLE_MS = 300
const FOLLOW_MS = 5000
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const body = find("#trainings")
let rows = []
let pages = 1
let following = null
const form = known.mayTrain && known.models.length ? new TrainingForm(find("#training-sheet"), { known, onDone: ({ id }) => { location.href = `/training/${id}/` } }) : null

function create(run) {
  const row = h("tr", {},
    h("td", {}, h("a", { class: "table__link", href: `/training/${run.id}/` }, h("span", {}, `${run.model} ${run.version}`), h("small", {}, `from ${run.base}, ${settingsText(run.settings)}`))),
    h("td", { class: "trainings__state" }, h("span", {}), h("progress", { class: "progress", max: 1, "aria-label": `How far ${run.version} is` }), h("small", { class: "muted" })),
    h("td", { class: "trainings__set" }, run.dataset_label || h("code", {}, run.dataset_sha256.slice(0, 12))),
    h("td", { class: "trainings__who" }, h("span", {}, ageElement(run.requested_at)), h("small", { class: "muted" }, `by ${accountName(run.requested_by)}`)))
  update(row, run)
  return row
}

function update(row, run) {
  const { word, kind, share, note } = stateOf(run)
  const [sign, bar, words] = row.children[1].children
  sign.className = `band band--${kind}`
  setText(sign, word)
  bar.hidden = run.state !== "running"
  if (share === null) bar.removeAttribute("value")
  else bar.value = share
  setText(words, note)
}

async function someRows() {
  const found = []
  let next = "training/"
  for (let page = 0; page < pages && next; page += 1) {
    const answer = await getJson(next)
    found.push(...answer.results)
    next = answer.next
  }
  return { found, next }
}

async function refresh() {
  const [answer, problem] = await outcome(someRows())
  showTrouble(find("#trainings-trouble"), problem, { what: rows.length ? "The runs below are from before." : "The runs could not be loaded.", retry: refresh })
  find("#trainings-loading")?.remove()
  clearTimeout(following)
  if (answer) {
    rows = answer.found
    keyed(body, rows, { key: ({ id }) => id, create, update })
    find("#trainings-table").hidden = rows.length === 0
    find("#trainings-empty").hidden = rows.length > 0
    find("#trainings-more").hidden = !answer.next
    find("#no-trainer").hidden = known.isTrainerAlive !== false || !rows.some(({ state }) => state === "queued")
  }
  if (problem || rows.some(isMoving)) following = setTimeout(refresh, FOLLOW_MS)
}

for (const button of document.querySelectorAll("[data-train]")) button.addEventListener("click", () => form?.open())
find("#trainings-more").addEventListener("click", () => { pages += 1; refresh() })
walkRows(() => [...body.querySelectorAll(".table__link")], "training run")
document.addEventListener("live:training_run.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
refresh()
const asked = new URLSearchParams(location.search)
if (form && asked.has("dataset")) {
  form.open({ dataset: asked.get("dataset"), label: asked.get("label") ?? "" })
  // To load the page again is not to ask again.
  history.replaceState(null, "", location.pathname)
}
