/**
 * Asks why, where the record needs it; one key gives a reason that was given before. The sheet itself has
 * the focus: a hand that is still on Enter says nothing.
 */
import { h } from "./dom.js"
import { reasonsAmong, withReason } from "./reasons.js"
import { recall, remember } from "./remembered.js"

/** @param {HTMLDialogElement} dialog @param {{key: string, usual: string[]}} how under which name the last ones are kept; reasons for the first time @returns {(title: string) => Promise<?string>} */
export function reasonAsker(dialog, { key, usual }) {
  const input = dialog.querySelector("input")
  const list = dialog.querySelector("ul")
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close(""))
  dialog.addEventListener("keydown", (event) => {
    if (event.target === input || !/^[1-9]$/.test(event.key)) return
    list.children[Number(event.key) - 1]?.querySelector("button").click()
    event.preventDefault()
  })
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault()
    if (input.value.trim()) dialog.close(input.value.trim())
    else input.focus()
  })
  return (title) => {
    const last = recall(key).reasons ?? []
    dialog.querySelector("h2").textContent = title
    input.value = ""
    list.replaceChildren(...reasonsAmong(last, usual).map((reason, at) => h("li", {}, h("button", { class: "pick", type: "button", onclick: () => dialog.close(reason) }, h("kbd", {}, String(at + 1)), h("span", {}, reason)))))
    dialog.returnValue = ""
    dialog.showModal()
    return new Promise((resolve) => dialog.addEventListener("close", () => {
      if (dialog.returnValue) remember(key, { reasons: withReason(last, dialog.returnValue) })
      resolve(dialog.returnValue || null)
    }, { once: true }))
  }
}
