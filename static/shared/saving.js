/** Gives the person at the page a file that was made in it. */
import { h } from "./dom.js"

/** @param {string} name @param {string|Blob} content @param {string} [type] of a text */
export function saveFile(name, content, type = "text/csv;charset=utf-8") {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  h("a", { href: address, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
