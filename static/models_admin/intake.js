/** What becomes of a file in quarantine, followed until it is over. */
import { ageElement } from "../shared/ages.js"
import { h, icon } from "../shared/dom.js"
import { bytesText, durationText, plural } from "../shared/formats.js"
import { getJson, outcome } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { graphFacts, ruleWord, stepsOf } from "./registry_state.js"

const SETTLE_MS = 200
const FOLLOW_MS = 2000
const ICONS = { done: "circle-check", doing: "hourglass", waiting: "circle-dashed", refused: "octagon-alert" }
const find = (selector) => document.querySelector(selector)
let intake = JSON.parse(find("#intake").textContent)
let following = null
const address = `/models/${intake.model}/`

function verdict() {
  const { state, version, refusals } = intake
  if (state === "registered") return [`${version} is a candidate now. `, h("a", { href: `${address}versions/${version}/` }, "Look at it"), "; validate it before it judges anything."]
  if (state === "refused") return [`It broke ${plural(refusals.length, "rule")}, so it is no version. Mend the file and hand it in again; the same number is free. The file is deleted after a week, this page stays.`]
  return ["It is looked at by a process without network and without rights. That takes up to two minutes; this page can be left."]
}

function draw() {
  find("#steps").replaceChildren(...stepsOf(intake).map(({ word, state }) => h("li", { "data-state": state, "aria-current": state === "doing" ? "step" : null }, icon(ICONS[state]), word)))
  find("#verdict").replaceChildren(...verdict())
  find("#refusals-panel").hidden = intake.refusals.length === 0
  find("#refusals").replaceChildren(...intake.refusals.map(({ rule, where, detail }) => h("tr", {}, h("td", {}, h("b", {}, ruleWord(rule))), h("td", {}, h("code", {}, where)), h("td", {}, detail))))
  const rows = [
    ["Handed in", [ageElement(intake.requested_at), ` ago by ${accountName(intake.requested_by)}`]], ["Size", bytesText(intake.bytes)], ["SHA-256", h("code", {}, intake.sha256)],
    ...graphFacts(intake.graph), ...(intake.tile_ms ? [["One tile, one thread", durationText(intake.tile_ms)]] : []),
  ]
  find("#facts").replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
  clearTimeout(following)
  if (["waiting", "examining"].includes(intake.state)) following = setTimeout(refresh, FOLLOW_MS)
}

async function refresh() {
  const [answer, problem] = await outcome(getJson(`models/${intake.model}/intakes/${intake.id}/`))
  showTrouble(find("#intake-trouble"), problem, { what: "What became of it could not be asked.", retry: refresh })
  if (answer) intake = answer
  draw()
}

document.addEventListener("live:model_intake.changed", soon(refresh, SETTLE_MS))
document.addEventListener("live:resync", refresh)
draw()
