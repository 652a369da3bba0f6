/** The smaller parts of the wafer page: its head, the list of images, the classes, the place under the cursor. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { countText, plural } from "../shared/formats.js"
import { bandElement, severityCounts } from "../shared/signs.js"
import { placeText } from "./wafer_geometry.js"
import { remarksOf } from "./remarks.js"
import { classCounts, foundAt, placelessText } from "./wafer_state.js"

const find = (selector) => document.querySelector(selector)

/** @param {?object} newest card of the newest run @param {?object} shown what the page shows: the wafer as it stands, or one run */
export function drawHead(newest, shown) {
  const card = shown ?? newest
  if (!card) return
  find("#verdict").replaceChildren(bandElement(card), card.state === "done" ? severityCounts(card.counts_by_severity) : h("span", { class: "muted" }, card.waiting_for || card.error?.detail || ""))
  find("#head-facts").replaceChildren(...[card.tool ? `Tool ${card.tool}` : "Uploaded by hand", `Recipe ${card.recipe}`, card.version && judgeOf(card), card.standing?.images > 1 && plural(card.standing.images, "image")].filter(Boolean).map((text) => h("span", {}, text)), ageElement(card.finished_at ?? card.queued_at))
  const isUnderWay = newest.state === "queued" || newest.state === "running"
  const note = find("#under-way")
  note.hidden = !isUnderWay && newest.state !== "failed"
  setText(note.querySelector("span"), newest.state === "failed" ? `The newest run failed: ${newest.error?.detail ?? "no reason was stored"}` : newest.waiting_for ? `A run waits: ${newest.waiting_for}. It goes on by itself.` : "A run is under way; this page follows it.")
  for (const button of note.querySelectorAll("button")) {
    button.hidden = button.dataset.do === "retry" ? newest.state !== "failed" || !newest.can_retry : newest.state !== "queued"
    button.dataset.run = newest.run
  }
}

/** Who judged; where it is known which deployment that was, with the way to all that it has touched. */
function judgeOf({ model, version, deployment }) {
  const name = `Model ${model} ${version}`
  return deployment ? h("a", { href: `/deployments/${deployment}/` }, name) : name
}

export function drawImages(list, state, choose) {
  const images = state.run?.images ?? []
  list.hidden = images.length < 2
  const counts = Map.groupBy(state.byId.values(), ({ image }) => image)
  keyed(list, images, {
    key: ({ id }) => id,
    create: (image) => h("button", { class: "shot", type: "button", onclick: () => choose(image.id), title: image.file_name || null },
      h("img", { src: image.thumbnail, alt: "", width: 56, height: 56, loading: "lazy" }), h("span", {})),
    update: () => {},
  })
  images.forEach((image, at) => {
    const button = list.keyedElements.get(image.id)
    const count = counts.get(image.id)?.length ?? 0
    setText(button.querySelector("span"), count ? countText(count) : "–")
    setAttribute(button, "aria-label", `Image ${at + 1} of ${images.length}, ${count} defects`)
    setAttribute(button, "aria-pressed", String(image.id === state.imageId))
  })
}

/** One toggle per class that the run has, with its key, shape and colour. */
export function drawClasses(list, classes, state) {
  const counts = classCounts(state)
  const rows = classes.filter(({ code }) => counts.has(code))
  keyed(list, rows, {
    key: ({ code }) => code,
    create: ({ code, name, key }) => {
      const swatch = h("span", { class: "swatch" })
      swatch.style.setProperty("--swatch", `var(--class-${code})`)
      return h("button", { class: "toggle", type: "button", "data-class": code, title: "Double-click, or Shift and a click, shows it alone" }, icon("eye-off", "small"), swatch, h("span", { class: "toggle__name" }, name), h("kbd", { "aria-hidden": "true" }, key), h("b", {}))
    },
  })
  for (const { code, name } of rows) {
    const element = list.keyedElements.get(code)
    const { shown, total } = counts.get(code)
    setAttribute(element, "aria-pressed", String(!state.hidden.has(code)))
    setAttribute(element, "aria-label", `${name}: ${shown} of ${total} shown`)
    setText(element.querySelector("b"), shown === total ? String(total) : `${shown}/${total}`)
  }
}

/** @param {?{die: number[], place: number[], zone: string}} place under the cursor */
export function drawPlace(element, place, state) {
  if (!place) return setText(element, "Point at the map to read a die.")
  setText(element, `Die ${place.die.join(", ")} · ${place.zone} · ${placeText(place.place, 2)} · ${foundAt(state, place)}`)
}

/** Over the map: why it has no marks of the image that is shown. */
export function drawPlaceless(element, state) {
  const text = placelessText(state)
  setText(element, text)
  element.hidden = !text
}

/** Under the image: why it is for a person, and how it was read. */
export function drawRemarks(element, image) {
  const text = remarksOf(image).join(" ")
  setText(element.querySelector("span"), text)
  setAttribute(element, "data-level", image?.flaws?.length ? "warn" : null)
  element.hidden = !text
}
