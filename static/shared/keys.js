/** Keys of a page: bound in one place, so that the sheet behind `?` tells the truth. */
import { h, setAttribute, setText } from "./dom.js"
import { recall, remember } from "./remembered.js"
import { searchField } from "./search.js"

const bindings = []
/** Keys that this person has put in the place of ours, by action; read once, when the first key is bound. */
let rebound = null
const CHORD_MS = 1500
let chord = { prefix: "", at: 0 }

/**
 * The combination a key press makes with the one before: `g` waits for a letter, everything else stands alone.
 *
 * @returns {{combination: string, prefix: string}} prefix is kept for the next press.
 */
export function combine(prefix, key) {
  if (prefix === "g") return { combination: `g ${key}`, prefix: "" }
  return key === "g" ? { combination: "", prefix: "g" } : { combination: key, prefix: "" }
}

/**
 * @param {{keys: string[], label: string, group?: string, when?: () => boolean, action?: string, isOnce?: boolean, run: (event) => void}} binding
 *   of two for one key the later, while its `when` holds. With an `action` a person may choose other keys for it. `isOnce`: a key
 *   that is held does it once.
 */
export function bind(binding) {
  bindings.push({ group: "This page", when: () => true, ...binding })
}

/** The keys of a binding: the person's own where they chose some. */
function keysOf({ action, keys }) {
  rebound ??= recall("keys").bound ?? {}
  return (action && rebound[action]) || keys
}

/** What may have other keys, once each: {action, label, keys, usual}. */
export function actions() {
  const named = bindings.filter(({ action }) => action)
  return named.filter((one, at) => named.findIndex(({ action }) => action === one.action) === at).map((one) => ({ action: one.action, label: one.label, keys: keysOf(one), usual: one.keys }))
}

/** What else a key does on this page; undefined where it is free. Two that have a key between them as they are given, each at its time, may have it so again. */
export function boundTo(key, action) {
  const isUsual = bindings.some((one) => one.action === action && one.keys.includes(key))
  return bindings.find((one) => one.action !== action && keysOf(one).includes(key) && !(isUsual && one.keys.includes(key)))
}

/** Whether a press is of the key of an action, where a sheet hears its keys itself. */
export function isKeyOf(action, event) {
  return actions().some((one) => one.action === action && one.keys.includes(keyOf(event)))
}

/** Says on buttons which key their action has, also once a person has chosen another. */
export function sayKey(action, buttons) {
  const draw = () => {
    const key = keyText(action)
    for (const button of buttons) {
      setText(button.querySelector("kbd, .command__key"), key)
      setAttribute(button, "aria-keyshortcuts", key.replace("⇧", "Shift+"))
    }
  }
  draw()
  document.addEventListener("waferdeck:keys", draw)
}

/** Gives an action other keys, for this person and from now on; without keys it has its usual ones again. */
export function rebind(action, keys = null) {
  rebound = { ...(rebound ?? recall("keys").bound), [action]: keys ?? undefined }
  remember("keys", { ...recall("keys"), bound: rebound })
  document.dispatchEvent(new CustomEvent("waferdeck:keys"))
}

/** The key of an action as it is shown on its button. */
export function keyText(action) {
  const [key] = actions().find((one) => one.action === action)?.keys ?? [""]
  return SHOWN[key] ?? (isShiftedLetter(key) ? `⇧${key}` : key.length === 1 ? key.toUpperCase() : key)
}

/** A capital stands for its letter with Shift: letters alone are bound as small ones. */
function isShiftedLetter(key) {
  return /^[A-Z]$/.test(key)
}

function isTyping(target) {
  return Boolean(target.closest?.("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]"))
}

/** Arrows and their kin move a slider and choose among radio buttons, when one of those has the focus. */
function isSetting(target, key) {
  return /^(Arrow|Page|Home$|End$)/.test(key) && Boolean(target.closest?.("input[type=range], input[type=radio]"))
}

/** The name of a key as bindings write it. A letter is the same with the caps lock on. */
export function keyOf({ key = "", shiftKey, ctrlKey, metaKey }) {
  if (ctrlKey || metaKey) return `Ctrl+${shiftKey ? "Shift+" : ""}${key.toLowerCase()}`
  if (shiftKey && /^Arrow/.test(key)) return `Shift+${key}`
  return key.length === 1 && !shiftKey ? key.toLowerCase() : key
}

/** Letters, digits and signs: what dictation types by accident, and a glove. */
function isCharacter(key) {
  return key.length === 1 && key !== " "
}

let areCharactersOff = false

