/** The sheet in which a training run is asked for. */
import { h, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { countText } from "../shared/formats.js"
import { getJson, outcome, postJson, uniqueId } from "../shared/http.js"
import { formErrors } from "./training_state.js"

const FIELDS = ["dataset_sha256", "base", "version", "steps", "rate", "replay_share", "seed", "form"]

export class TrainingForm {
  #key = ""
  #names = new Map()

  /** @param {HTMLDialogElement} dialog @param {{known: object, onDone: (run: object) => void}} page */
  constructor(dialog, { known, onDone }) {
    Object.assign(this, { dialog, known, onDone, form: dialog.querySelector("form") })
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    const { model } = this.form.elements
    model.replaceChildren(...known.models.map(({ name }) => h("option", { value: name }, name)))
    model.addEventListener("change", () => this.#chooseModel())
    this.form.elements.choice.addEventListener("change", ({ target }) => { this.form.elements.dataset.value = target.value })
    this.form.addEventListener("input", () => this.#say({}))
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#start() })
  }

  /** @param {{dataset?: string, label?: string}} [wanted] a data set to begin with */
  open({ dataset = "", label = "" } = {}) {
    const { defaults } = this.known
    this.form.reset()
    this.#key = uniqueId()
    this.#say({})
    this.#chooseModel()
    const { steps, rate, replay, seed } = this.form.elements
    steps.value = defaults.steps
    rate.value = defaults.rate
    replay.value = Math.round(defaults.replay_share * 100)
    seed.value = defaults.seed
    this.form.elements.dataset.value = dataset
    if (dataset && label) this.#names.set(dataset, label)
    this.dialog.showModal()
    focusFirst(this.form)
    this.#offer(dataset)
  }

  #chooseModel() {
    const model = this.known.models.find(({ name }) => name === this.form.elements.model.value)
    if (!model) return
    this.form.elements.base.replaceChildren(...model.versions.map(({ version, precision }) => h("option", { value: version }, `${version}, ${precision.toUpperCase()}`)))
    this.form.elements.version.placeholder = model.next
    setText(this.dialog.querySelector("#training-version-hint"), `Left empty: ${model.next}. Its INT8 form has the number after it.`)
  }

  /** Data sets that are ready; one that is not among them can be named by its digest. */
  async #offer(chosen) {
    const [found] = await outcome(getJson("datasets/?limit=100"))
    const ready = found?.results.filter(({ state }) => state === "ready") ?? []
    for (const { sha256, code } of ready) this.#names.set(sha256, code)
    const { choice } = this.form.elements
    choice.replaceChildren(h("option", { value: "" }, ready.length ? "Choose a data set" : "No data set is ready"), ...ready.map(({ sha256, code, name, images }) => h("option", { value: sha256 }, `${code}${name ? ` · ${name}` : ""}, ${countText(images.train ?? 0)} to learn from`)))
    choice.value = ready.some(({ sha256 }) => sha256 === chosen) ? chosen : ""
  }

  #say(errors) {
    for (const field of FIELDS) {
      const place = this.dialog.querySelector(`[data-error=${field}]`)
      place.hidden = !errors[field]
      setText(place.querySelector("span"), errors[field] ?? "")
    }
  }

  async #start() {
    const { model, base, dataset, version, steps, rate, replay, seed } = this.form.elements
    const values = { dataset: dataset.value.trim(), version: version.value.trim(), steps: Number(steps.value), rate: Number(rate.value), replay: Number(replay.value), seed: Number(seed.value) }
    const errors = formErrors(values, this.known)
    this.#say(errors)
    if (Object.keys(errors).length) return
    const submit = this.form.querySelector("[type=submit]")
    submit.disabled = true
    const body = { model: model.value, base: base.value, dataset_sha256: values.dataset, dataset_label: this.#names.get(values.dataset) ?? "", version: values.version, steps: values.steps, rate: values.rate, replay_share: values.replay / 100, seed: values.seed }
    const [run, problem] = await outcome(postJson("training/", body, { idempotencyKey: this.#key }))
    submit.disabled = false
    if (problem) {
      this.#key = uniqueId()
      const fields = Object.fromEntries(Object.entries(problem.fields ?? {}).map(([name, words]) => [FIELDS.includes(name) ? name : "form", [words].flat().join(" ")]))
      this.#say(Object.keys(fields).length ? fields : { form: problem.message })
      return
    }
    this.dialog.close()
    this.onDone(run)
  }
}
