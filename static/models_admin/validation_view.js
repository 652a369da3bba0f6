/** The parts of a report: verdict, what stands beside what, classes, confusion, flips. */
import { h, icon, keyed, setText } from "../shared/dom.js"
import { countText, momentText } from "../shared/formats.js"
import { accountName } from "../shared/signs.js"
import { GATES, besideOf, classRowsOf, confusionOf, estimateOf, flipOf, flipsText, goldenText, numberText, verdictOf } from "./validation_state.js"

export const nameOf = (code) => code.replaceAll("_", " ")
const find = (selector) => document.querySelector(selector)
const withRange = ({ text, range }) => [h("b", {}, text), range && h("small", {}, range)]

export function drawVerdict(report) {
  const { word, kind, words } = verdictOf(report.gates)
  find("#verdict-word").className = `band band--${kind} verdict__word`
  find("#verdict-word").replaceChildren(icon(kind === "accept" ? "circle-check" : "circle-x"), word)
  setText(find("#verdict-words"), words)
  setText(find("#gates-number"), report.gates.number ? `Gates ${report.gates.number}` : "The gates that every model begins with")
  keyed(find("#gates"), report.gates.results, { key: ({ gate }) => gate, create: ({ gate, words: said, has_passed: hasPassed }) => h("li", { class: "gate", "data-level": hasPassed ? null : "warn" }, icon(hasPassed ? "circle-check" : "circle-x"), h("b", {}, GATES[gate]), h("span", {}, said)) })
}

export function drawBeside(report) {
  const champion = report.champion
  setText(find("#beside-version"), report.version.version)
  setText(find("#beside-champion"), champion ? `${champion.version}, champion` : "Champion")
  find("#beside-none").hidden = Boolean(champion)
  find("#beside").replaceChildren(...besideOf(report).map(({ name, hint, version, champion: theirs, difference }) => h("tr", {},
    h("td", {}, h("span", { title: hint || null }, name)), h("td", { class: "number" }, withRange(version)), h("td", { class: "number" }, theirs ? withRange(theirs) : "–"), differenceCell(difference))))
}

function differenceCell(difference) {
  if (!difference) return h("td", {})
  const { text, range, word, level } = difference
  return h("td", { class: "difference", "data-level": level }, h("span", { class: "difference__sign" }, icon({ better: "arrow-up", worse: "arrow-down", same: "minus" }[level], "small"), h("b", {}, text)), h("small", {}, [range, word].filter(Boolean).join(", ")))
}

export function drawClasses(report) {
  find("#classes-difference").hidden = !report.paired
  find("#classes").replaceChildren(...classRowsOf(report).map((one) => h("tr", {},
    h("td", {}, nameOf(one.class), !one.is_known && h("small", { class: "muted" }, "not known to this version")), h("td", { class: "number" }, countText(one.defects)),
    ...[one.recall, one.precision].map((rate) => h("td", { class: "number" }, rate.value === null ? "–" : withRange(estimateOf(rate)))),
    ...[one.f1, one.ap50].map((value) => h("td", { class: "number" }, value === null ? "–" : numberText(value, 2))), report.paired && differenceCell(one.difference))))
}

export function drawConfusion(report, side) {
  const { names, rows } = confusionOf(report, side, nameOf)
  find("#confusion-none").hidden = rows.length > 0
  find("#confusion").replaceChildren(
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "There ↓ called →"), names.map((name) => h("th", { scope: "col", class: "number" }, name)))),
    h("tbody", {}, rows.map(({ name, cells }) => h("tr", {}, h("th", { scope: "row" }, name), cells.map(cellElement)))))
}

function cellElement({ count, share, isRight }) {
  const cell = h("td", { class: "number confusion__cell", "data-right": isRight ? "true" : null, title: count ? `${Math.round(share * 100)} % of the row` : null }, count ? countText(count) : "·")
  cell.style.setProperty("--share", share.toFixed(3))
  return cell
}

export function drawFlips(report) {
  find("#flips-panel").hidden = !report.paired
  if (!report.paired) return
  setText(find("#flips-words"), flipsText(report.paired))
  keyed(find("#flips"), report.paired.flips, { key: ({ image }) => image, create: flipElement })
}

function flipElement(one) {
  const { word, level, what, there, version, champion } = flipOf(one)
  const address = `/api/v1/images/${one.image}`
  return h("li", { class: "flip" },
    h("a", { class: "flip__picture", href: `${address}/view/`, target: "_blank", rel: "noopener", "aria-label": `${one.file_name}, the whole picture` }, h("img", { src: `${address}/thumbnail/`, alt: "", loading: "lazy" })),
    h("div", {}, h("p", { class: "difference difference__sign", "data-level": level }, icon(level === "better" ? "arrow-up" : "arrow-down", "small"), h("b", {}, `${what}: ${word}`)),
      h("p", {}, `Lot ${one.lot} · ${one.wafer} · ${there}`),
      h("dl", { class: "flip__sides" }, h("dt", {}, "This"), h("dd", {}, version), h("dt", {}, "Champion"), h("dd", {}, champion))))
}

export function drawFacts(report) {
  const { golden_set: golden, reading, measured, version, champion } = report
  const digest = (sha256) => h("span", { class: "digest", title: sha256 }, `${sha256.slice(0, 12)}…`)
  const facts = [
    ["Golden set", h("a", { href: "/golden-sets/" }, golden.name)], ["Holds", goldenText(golden)], ["Its manifest", digest(golden.sha256)],
    [`File of ${version.version}`, digest(version.sha256)], ...(champion ? [[`File of ${champion.version}`, digest(champion.sha256)]] : []),
    ["Preprocessing", digest(reading.preprocessing_sha256)], ["Thresholds", Object.keys(reading.thresholds).length ? "some of the request's own" : "the version's own"],
    ["Measured", `${momentText(measured.at)}, in ${Math.round(measured.seconds)} s`], ["On", measured.machine],
    ...(champion ? [["Champion", measured.champion_remembered ? "found before on these images; timed again" : "asked about the same images"]] : []),
    ["Asked for by", accountName(report.requested_by)],
  ]
  find("#facts").replaceChildren(...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))
}
