/** What an upload says about its images: remembered, checked against what exists, and made on the spot where it may be. */
import { h, setAttribute, setText } from "../shared/dom.js"
import { postJson } from "../shared/http.js"
import { recall, remember } from "../shared/remembered.js"
import { waferOf } from "./upload_state.js"

const REMEMBERED = ["lot", "product", "layer", "tool", "recipe"]
const LISTS = { lot: "lots", product: "products", layer: "layers", tool: "tools" }
const WAFER_WHEN_EMPTY = { one: "empty: one per image", folder: "the name of its folder", file: "the name of its file" }

export class UploadForm {
  /** @param {{products, layers, tools, lots: string[], recipes: object[], mayMakeRecipes: boolean}} known */
  constructor(form, known) {
    Object.assign(this, { form, known })
    this.made = new Set()
    for (const [name, value] of Object.entries(recall("upload"))) if (form.elements[name]) form.elements[name].value = value
    form.addEventListener("input", () => this.draw())
    form.addEventListener("submit", (event) => event.preventDefault())
    this.draw()
  }

  remember() {
    remember("upload", Object.fromEntries(REMEMBERED.map((name) => [name, this.value(name)])))
  }

  value(name) {
    return this.form.elements[name]?.value.trim() ?? ""
  }

  get wafers() {
    return { rule: this.value("rule") || "one", wafer: this.value("wafer") }
  }

  waferFor(item) {
    return waferOf(item, this.wafers)
  }

  /** The fields of a file's request. */
  fieldsFor(item) {
    const fields = { wafer: this.waferFor(item), cache: this.form.elements.cache.checked ? "true" : "false" }
    for (const name of ["lot", "product", "layer", "tool", "recipe", "slot", "pixel_um", "image_origin_x_um", "image_origin_y_um"]) fields[name] = this.value(name)
    return fields
  }

  draw() {
    const { rule } = this.wafers
    this.form.elements.wafer.disabled = rule !== "one"
    setAttribute(this.form.elements.wafer, "placeholder", WAFER_WHEN_EMPTY[rule])
    for (const [field, list] of Object.entries(LISTS)) {
      this.#hint(field, this.value(field) && !this.known[list].includes(this.value(field)) ? "New: made with the first image." : "")
    }
    const recipe = this.known.recipes.find(({ code }) => code === this.value("recipe"))
    const isNew = this.value("recipe") !== "" && !recipe && !this.made.has(this.value("recipe"))
    if (recipe) this.#hint("recipe", `${recipe.name || "Version"} · v${recipe.version} · ${recipe.pixel_um} µm a pixel · review from ${recipe.review_from}, reject from ${recipe.reject_from}`)
    else if (isNew && !this.known.mayMakeRecipes) this.#hint("recipe", "There is no such recipe. A lead or a model engineer can make it.", "error")
    else this.#hint("recipe", isNew ? "New: made with the usual settings when you start." : "")
    this.needsRecipe = isNew
  }

  #hint(name, text, level = "") {
    const hint = this.form.querySelector(`#${name}-hint`)
    const isNew = text.startsWith("New")
    setAttribute(hint, "data-level", level || (isNew ? "new" : null))
    setText(hint, text)
    setAttribute(this.form.elements[name], "aria-invalid", level === "error" ? "true" : null)
  }

  get isUsable() {
    return this.whatIsWrong === ""
  }

  /** Why nothing can be sent, in words that say what to change; empty when all is well. */
  get whatIsWrong() {
    if (this.needsRecipe && !this.known.mayMakeRecipes) return "choose a recipe that exists first"
    const field = this.form.querySelector("input:invalid")
    return field ? `correct “${field.labels[0].textContent.trim()}” first: ${field.validationMessage}` : ""
  }

  /** What a request that was carried out has named exists from now on. */
  learn(fields) {
    for (const [field, list] of Object.entries(LISTS)) {
      const code = fields[field]
      if (!code || this.known[list].includes(code)) continue
      this.known[list].push(code)
      this.form.querySelector(`#${list}`).append(h("option", { value: code }))
    }
    this.draw()
  }

  /** The field that Enter leads to: a barcode scanner types and enters. Null after the last. */
  fieldAfter(input) {
    const fields = [...this.form.querySelectorAll(".input:not(:disabled)")].filter((field) => field.checkVisibility())
    return fields[fields.indexOf(input) + 1] ?? null
  }

  /** Makes the recipe that was named and does not exist. Throws the server's Problem when it may not be. */
  async prepare() {
    if (!this.needsRecipe) return
    const code = this.value("recipe")
    await postJson("recipes/", { code })
    this.made.add(code)
    this.form.querySelector("#recipes").append(h("option", { value: code }))
    this.draw()
  }
}
