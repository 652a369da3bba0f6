/** Every model: which version judges, and what is newest. */
import { h, keyed, setText } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"

const SETTLE_MS = 300
const find = (selector) => document.querySelector(selector)
const body = find("#models")
let isKnown = false

function create(model) {
  const row = h("tr", {},
    h("td", {}, h("a", { class: "table__link", href: `/models/${model.name}/` }, h("span", {}, model.name), h("small", {}))),
    h("td", {}), h("td", {}), h("td", { class: "number" }))
  update(row, model)
  return row
}

function update(row, { kind, description, champion, newest, versions }) {
  const [, judges, last, count] = row.children
  setText(row.querySelector("small"), description || `${kind} model`)
  setText(judges, champion ?? "Nothing")
  judges.className = champion ? "" : "muted"
  setText(last, newest ?? "–")
  setText(count, countText(versions))
}

async function refresh() {
  const [answer, problem] = await outcome(getJson("models/"))
  showTrouble(find("#models-trouble"), problem, { what: isKnown ? "What stands below is from before." : "The models could not be loaded.", retry: refresh })
  find("#models-loading")?.remove()
  if (!answer) return
  isKnown = true
  keyed(body, answer.results, { key: ({ name }) => name, create, update })
  find("#models-table").hidden = answer.results.length === 0
  find("#models-empty").hidden = answer.results.length > 0
}

walkRows(() => [...body.querySelectorAll(".table__link")], "model")
for (const event of ["route.flipped", "deployment.changed", "model_intake.changed"]) document.addEventListener(`live:${event}`, soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
refresh()
