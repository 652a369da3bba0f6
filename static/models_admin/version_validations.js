/** On the page of a version: by what it was measured, the newest first. */
import { ageElement } from "../shared/ages.js"
import { h, keyed, setText } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { soon } from "../shared/soon.js"
import { standingOf } from "./validation_state.js"

const SETTLE_MS = 300
const MOST = 5
const { model, version } = JSON.parse(document.querySelector("#version").textContent)
const list = document.querySelector("#validations")
const none = document.querySelector("#validations-none")

function create(run) {
  const row = h("li", {}, h("a", { class: "table__link", href: `/validations/${run.id}/` }, h("span", {}, run.golden_set.name), h("small", {}, ageElement(run.requested_at), " ago")), h("span", {}))
  update(row, run)
  return row
}

function update(row, run) {
  const { word, kind } = standingOf(run)
  row.lastElementChild.className = `band band--${kind}`
  setText(row.lastElementChild, word)
}

async function refresh() {
  const [answer, problem] = await outcome(getJson(`validations/?model=${model}&version=${version}&limit=${MOST}`))
  setText(none, problem ? `What it was measured by could not be loaded. ${problem.message}` : "It was not measured by a golden set of your site yet.")
  if (answer) keyed(list, answer.results, { key: ({ id }) => id, create, update })
  none.hidden = Boolean(answer?.results.length)
}

document.addEventListener("live:validation.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
refresh()
