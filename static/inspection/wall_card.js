/** A card of the live wall: what a wafer looks like at a glance. Kept up in place; only what changed is written. */
import { ageElement, setAge } from "../shared/ages.js"
import { h, icon, setAttribute, setText, svg } from "../shared/dom.js"
import { plural } from "../shared/formats.js"
import { bandElement, classCountsText, layerName, severityCounts, verdict, waferName } from "../shared/signs.js"
import { holdSign } from "./holds.js"
import { NO_TOOL, levelOf, nextStep } from "./wall_state.js"

const LEAST_BOX_SHARE = 0.035
const NEW_MS = 1600
const GRAVEST_FIRST = ["critical", "major", "minor", "nuisance"]
/** Longer names than these stand in small letters, and in two lines. */
const LETTERS_OF_A_HEADLINE = 7
const MOST_LETTERS = 18
const END_LETTERS = 8

/** The outlines of all boxes of one severity as one path: three nodes a card instead of forty. */
export function boxesPath(boxes, severity, widthPx) {
  return boxes.filter((box) => box[5] === severity).map((box) => {
    const [x, y, width, height] = outline(box, widthPx).map(Math.round)
    return `M${x} ${y}h${width}v${height}h${-width}z`
  }).join("")
}

/** A box as it is drawn: what is too small to be seen on a card gets room around it. */
function outline([x, y, width, height], widthPx) {
  const least = widthPx * LEAST_BOX_SHARE
  const padX = Math.max(0, least - width) / 2
  const padY = Math.max(0, least - height) / 2
  return [x - padX, y - padY, width + 2 * padX, height + 2 * padY]
}

/**
 * Which part of a picture a card shows that cuts some of it away, at the sides or above and below: the gravest box is
 * seen, and seen whole wherever it fits.
 *
 * @returns {[number, number]} the share of what is cut away that lies left, and above, from 0 to 1
 */
export function shownPart(boxes, widthPx, heightPx) {
  const gravest = [...boxes].sort((a, b) => GRAVEST_FIRST.indexOf(a[5]) - GRAVEST_FIRST.indexOf(b[5]))[0]
  if (!gravest) return [0.5, 0.5]
  const [x, y, width, height] = outline(gravest, widthPx)
  return [shareBefore(x, widthPx - width), shareBefore(y, heightPx - height)]
}

function shareBefore(start, room) {
  return room > 0 ? Math.min(1, Math.max(0, start / room)) : 0.5
}

/** A name as a card has room for in two lines. Names of files differ at their ends: the middle is left out. */
export function shortened(name) {
  if (name.length <= MOST_LETTERS) return name
  const stem = name.replace(/\.(png|jpe?g|tiff?|bmp|webp)$/i, "")
  return stem.length <= MOST_LETTERS ? stem : `${stem.slice(0, MOST_LETTERS - 1 - END_LETTERS)}…${stem.slice(-END_LETTERS)}`
}

/** Where the wafer is from, in one line: lot A12 · layer M3 · P1. */
function whereText(card) {
  return [card.lot, layerName(card.layer), card.product].filter(Boolean).join(" · ")
}

/** Who made and judged a card's images, in one line: v1.1.0 · BF-01. */
export function makersText(card) {
  return [card.version && `v${card.version}`, card.degraded && "fallback", card.tool ?? NO_TOOL].filter(Boolean).join(" · ")
}

function waferOf(card) {
  return waferName(card.wafer.code, card.image?.file_name).name
}

/** What a screen reader says of a card. */
function spokenText(card) {
  const grave = ["critical", "major", "minor"].filter((name) => card.counts_by_severity?.[name]).map((name) => `${card.counts_by_severity[name]} ${name}`)
  return `Wafer ${waferOf(card)}, lot ${card.lot}${layerName(card.layer) && `, layer ${card.layer}`}: ${verdict(card).word}${grave.length ? `, ${grave.join(", ")}` : ""}${card.hold ? `. On hold: ${card.hold.reason}` : ""}${nextStep(card) ? `. Open: ${nextStep(card).toLowerCase()}` : ""}`
}

let blank = null

