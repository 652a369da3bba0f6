/** Into the book: what one looks at becomes an example, a counter-example or a borderline case of a class, by one more key. */
import { h, icon } from "../shared/dom.js"
import { newId } from "../shared/ids.js"
import { bind, sayKey } from "../shared/keys.js"
import { classNamed } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { KINDS, addedItem, answerWords } from "./book_state.js"
import { pageJournal } from "./journal_page.js"

/**
 * @param {string} me whose items these are: they are kept until the server has them
 * @param {object[]} classes
 * @param {() => ?{task: string, classCode: string}} subject what one looks at
 * @returns {() => void} asks what it is an example of
 */
export function bookAdder(me, classes, subject) {
  let about = null
  let waiting = ""
  const journal = startJournal()
  const choice = h("select", { class: "input", id: "book-class" }, classes.map(({ code, name }) => h("option", { value: code }, name)))
  const why = h("input", { class: "input", id: "book-why", maxlength: 300, autocomplete: "off" })
  const buttons = KINDS.map(({ kind, one, of }, at) => h("button", { class: "pick", type: "button", "data-kind": kind, onclick: () => add(kind) }, h("kbd", {}, String(at + 1)), h("span", {}, h("b", {}, one), h("small", { class: "muted" }, of))))
  const dialog = h("dialog", { class: "sheet sheet--small", id: "book-sheet", "aria-labelledby": "book-title" },
    h("form", { method: "dialog" }, h("div", { class: "sheet__head" }, h("h2", { id: "book-title" }, "Into the book"), h("button", { type: "button", class: "button button--icon button--quiet push", "aria-label": "Close", onclick: () => dialog.close() }, icon("x"))),
      h("div", { class: "sheet__body" }, h("div", { class: "field" }, h("label", { for: "book-class" }, "On the page of"), choice), h("div", { class: "field" }, h("label", { for: "book-why" }, "Why, in a line (if there is something to say)"), why), h("ul", { class: "picks" }, buttons.map((button) => h("li", {}, button))))))
  document.body.append(dialog)
  dialog.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); add("example") })
  dialog.addEventListener("keydown", (event) => {
    // A page below this one has keys of its own.
    event.stopPropagation()
    const kind = event.target !== why && KINDS[Number(event.key) - 1]?.kind
    if (!kind) return
    event.preventDefault()
    add(kind)
  })

  async function add(kind) {
    const item = addedItem({ id: newId(), task: about.task, classCode: choice.value, kind, why: why.value.trim() })
    dialog.close()
    await (await journal).add(item)
  }

  async function startJournal() {
    const started = await pageJournal(me, { path: "review/book/edits/", name: "book", what: "items for the book", onSaid: sayWaiting })
    started.addEventListener("answer", ({ detail }) => sayAnswer(detail))
    await started.open()
    started.kick()
    return started
  }

  /** Once for each reason why nothing goes. */
  function sayWaiting({ level, text }) {
    const reason = level === "alarm" ? text : ""
    if (reason && reason !== waiting) toast(`${reason}. It goes into the book by itself.`)
    waiting = reason
  }

  function sayAnswer(answer) {
    const { edit } = answer.entry
    const { text, isRefused, isToChange } = answerWords(answer, (code) => classNamed(code).name)
    if (isRefused) toast(text, { level: "alarm", requestId: answer.ack.problem.request_id, action: isToChange ? { label: "Change it", run: () => ask({ task: edit.task, classCode: edit.class_code, why: edit.why }) } : null })
    else toast(text, { action: { label: "See the page", run: () => { location.href = `/review/book/${edit.class_code}/#${answer.ack.example.id}` } } })
  }

  function ask(what) {
    about = what
    if (!about) return
    choice.value = about.classCode
    why.value = about.why ?? ""
    dialog.showModal()
    buttons[0].focus()
  }

  return () => ask(subject())
}

/** The key and the buttons of it. */
export function bindBook(ask) {
  bind({ action: "book.add", keys: ["B"], label: "Into the defect book, as an example", group: "Comments", isOnce: true, run: ask })
  const buttons = [...document.querySelectorAll("[data-book]")]
  for (const button of buttons) button.addEventListener("click", ask)
  sayKey("book.add", buttons)
}
