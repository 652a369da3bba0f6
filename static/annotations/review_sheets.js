/** What the review asks before it goes on: which class, why skipped; and which keys a person would rather have. */
import { h, icon, setAttribute } from "../shared/dom.js"
import { actions, boundTo, combine, keyOf, keyText, rebind } from "../shared/keys.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { swatch } from "./review_details.js"
import { USUAL_REASONS, matching } from "./review_words.js"

const find = (selector) => document.querySelector(selector)
/** Places, help and search are the same on every page. */
const TAKEN = new Set(["g", "?", "/", "Escape", "Tab"])
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"])

function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close(""))
  return dialog
}

/** @returns {() => Promise<?string>} asks for a class by its name; null when nobody chose */
export function classChooser(classes) {
  const dialog = closable(find("#chooser"))
  const input = dialog.querySelector("input")
  const list = dialog.querySelector("ul")
  const none = dialog.querySelector(".picks__none")
  let at = 0
  const draw = () => {
    const found = matching(classes, input.value)
    at = Math.max(0, Math.min(at, found.length - 1))
    list.replaceChildren(...found.map(({ code, name, key }, index) => h("li", {}, h("button", { class: "pick", type: "button", role: "option", id: `pick-${code}`, tabindex: -1, "aria-selected": String(index === at), onclick: () => dialog.close(code) }, swatch(code), h("span", {}, name), key && h("kbd", {}, key)))))
    none.hidden = found.length > 0
    setAttribute(input, "aria-activedescendant", found[at] ? `pick-${found[at].code}` : null)
    return found
  }
  input.addEventListener("input", () => { at = 0; draw() })
  input.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!by && event.key !== "Enter") return
    event.preventDefault()
    if (by) at += by
    const found = draw()
    if (event.key === "Enter" && found[at]) dialog.close(found[at].code)
  })
  return () => {
    input.value = ""
    at = 0
    draw()
    return answerOf(dialog)
  }
}

function answerOf(dialog) {
  dialog.returnValue = ""
  dialog.showModal()
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue || null), { once: true }))
}

/** @returns {() => Promise<?string>} asks why; null when nobody said */
export function skipAsker() {
  const ask = reasonAsker(find("#skip"), { key: "review-skips", usual: USUAL_REASONS })
  return () => ask("Why do you skip it?")
}

/** The keys of this page, each to be given another. */
export function startMyKeys() {
  const dialog = find("#my-keys")
  let waiting = null
  let fault = ""
  const draw = () => find("#rebinds").replaceChildren(...actions().map(({ action, label }) => h("li", {},
    h("span", {}, label, waiting === action && fault && h("small", { class: "field__error", role: "alert" }, icon("octagon-alert", "small"), h("span", {}, fault))),
    h("button", { class: "button", type: "button", "data-rebind": action, "aria-pressed": String(waiting === action), onclick: () => ask(action) }, waiting === action ? "Press a key" : h("kbd", {}, keyText(action))))))
  /** What is wrong with a key is said where it is waited for. */
  const say = (text) => {
    fault = text
    draw()
    dialog.querySelector(`[data-rebind="${waiting}"]`)?.focus()
  }
  const ask = (action) => {
    waiting = waiting === action ? null : action
    say("")
    dialog.querySelector(`[data-rebind="${action}"]`).focus()
  }
  dialog.addEventListener("keydown", (event) => {
    if (!waiting || MODIFIERS.has(event.key) || event.key === "Tab") return
    event.preventDefault()
    if (event.key === "Escape") return ask(waiting)
    const key = keyOf(event)
    const owner = boundTo(key, waiting)
    if (TAKEN.has(key) || combine("", key).combination !== key) return say("This key is the same on every page and cannot be given away. Press another.")
    if (owner) return say(`This key is taken: ${owner.label}. Press another.`)
    rebind(waiting, [key])
    return ask(waiting)
  })
  dialog.querySelector("[data-reset]").addEventListener("click", () => {
    for (const { action } of actions()) rebind(action)
    waiting = null
    say("")
  })
  for (const button of document.querySelectorAll("[data-open=my-keys]")) button.addEventListener("click", () => { waiting = null; say(""); dialog.showModal() })
}