/** A card is a copy of a blank one, which is quicker than putting each together part by part. */
export function createCard(card) {
  blank ??= blankCard()
  const element = blank.cloneNode(true)
  updateCard(element, card)
  return element
}

function blankCard() {
  return h("article", { class: "card" }, h("a", { class: "card__link" },
    h("div", { class: "card__picture" }), h("span", { class: "card__held" }),
    h("div", { class: "card__body" },
      h("div", { class: "card__head" }, h("b", { class: "card__wafer" }), h("span", { class: "card__band" })),
      h("p", { class: "card__where clip" }),
      h("div", { class: "card__counts" }),
      h("p", { class: "card__why" }),
      h("p", { class: "card__next" }, h("span"), icon("arrow-right", "small")),
      h("p", { class: "card__foot" }, h("span", { class: "card__makers clip" }), ageElement("")))))
}

export function updateCard(element, card) {
  if (element.card === card) return
  const before = element.card
  element.card = card
  const find = (name) => element.querySelector(`.card__${name}`)
  const link = find("link")
  setAttribute(element, "data-level", levelOf(card))
  setAttribute(element, "data-state", card.state)
  setAttribute(link, "href", levelOf(card) === "alarm" && card.state === "done" ? `${card.url}?look=gravest` : card.url)
  setAttribute(link, "aria-label", spokenText(card))
  setAttribute(element, "data-named", waferOf(card).length > LETTERS_OF_A_HEADLINE ? "long" : null)
  setText(find("wafer"), shortened(waferOf(card)))
  setAttribute(find("wafer"), "title", waferOf(card))
  setText(find("where"), whereText(card))
  find("held").replaceChildren(...(card.hold ? [holdSign()] : []))
  setAttribute(find("held"), "title", card.hold?.reason ?? null)
  setText(find("makers"), makersText(card))
  setAttribute(find("makers"), "title", makersText(card))
  find("band").replaceChildren(bandElement(card))
  find("counts").replaceChildren(...countsOf(card))
  setText(find("why"), whyText(card))
  setText(find("next").firstElementChild, nextStep(card))
  setAge(element.querySelector("time"), card.finished_at ?? card.queued_at)
  if (!before || before.image?.thumbnail !== card.image?.thumbnail || before.run !== card.run || String(before.boxes) !== String(card.boxes) || before.state !== card.state) drawPicture(find("picture"), card)
}

/** Marks a card that has just arrived or changed; the mark fades by itself. */
export function markNew(element) {
  element.classList.add("card--new")
  setTimeout(() => element.classList.remove("card--new"), NEW_MS)
}

function countsOf(card) {
  if (card.state !== "done") return []
  return [severityCounts(card.counts_by_severity)]
}

/** What the verdict rests on; where the images are at fault, that comes first. */
export function whyText(card) {
  if (card.state === "failed") return card.error?.detail ?? "The inspection failed."
  if (card.state === "queued") return card.waiting_for || "In the queue"
  if (card.state === "running") return "Inspecting now"
  return [card.why, card.under_way && `${plural(card.under_way, "image")} under way`, classCountsText(card.counts_by_class)].filter(Boolean).join(" · ")
}

function drawPicture(picture, card) {
  if (!card.image) return picture.replaceChildren(h("span", { class: "card__blank" }, icon(card.state === "failed" ? "octagon-alert" : "hourglass", "large")))
  const { width_px: width, height_px: height, thumbnail } = card.image
  const layers = ["minor", "major", "critical"].map((severity) => {
    const d = boxesPath(card.boxes ?? [], severity, width)
    return d && [svg("path", { d, class: "boxes__halo" }), svg("path", { d, class: `boxes boxes--${severity}` })]
  }).filter(Boolean).flat()
  const image = h("img", { src: thumbnail, alt: "", loading: "lazy", decoding: "async", width, height })
  const shown = h("div", { class: "card__shown" }, image, svg("svg", { class: "card__overlay", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, layers))
  const [left, above] = shownPart(card.boxes ?? [], width, height)
  for (const [name, value] of Object.entries({ ratio: width / height, left, above })) shown.style.setProperty(`--${name}`, value)
  picture.replaceChildren(shown)
}
