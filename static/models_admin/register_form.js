/** The sheet in which an ONNX file is handed in as a version. */
import { h, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { bytesText } from "../shared/formats.js"
import { outcome, uniqueId } from "../shared/http.js"
import { sendForm } from "../shared/sending.js"
import { isVersion, nextVersions } from "./registry_state.js"

const FIELDS = ["file", "version", "description", "form"]

export class RegisterForm {
  #sending = null

  /** @param {HTMLDialogElement} dialog @param {{model: () => {name: string, newest: ?string}, mostBytes: number}} of */
  constructor(dialog, { model, mostBytes }) {
    Object.assign(this, { dialog, model, mostBytes, form: dialog.querySelector("form"), file: dialog.querySelector("#register-file"), version: dialog.querySelector("#register-version"), submit: dialog.querySelector("[type=submit]"), progress: dialog.querySelector("#register-progress") })
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    dialog.addEventListener("close", () => this.#sending?.abort())
    this.form.addEventListener("input", () => this.#say({}))
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#send() })
  }

  open() {
    const { newest } = this.model()
    this.form.reset()
    this.#say({})
    this.progress.hidden = true
    const next = nextVersions(newest)
    this.version.value = next.at(newest ? 1 : 0).version
    this.dialog.querySelector("#register-hint").replaceChildren(newest ? `Newest is ${newest}. ` : "It is the first. ", ...next.map(({ label, version }) => h("button", { class: "button button--quiet", type: "button", onclick: () => { this.version.value = version } }, `${label} ${version}`)))
    this.dialog.showModal()
    focusFirst(this.form)
  }

  /** @param {Object<string, string>} errors by field */
  #say(errors) {
    for (const field of FIELDS) {
      const place = this.dialog.querySelector(`[data-error=${field}]`)
      place.hidden = !errors[field]
      setText(place.querySelector("span"), errors[field] ?? "")
    }
  }

  #faults() {
    const [file] = this.file.files
    if (!file) return { file: "Choose an ONNX file." }
    if (file.size === 0 || file.size > this.mostBytes) return { file: `It has ${bytesText(file.size)}; up to ${bytesText(this.mostBytes)} are taken.` }
    return isVersion(this.version.value.trim()) ? {} : { version: "Three numbers with dots between them, like 2.4.0." }
  }

  async #send() {
    const faults = this.#faults()
    this.#say(faults)
    if (Object.keys(faults).length) return
    const [file] = this.file.files
    const [described] = this.dialog.querySelector("#register-description").files
    const fields = { version: this.version.value.trim(), card: this.dialog.querySelector("#register-card").value, description: described ? await described.text() : "" }
    this.submit.disabled = true
    this.progress.hidden = false
    this.#sending = sendForm({ path: `models/${this.model().name}/versions/`, fields, file, name: "file", key: uniqueId(), onProgress: (sent) => this.#sent(sent, file.size) })
    const [answer, problem] = await outcome(this.#sending.answer)
    this.#sending = null
    this.submit.disabled = false
    if (!problem) location.href = answer.id ? `/models/${answer.model}/intakes/${answer.id}/` : `/models/${answer.model}/versions/${answer.version}/`
    else if (problem.code !== "cancelled") this.#refused(problem)
  }

  #sent(sent, size) {
    this.progress.querySelector("progress").value = sent / size
    setText(this.progress.querySelector("p"), sent < size ? `${bytesText(sent)} of ${bytesText(size)} sent` : "Sent; waiting for the answer")
  }

  #refused(problem) {
    this.progress.hidden = true
    const named = Object.fromEntries(Object.entries(problem.fields ?? {}).map(([field, words]) => [FIELDS.includes(field) ? field : "form", [words].flat().join(" ")]))
    this.#say(Object.keys(named).length ? named : { [problem.code === "version_taken" ? "version" : "form"]: problem.message })
  }
}
