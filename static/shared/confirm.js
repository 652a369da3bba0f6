/** Asks before what cannot be undone, naming what will happen: "Cancel 25 items of job night batch". */
import { setText } from "./dom.js"

/** @returns {Promise<boolean>} */
export function confirmed({ title, text, yes }) {
  const dialog = document.querySelector("#confirm")
  setText(dialog.querySelector("h2"), title)
  setText(dialog.querySelector("p"), text)
  setText(dialog.querySelector("[value=yes]"), yes)
  dialog.returnValue = "no"
  dialog.showModal()
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }))
}
