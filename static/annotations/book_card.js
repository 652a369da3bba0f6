/** What a class is, at its key: on pointing, on focus, and on a long touch. It lies where it does not hide the defect. */
import { glyph, h, icon } from "../shared/dom.js"
import { keyText } from "../shared/keys.js"
import { classNamed } from "../shared/signs.js"
import { Book, cropMaker, itemFigure } from "./book_parts.js"
import { cardPlace, emptyWords, isWritten, itemsByKind } from "./book_state.js"
import { swatch } from "./review_details.js"

const CROP_PX = 192
const LONG_TOUCH_MS = 450
/** From one key to the next the card follows at once; it comes only for a pointer that rests. */
const REST_MS = 120

/**
 * @param {HTMLElement} keys with `data-class` each
 * @param {HTMLElement} picture what a card may lie over is as high as this, from its left edge to the end of `page`
 * @param {HTMLElement} page that both are in
 * @param {() => ?number[]} seen the box of the defect in pixels of the picture
 */
export function startBookCard(keys, picture, page, seen) {
  const book = new Book()
  const card = h("aside", { class: "bookcard", id: "bookcard", role: "tooltip", hidden: true })
  page.append(card)
  const crop = cropMaker(null)
  let drawn = null
  let timer = null
  let isTouched = false

  const place = (key) => {
    const [all, room, at] = [page, picture, key].map((element) => element.getBoundingClientRect())
    card.style.setProperty("--room", `${room.height}px`)
    const { x, y } = cardPlace([card.offsetWidth, card.offsetHeight], [all.right - room.left, room.height], seen(), at.x + at.width / 2 - room.x)
    card.style.setProperty("--x", `${x + room.x - all.x}px`)
    card.style.setProperty("--y", `${y + room.y - all.y}px`)
  }
  const show = (key) => {
    const known = book.pages?.get(key.dataset.class)
    if (!known) return
    if (drawn !== known) card.replaceChildren(...partsOf(known, crop))
    drawn = known
    card.hidden = false
    key.setAttribute("aria-describedby", "bookcard")
    place(key)
  }
  const hide = () => {
    clearTimeout(timer)
    card.hidden = true
    keys.querySelector("[aria-describedby=bookcard]")?.removeAttribute("aria-describedby")
  }
  const keyOf = ({ target }) => target.closest("[data-class]")
  keys.addEventListener("pointerover", (event) => {
    const key = keyOf(event)
    if (!key || event.pointerType === "touch") return
    clearTimeout(timer)
    timer = setTimeout(() => show(key), card.hidden ? REST_MS : 0)
  })
  keys.addEventListener("pointerleave", hide)
  keys.addEventListener("focusin", (event) => { if (event.target.matches(":focus-visible")) show(keyOf(event)) })
  keys.addEventListener("focusout", hide)
  keys.addEventListener("pointerdown", (event) => {
    const key = keyOf(event)
    isTouched = false
    if (event.pointerType === "touch" && key) timer = setTimeout(() => { isTouched = true; show(key) }, LONG_TOUCH_MS)
  })
  for (const name of ["pointerup", "pointercancel"]) keys.addEventListener(name, ({ pointerType }) => { if (pointerType === "touch") hide() })
  // A long touch asks; it does not decide.
  keys.addEventListener("click", (event) => { if (isTouched) { isTouched = false; event.stopPropagation(); event.preventDefault() } }, { capture: true })
  keys.addEventListener("contextmenu", (event) => { if (isTouched) event.preventDefault() })
  book.ask().then(() => book.warm())
}

function partsOf(page, crop) {
  const { severity, name } = classNamed(page.class_code)
  const head = h("header", {}, glyph(severity, `shape shape--${severity}`), swatch(page.class_code), h("b", {}, name), h("span", { class: "muted" }, severity))
  if (!isWritten(page)) return [head, h("p", { class: "muted" }, emptyWords(keyText("book.add")))]
  return [head, page.definition && h("p", {}, page.definition), page.look_for && h("p", { class: "muted bookcard__look" }, icon("eye", "small"), h("span", {}, page.look_for)),
    ...itemsByKind(page).map(({ kind, many, items }) => h("section", { "data-kind": kind }, h("h3", {}, many), h("div", { class: "bookcard__items" }, items.map((item) => itemFigure(item, page.class_code, crop(item, CROP_PX))))))].filter(Boolean)
}
