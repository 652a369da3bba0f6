/** One model: where it judges, what waits in quarantine, and its versions. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setText } from "../shared/dom.js"
import { bytesText, plural } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { walkRows } from "../shared/rows.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { RegisterForm } from "./register_form.js"
import { capital, placeName, servesText, statusOf } from "./registry_state.js"

const SETTLE_MS = 300
const REFUSED_FOR_MS = 7 * 86_400_000
const INTAKE_WORDS = { waiting: "Waits for a worker", examining: "Being examined", refused: "Refused" }
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
let model = JSON.parse(find("#model").textContent)
let pages = 1
const path = `models/${model.name}/`
const registering = known.mayRegister && new RegisterForm(find("#register-sheet"), { model: () => model, mostBytes: known.mostBytes })

const versionLink = (version) => h("a", { class: "routes__version", href: `/models/${model.name}/versions/${version}/` }, version)

function drawRoutes() {
  find("#routes").closest("div").hidden = model.routes.length === 0
  find("#routes-none").hidden = model.routes.length > 0
  find("#routes").replaceChildren(...model.routes.map((route) => h("tr", {},
    h("td", {}, capital(placeName(route)), placeName(route) === "everything" && model.routes.length > 1 ? " else" : ""),
    h("td", {}, versionLink(route.champion)),
    h("td", {}, route.fallback ? versionLink(route.fallback) : h("span", { class: "muted" }, "None: images wait while Triton does not serve it")),
    h("td", {}, ageElement(route.changed_at), h("small", { class: "muted" }, ` ago, by ${accountName(route.requested_by)}`)))))
}

function createVersion(version) {
  const row = h("tr", {},
    h("td", {}, h("a", { class: "table__link", href: `/models/${model.name}/versions/${version.version}/` }, h("span", {}, version.version), h("small", {}, version.parent ? `from ${version.parent}` : ""))),
    h("td", {}, h("span", {})), h("td", {}), h("td", {}, version.precision.toUpperCase()), h("td", { class: "number versions__size" }, bytesText(version.bytes)),
    h("td", { class: "versions__who" }, h("span", {}, ageElement(version.created_at)), h("small", { class: "muted" }, `by ${accountName(version.created_by)}`)))
  updateVersion(row, version)
  return row
}

function updateVersion(row, version) {
  const { word, kind } = statusOf(version.status)
  const [, status, serves] = row.children
  status.firstElementChild.className = `band band--${kind}`
  setText(status.firstElementChild, word)
  setText(serves, capital(servesText(version)))
  serves.className = version.places.length ? "" : "muted"
}

function intakeRow(intake) {
  const refused = intake.refusals.length
  return h("li", { class: "intakes__row" }, icon(refused ? "octagon-alert" : "hourglass"),
    h("a", { class: "table__link", href: `/models/${model.name}/intakes/${intake.id}/` }, h("span", {}, `${intake.version}, ${intake.file_name || "a file without a name"}`),
      h("small", {}, refused ? `${plural(refused, "rule")} broken: ${intake.refusals[0].detail}` : INTAKE_WORDS[intake.state])),
    h("span", { class: "muted" }, ageElement(intake.changed_at)))
}

function drawIntakes(intakes) {
  const since = Date.now() - REFUSED_FOR_MS
  const shown = intakes.filter(({ state, changed_at: at }) => state !== "registered" && Date.parse(at) > since)
  find("#intakes-panel").hidden = shown.length === 0
  find("#intakes").replaceChildren(...shown.map(intakeRow))
}

async function someVersions() {
  const found = []
  let next = `${path}versions/`
  for (let page = 0; page < pages && next; page += 1) {
    const answer = await getJson(next)
    found.push(...answer.results)
    next = answer.next
  }
  return { found, next }
}

async function refresh() {
  const [answers, problem] = await outcome(Promise.all([getJson(path), someVersions(), getJson(`${path}intakes/?limit=10`)]))
  showTrouble(find("#model-trouble"), problem, { what: "What stands below may be from before.", retry: refresh })
  find("#versions-loading")?.remove()
  if (!answers) return
  const [shown, versions, intakes] = answers
  model = shown
  drawRoutes()
  keyed(find("#versions"), versions.found, { key: ({ version }) => version, create: createVersion, update: updateVersion })
  find("#versions-more").hidden = !versions.next
  drawIntakes(intakes.results)
}

for (const button of document.querySelectorAll("[data-register]")) button.addEventListener("click", () => registering.open())
find("#versions-more").addEventListener("click", () => { pages += 1; refresh() })
walkRows(() => [...document.querySelectorAll("#versions .table__link")], "version")
for (const event of ["route.flipped", "deployment.changed", "model_intake.changed", "model_version.changed"]) document.addEventListener(`live:${event}`, soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
drawRoutes()
refresh()