function pressed(event) {
  if (event.defaultPrevented || event.altKey || event.isComposing) return
  if (isTyping(event.target) || isSetting(event.target, event.key) || document.querySelector("dialog[open]")) return
  const key = keyOf(event)
  if (areCharactersOff && isCharacter(key)) return
  const combination = event.ctrlKey || event.metaKey ? key : combinationOf(event, key)
  const binding = bindings.findLast((one) => keysOf(one).includes(combination) && one.when())
  if (!binding) return
  // A focused button keeps its own space and enter.
  if ((key === " " || key === "Enter") && event.target.closest("button, a, summary, [role=option]")) return
  event.preventDefault()
  if (!(binding.isOnce && event.repeat)) binding.run(event)
}

function combinationOf(event, key) {
  const waited = event.timeStamp - chord.at > CHORD_MS ? "" : chord.prefix
  const { combination, prefix } = combine(waited, key)
  chord = { prefix, at: event.timeStamp }
  return combination
}

const SHOWN = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" }

function keyCaps(combination, index) {
  const parts = combination === " " ? [" "] : combination.split(" ")
  return [index ? " or " : "", ...parts.flatMap((part, at) => [at ? " " : "", isShiftedLetter(part) && [h("kbd", {}, "Shift"), " "], h("kbd", {}, SHOWN[part] ?? part)].flat())]
}

/** The four arrows are one thing, and so are digits in a row: told one by one they leave no room for what they do. */
function capsOf(keys) {
  const areDigits = keys.length > 3 && keys.every((key, at) => /^\d$/.test(key) && Number(key) === Number(keys[0]) + at)
  if (areDigits) return [h("kbd", {}, keys[0]), " to ", h("kbd", {}, keys.at(-1))]
  const isFour = keys.length === 4 && keys.every((key) => /Arrow/.test(key))
  if (!isFour) return keys.flatMap(keyCaps)
  return [keys[0].startsWith("Shift+") && h("kbd", {}, "Shift"), ...["←", "→", "↑", "↓"].flatMap((arrow) => [" ", h("kbd", {}, arrow)])]
}

const LAST = ["Go to", "Everywhere"]
const rankOf = (group) => (group.startsWith("Decide") ? 0 : LAST.includes(group) ? 2 : 1)

/** Groups of the sheet as they are wanted: what decides, the page's others, and last what is the same on every page. @param {[string, object[]][]} groups */
export function inOrder(groups) {
  return groups.toSorted(([one], [other]) => rankOf(one) - rankOf(other))
}

function drawSheet(dialog) {
  const groups = Map.groupBy(bindings, ({ group }) => group)
  const sections = inOrder([...groups]).map(([group, rows]) => h("section", {}, h("h3", {}, group), h("ul", {}, rows.map((row) =>
    h("li", {}, h("span", {}, row.label), h("span", {}, capsOf(keysOf(row)))),
  ))))
  dialog.querySelector(".keys").replaceChildren(...sections)
  dialog.querySelector("[name=characters]").checked = !areCharactersOff
  dialog.showModal()
}

function labelOf(button) {
  return [...button.childNodes].filter((node) => node.nodeType === 3 || node.dataset?.text !== undefined).map((node) => node.textContent).join("").trim()
}

/** Binds what every page has: places, search, this sheet, and the commands that carry a `data-key`. */
export function startKeys() {
  addEventListener("keydown", pressed)
  areCharactersOff = recall("keys").characters === "off"
  document.querySelector("#keys [name=characters]")?.addEventListener("change", ({ target }) => {
    areCharactersOff = !target.checked
    remember("keys", { ...recall("keys"), characters: target.checked ? "on" : "off" })
  })
  for (const button of document.querySelectorAll("[data-key]")) {
    bind({ keys: [button.dataset.key], label: button.dataset.label ?? labelOf(button), run: () => button.click() })
  }
  for (const link of document.querySelectorAll("[data-go]")) {
    bind({ keys: [`g ${link.dataset.go}`], label: link.dataset.go === "s" ? "Style guide" : link.dataset.label ?? link.textContent.trim(), group: "Go to", run: () => link.click() })
  }
  bind({ keys: ["/"], label: "Search lots and wafers", group: "Everywhere", run: () => searchField()?.focus() })
  bind({ keys: ["?"], label: "This sheet", group: "Everywhere", run: () => drawSheet(document.querySelector("#keys")) })
  for (const button of document.querySelectorAll("[data-open=keys]")) button.addEventListener("click", () => drawSheet(document.querySelector("#keys")))
}
