/** The numbers behind a drawing: a table that anybody can open, and take away as CSV. */
import { h, icon } from "../shared/dom.js"
import { cellOf } from "../shared/plots_state.js"
import { saveFile } from "../shared/saving.js"

/**
 * Keeps the table under a drawing; whether it is open stays as it was.
 *
 * @param {HTMLElement} place that the drawing is in
 * @param {{name: string, head: string[], rows: {text: string, value: string|number|null}[][]}} numbers the first cell of a row names it;
 *   text: what is read; value: what is saved
 */
export function showNumbers(place, { name, head, rows }) {
  const table = h("table", { class: "table numbers__table" },
    h("thead", {}, h("tr", {}, head.map((title, at) => h("th", { scope: "col", class: at ? "number" : null }, title)))),
    h("tbody", {}, rows.map(([first, ...cells]) => h("tr", {}, h("th", { scope: "row" }, first.text), cells.map(({ text }) => h("td", { class: "number" }, text))))))
  const lines = [head, ...rows.map((cells) => cells.map(({ value }) => value))]
  place.numbers ??= newNumbers(name)
  place.numbers.querySelector(".numbers__scroll").replaceChildren(table)
  place.numbers.csv = lines.map((line) => line.map(cellOf).join(",")).join("\r\n")
  if (place.numbers.parentElement !== place) place.append(place.numbers)
}

function newNumbers(name) {
  const details = h("details", { class: "numbers" },
    h("summary", { class: "button button--quiet", "aria-label": `${name}: as a table` }, icon("rows-3", "small"), "As a table"),
    h("div", { class: "numbers__scroll table-scroll", tabindex: 0, role: "region", "aria-label": `${name}: the numbers` }),
    h("p", { class: "row" }, h("button", { class: "button button--quiet", type: "button", "aria-label": `${name}: save as CSV`, onclick: () => saveFile(`${fileOf(name)}.csv`, details.csv) }, icon("download", "small"), "CSV")))
  return details
}

function fileOf(name) {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-")
}

/** A key and a button that open the tables of all plots, or close them. @param {HTMLElement} button */
export function bindNumbers(button) {
  const toggle = () => {
    const all = [...document.querySelectorAll(".numbers")]
    const isOpen = all.some(({ open }) => !open)
    for (const one of all) one.open = isOpen
    button.setAttribute("aria-pressed", String(isOpen))
  }
  button.addEventListener("click", toggle)
}
