/** The defect book: every class at a glance, or the page of one with all its items; leads write, put in order and take out. */
import { ageElement } from "../shared/ages.js"
import { glyph, h, icon, setText } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { walkRows } from "../shared/rows.js"
import { accountName, classNamed, loadClasses } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { showTrouble } from "../shared/trouble.js"
import { BookEditor } from "./book_editor.js"
import { Book, cropMaker, itemFigure } from "./book_parts.js"
import { isWritten, itemsByKind, movedBefore } from "./book_state.js"
import { swatch } from "./review_details.js"

const INDEX_CROP_PX = 192
const PAGE_CROP_PX = 320
const SETTLE_MS = 600
const find = (selector) => document.querySelector(selector)
const known = JSON.parse(find("#known").textContent)
const classes = loadClasses()
const crop = cropMaker(find("#main"))
const place = find("#book")

// All classes ---------------------------------------------------------------------------------------------------------

function drawIndex(book) {
  place.replaceChildren(...classes.map(({ code, name, key }) => {
    const page = book.pages.get(code)
    const { severity } = classNamed(code)
    return h("article", { class: "bookrow panel" },
      h("a", { class: "bookrow__words", href: `/review/book/${code}/` }, h("h2", {}, glyph(severity, `shape shape--${severity}`), swatch(code), h("span", {}, name), h("small", { class: "muted" }, severity), key && h("kbd", {}, key)),
        isWritten(page) ? [page.definition && h("p", {}, page.definition), page.look_for && h("p", { class: "muted" }, page.look_for)] : h("p", { class: "muted" }, "Nothing is written yet.")),
      h("div", { class: "bookrow__items" }, itemsByKind(page, { all: true }).map(({ many, items, count }) => h("section", {}, h("h3", {}, many, h("span", { class: "muted" }, ` ${countText(count)}`)),
        h("div", { class: "bookrow__crops" }, items.length ? items.map((item) => itemFigure(item, code, crop(item, INDEX_CROP_PX))) : h("p", { class: "muted small" }, "None yet"))))))
  }))
}

async function startIndex() {
  const book = new Book()
  book.addEventListener("change", () => { if (book.pages) drawIndex(book) })
  const ask = async () => showTrouble(find("#book-trouble"), await book.ask(), { what: "The book could not be loaded.", retry: ask })
  walkRows(() => [...place.querySelectorAll(".bookrow__words")], "class")
  await ask()
  document.addEventListener("live:resync", ask)
}

// One class -----------------------------------------------------------------------------------------------------------

let page = null

function drawPage() {
  const { severity } = classNamed(page.class_code)
  find("#book-severity").replaceChildren(glyph(severity, `shape shape--${severity}`), ` ${severity}`)
  find("#book-definition").replaceChildren(page.definition || h("span", { class: "muted" }, known.mayWrite ? "Nothing is written yet. E writes what this class is." : "Nothing is written yet. A lead can say what this class is."))
  find("#book-look").replaceChildren(page.look_for || h("span", { class: "muted" }, "–"))
  find("#book-written").replaceChildren(...(page.version ? [`Version ${page.version}, by ${accountName(page.written_by)} `, ageElement(page.written_at)] : []))
  find("#book-history").disabled = page.version === 0
  place.replaceChildren(...itemsByKind(page, { all: true }).map(({ kind, many, of, items, count }) => h("section", { class: "bookpart", "aria-labelledby": `part-${kind}` },
    h("h2", { id: `part-${kind}` }, many, h("span", { class: "muted" }, ` ${countText(count)}`), h("small", { class: "muted" }, of)),
    items.length ? h("ol", { class: "bookpart__items" }, items.map((item, at) => itemRow(item, items, at))) : h("p", { class: "muted bookpart__none" }, "None yet. In review, or at what is decided, ⇧B puts what is on the screen here."))))
  if (location.hash) place.querySelector(`[data-id="${CSS.escape(location.hash.slice(1))}"]`)?.scrollIntoView({ block: "center" })
}

function itemRow(item, items, at) {
  const act = (label, sign, isPossible, run) => h("button", { class: "button button--quiet button--icon", type: "button", "aria-label": label, title: label, disabled: !isPossible, onclick: run }, icon(sign))
  return h("li", {}, itemFigure(item, page.class_code, h("a", { class: "item__crop", href: `/wafers/${item.wafer}/?image=${item.image.id}`, title: "On its wafer" }, crop(item, PAGE_CROP_PX))),
    h("footer", {}, h("span", { class: "muted small clip" }, accountName(item.author), " ", ageElement(item.added_at)),
      known.mayWrite && h("span", { class: "item__acts" }, act("Earlier", "chevron-left", at > 0, () => move(items, item, -1)), act("Later", "chevron-right", at < items.length - 1, () => move(items, item, 1)), act("Take it out of the book", "x", true, () => retire(item)))))
}

async function change(path, body, said) {
  const [answer, problem] = await outcome(postJson(`review/book/examples/${path}/`, body))
  if (problem) toast(problem.message, { level: "alarm", requestId: problem.requestId })
  await load()
  if (answer && said) said()
}

async function move(items, { id }, by) {
  const before = movedBefore(items, id, by)
  if (before === undefined) return
  await change(`${id}/move`, { before })
  // It was drawn anew: who moves it on by keys finds the same button, at an end the other one.
  const [earlier, later] = place.querySelectorAll(`li:has([data-id="${CSS.escape(id)}"]) .item__acts button`)
  const [same, other] = by < 0 ? [earlier, later] : [later, earlier]
  const button = same?.disabled ? other : same
  button?.focus()
}

function retire({ id }) {
  change(`${id}/retire`, {}, () => toast("It is out of the book.", { action: { label: "Put it back", run: () => change(`${id}/restore`, {}) } }))
}

async function load() {
  const [answer, problem] = await outcome(getJson(`review/book/${known.classCode}/`))
  showTrouble(find("#book-trouble"), problem, { what: "The page could not be loaded.", retry: load })
  if (!answer || JSON.stringify(answer) === JSON.stringify(page)) return
  page = answer
  drawPage()
}

function startPage() {
  const editor = new BookEditor({ page: () => page, onWritten: (written) => { page = written; drawPage() } })
  find("#book-write")?.addEventListener("click", () => { if (page) editor.open() })
  find("#book-history").addEventListener("click", () => editor.history())
  const again = soon(load, SETTLE_MS)
  document.addEventListener("live:book.changed", ({ detail }) => { if (detail.data.class_code === known.classCode) again() })
  document.addEventListener("live:resync", again)
  load()
}

/** The key of a class leads to its page, as it names the class in review. */
function bindClasses() {
  for (const { code, name, key } of classes) if (key) bind({ keys: [key], label: `The page of ${name.toLowerCase()}`, group: "Classes", run: () => { location.href = `/review/book/${code}/` } })
}

setText(find("#said"), known.classCode ? "" : "What each class is, by real items. It is shown at the keys of the review, too.")
bindClasses()
if (known.classCode) startPage()
else startIndex()
