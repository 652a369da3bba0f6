/** The sheet in which a data set is chosen. Beside the choice stands what would be in it, asked anew with every change. */
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { focusFault, focusFirst } from "../shared/fields.js"
import { countText, plural } from "../shared/formats.js"
import { outcome, postJson } from "../shared/http.js"
import { classNamed } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { turns } from "../shared/turns.js"
import { swatch } from "./review_details.js"
import { LotsChoice } from "./lots_choice.js"
import { SPLITS, SPLIT_WORDS, bodyOf, fieldErrors, formErrors, formOf, freeCode, freezeWord, previewRows, totalOf, warningText } from "./datasets_state.js"

const CHOICES = { classes: "Classes", recipes: "Recipes", layers: "Layers", tools: "Tools" }
const STATE_WORDS = { decided: "Decided", validated: "Validated", accepted: "Accepted" }
const SETTLE_MS = 400

export class FreezeForm {
  #kept = {}
  #warnings = 0
  #turns = turns()

  /** @param {HTMLDialogElement} dialog @param {{known: object, classes: object[], codes: () => string[], onDone: (dataset: object) => void}} page */
  constructor(dialog, { known, classes, codes, onDone }) {
    Object.assign(this, { dialog, known, classes, codes, onDone, form: dialog.querySelector("form"), preview: dialog.querySelector("#preview") })
    dialog.querySelector("#freeze-states").replaceChildren(...known.states.map((state) => this.#chip("states", state, STATE_WORDS[state] ?? state)))
    dialog.querySelector("#freeze-choices").replaceChildren(...Object.keys(CHOICES).map((list) => this.#choice(list)).filter(Boolean))
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    const lookSoon = soon(() => this.#look(), SETTLE_MS)
    this.lots = new LotsChoice({ onChange: lookSoon })
    dialog.querySelector("#freeze-choices").append(this.lots.element)
    this.form.addEventListener("input", ({ target }) => { if (!["code", "name"].includes(target.name)) lookSoon() })
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#freeze() })
  }

  #chip(list, value, label) {
    return h("label", { class: "chip" }, h("input", { type: "checkbox", name: list, value }), list === "classes" && swatch(value), label)
  }

  #choice(list) {
    const options = list === "classes" ? this.classes.map(({ code, name }) => [code, name]) : this.known[list].map((code) => [code, code])
    if (options.length === 0) return null
    return h("fieldset", { class: "field" }, h("legend", {}, CHOICES[list], h("span", { class: "faint" }, list === "classes" ? " · images with one of them; none chosen: all" : " · none chosen: all")),
      h("div", { class: "chips" }, options.map(([code, name]) => this.#chip(list, code, name))),
      h("p", { class: "field__error", id: `freeze-error-${list}`, hidden: true }, icon("octagon-alert", "small"), h("span", {})))
  }

  /** @param {object} [wanted] what a suggestion, or an earlier data set, begins it with: {name, selection, shares, seed} */
  open(wanted = {}) {
    const { states, classes, recipes, layers, tools, lots, since, until, ...kept } = wanted.selection ?? {}
    this.#kept = kept
    this.lots.begin(lots ?? [])
    const values = formOf({ ...wanted, code: freeCode(new Date(), this.codes()) })
    for (const [name, value] of Object.entries(values)) {
      if (Array.isArray(value)) for (const input of this.form.querySelectorAll(`[name=${name}]`)) input.checked = value.includes(input.value)
      else this.form.elements[name].value = value
    }
    this.#showErrors({})
    this.#heed(0)
    this.dialog.showModal()
    focusFirst(this.form)
    this.#look()
  }

  #body() {
    const { code, name, train, validation, test, seed, since, until } = this.form.elements
    const chosen = (list) => [...this.form.querySelectorAll(`[name=${list}]:checked`)].map((input) => input.value)
    const lists = Object.fromEntries(["states", ...Object.keys(CHOICES)].map((list) => [list, chosen(list)]))
    return bodyOf({ code: code.value, name: name.value, train: train.value, validation: validation.value, test: test.value, seed: seed.value, since: since.value, until: until.value, lots: [...this.lots.chosen].sort(), ...lists }, this.#kept)
  }

  /** What the last look found to mind. */
  #heed(warnings) {
    this.#warnings = warnings
    setText(this.form.querySelector("[type=submit] span"), freezeWord(warnings))
    setText(this.dialog.querySelector("#freeze-name-hint"), warnings ? "What it is for; needed, as there is something to mind" : "What it is for")
    setAttribute(this.form.elements.name, "aria-required", warnings ? "true" : null)
  }

  async #look() {
    const { selection, seed, shares } = this.#body()
    const errors = formErrors({ code: "", selection, seed, shares }, { isCodeNeeded: false })
    this.#showErrors(errors)
    if (Object.keys(errors).length) return
    this.lots.offer(selection)
    const turn = this.#turns.take()
    this.preview.dataset.state = "loading"
    const [found, problem] = await outcome(postJson("datasets/preview/", { selection, seed, shares }))
    if (!this.#turns.counts(turn)) return
    this.preview.dataset.state = problem ? "unknown" : "known"
    this.#heed(found?.warnings.length ?? 0)
    if (problem?.fields) this.#showErrors(fieldErrors(problem))
    this.preview.replaceChildren(...(problem ? [h("p", { class: "muted" }, `${problem.message} It can be frozen all the same.`), h("p", {}, h("button", { class: "button", type: "button", onclick: () => this.#look() }, icon("refresh-cw", "small"), "Count again"))] : this.#drawn(found)))
  }

  #drawn(found) {
    const images = totalOf(found.images)
    const warnings = found.warnings.map((warning) => h("li", {}, icon("triangle-alert", "small"), h("span", {}, warningText(warning, (code) => classNamed(code).name))))
    const count = (counts) => SPLITS.map((split) => h("td", { class: "number" }, countText(counts[split] ?? 0)))
    const row = (name, counts, sum) => h("tr", {}, h("th", { scope: "row" }, name), count(counts), h("td", { class: "number" }, h("b", {}, countText(sum))))
    const head = h("thead", {}, h("tr", {}, h("th", {}, ""), SPLITS.map((split) => h("th", { class: "number" }, SPLIT_WORDS[split])), h("th", { class: "number" }, "All")))
    const classes = previewRows(found, (code) => classNamed(code).name).map(({ code, name, counts, sum }) => h("tr", {}, h("th", { scope: "row" }, h("span", { class: "preview__class" }, swatch(code), name)), counts.map((one) => h("td", { class: "number", "data-none": one ? null : true }, countText(one))), h("td", { class: "number" }, h("b", {}, countText(sum)))))
    return [
      warnings.length ? h("ul", { class: "preview__warnings" }, warnings) : h("p", { class: "preview__fine" }, icon("circle-check", "small"), "Nothing to mind."),
      images > 0 && h("div", { class: "table-scroll" }, h("table", { class: "preview" }, head,
        h("tbody", {}, row("Lots", found.lots, totalOf(found.lots)), row("Images", found.images, images), row("Complete", found.complete, totalOf(found.complete)), row("Defects", found.objects, totalOf(found.objects))),
        h("tbody", {}, classes))),
      images > 0 && h("p", { class: "muted small" }, `On complete images nothing that the model found waits for a word. ${found.duplicates ? `${plural(found.duplicates, "image")} left out: another has the same pixels. ` : ""}What is settled until it is frozen comes in as well.`),
    ].filter(Boolean)
  }

  #showErrors(errors) {
    for (const place of this.dialog.querySelectorAll("[id^=freeze-error-]")) {
      const name = place.id.slice("freeze-error-".length)
      place.hidden = !errors[name]
      setText(place.querySelector("span"), errors[name] ?? "")
      const names = name === "shares" ? ["train", "validation", "test"] : [name]
      for (const input of names.map((one) => this.form.querySelector(`.input[name="${one}"]`)).filter(Boolean)) setAttribute(input, "aria-invalid", errors[name] ? "true" : null)
    }
    this.dialog.querySelector("[id^=freeze-error-]:not([hidden])")?.scrollIntoView({ block: "center" })
  }

  async #freeze() {
    const body = this.#body()
    const errors = formErrors(body, { isNameNeeded: this.#warnings > 0 })
    if (Object.keys(errors).length) return this.#refused(errors)
    this.#showErrors(errors)
    const button = this.form.querySelector("[type=submit]")
    button.disabled = true
    const [made, problem] = await outcome(postJson("datasets/", body))
    button.disabled = false
    if (problem) return this.#refused(fieldErrors(problem))
    this.dialog.close()
    return this.onDone(made)
  }

  #refused(errors) {
    this.#showErrors(errors)
    focusFault(this.dialog, "[id^=freeze-error-]")
  }
}

