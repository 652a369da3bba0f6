/** The form that asks for a deployment, and says before what it will do. */
import { h, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { effectTexts, mayBeDeployed, placeOf, routeAt, warningOf } from "./deploy_state.js"

const CATALOGUE = { recipe: "recipes/", tool: "tools/", product: "products/" }
const STATUS = { candidate: "candidate", validated: "validated" }

export class DeployForm {
  #status = null
  #versions = []
  #isBusy = false

  /** @param {HTMLFormElement} form @param {{model: string, onAsked: (made: object) => void}} page */
  constructor(form, { model, onAsked }) {
    Object.assign(this, { form, model, onAsked, effect: form.querySelector("#deploy-effect"), error: form.querySelector("#deploy-error") })
    form.addEventListener("change", () => this.#show())
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#deploy() })
    form.querySelector("#load-only").addEventListener("click", () => this.#load())
    for (const [name, path] of Object.entries(CATALOGUE)) this.#offer(name, path)
    this.#loadVersions()
  }

  /** @param {object} status of the model, as the API gives it */
  know(status) {
    this.#status = status
    this.#show()
  }

  focus() {
    this.form.elements.version.focus()
    this.form.scrollIntoView({ block: "nearest" })
  }

  async #offer(name, path) {
    const [page] = await outcome(getJson(`${path}?limit=200`))
    const codes = [...new Set((page?.results ?? []).map(({ code }) => code))].sort()
    this.form.elements[name].append(...codes.map((code) => h("option", { value: code }, code)))
    const wanted = new URLSearchParams(location.search).get(name)
    if (codes.includes(wanted)) this.form.elements[name].value = wanted
  }

  async #loadVersions() {
    const [page, problem] = await outcome(getJson(`models/${this.model}/versions/?limit=100`))
    if (problem) return this.#fail(`The versions could not be loaded. ${problem.message}`)
    this.#versions = page.results.filter(mayBeDeployed)
    const select = this.form.elements.version
    select.replaceChildren(...this.#versions.map(({ version, status, precision }) => h("option", { value: version }, `${version} · ${STATUS[status]}${precision === "fp32" ? "" : ` · ${precision.toUpperCase()}`}`)))
    const wanted = new URLSearchParams(location.search).get("version")
    if (this.#versions.some(({ version }) => version === wanted)) select.value = wanted
    this.#show()
  }

  #request() {
    const { version, recipe, tool, product, slot } = this.form.elements
    return { version: this.#versions.find((one) => one.version === version.value), place: placeOf({ recipe: recipe.value, tool: tool.value, product: product.value }), slot: slot.value }
  }

  #show() {
    if (!this.#status) return
    const request = this.#request()
    const texts = effectTexts({ model: this.model, ...request, status: this.#status })
    const warning = request.version ? warningOf(request.version) : ""
    this.effect.replaceChildren(...texts.map((text) => h("li", { "data-level": text === warning ? "warn" : null }, text)))
    const isNothing = !request.version || texts.length === 1
    this.form.querySelector("#deploy-go").disabled = isNothing
    this.form.querySelector("#load-only").disabled = !request.version || this.#status.versions.some(({ version, state }) => version === request.version.version && state !== "failed")
    this.#fail("")
  }

  #deploy() {
    const { version, place, slot } = this.#request()
    if (!version) return undefined
    const isUnvalidated = version.status !== "validated"
    if (isUnvalidated && !this.#reason().reason) {
      this.form.elements.reason.focus()
      return this.#fail("Say why it may judge though no gate has passed it.")
    }
    const seen = routeAt(this.#status.routes, place)?.generation ?? 0
    return this.#send("deploy", { version: version.version, ...place, slot, seen_generation: seen, ...(isUnvalidated && { unvalidated: true }), ...this.#reason() })
  }

  #load() {
    const { version } = this.#request()
    if (version) this.#send("load", { version: version.version, ...this.#reason() })
  }

  #reason() {
    const reason = this.form.elements.reason.value.trim()
    return reason ? { reason } : {}
  }

  async #send(what, body) {
    if (this.#isBusy) return
    this.#isBusy = true
    const [made, problem] = await outcome(postJson(`models/${this.model}/${what}/`, body))
    this.#isBusy = false
    if (problem) return this.#fail([problem.message, problem.code === "stale_route" ? "Look at what judges now and try again." : ""].filter(Boolean).join(" "))
    this.form.elements.reason.value = ""
    this.onAsked(made)
  }

  #fail(text) {
    this.error.hidden = !text
    setText(this.error.querySelector("span"), text)
  }
}
