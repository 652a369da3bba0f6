/** The sheet in which a file of labels is looked at and taken in. */
import { h, icon, setAttribute, setText } from "../shared/dom.js"
import { focusFirst } from "../shared/fields.js"
import { bytesText, countText, plural } from "../shared/formats.js"
import { outcome, uniqueId } from "../shared/http.js"
import { saveFile } from "../shared/saving.js"
import { sendForm } from "../shared/sending.js"
import { FORMATS, faultsCsv, fileFault, formatFor, nextStep, reportLines } from "./import_state.js"

const SHOWN_FAULTS = 50

export class ImportForm {
  #report = null
  #sending = null

  /** @param {HTMLDialogElement} dialog @param {{known: {importFormats: string[], importMaxBytes: number}}} page */
  constructor(dialog, { known }) {
    Object.assign(this, { dialog, known, form: dialog.querySelector("form"), file: dialog.querySelector("#import-file"), button: dialog.querySelector("[type=submit]"), faults: dialog.querySelector("[data-faults]") })
    dialog.querySelector("#import-format").replaceChildren(...known.importFormats.map((format, at) => h("label", {}, h("input", { type: "radio", name: "format", value: format, checked: at === 0 }), FORMATS[format].name)))
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close())
    dialog.addEventListener("close", () => this.#sending?.abort())
    this.form.addEventListener("change", ({ target }) => {
      if (target === this.file && this.#chosen) this.#choose(formatFor(this.#chosen.name, this.#format))
      this.#forget()
    })
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#send() })
    this.faults.addEventListener("click", () => saveFile(`faults-${this.#chosen?.name ?? "labels"}.csv`, faultsCsv(this.#report.faults)))
  }

  open() {
    this.form.reset()
    this.#forget()
    this.dialog.showModal()
    focusFirst(this.form)
  }

  get #chosen() {
    return this.file.files[0]
  }

  get #format() {
    return this.form.querySelector("[name=format]:checked").value
  }

  #choose(format) {
    this.form.querySelector(`[name=format][value=${format}]`).checked = true
  }

  /** Another file or format: what was said of the one before is old. */
  #forget() {
    this.#report = null
    const { accept, hint } = FORMATS[this.#format]
    setAttribute(this.file, "accept", accept)
    setText(this.dialog.querySelector("#import-hint"), hint)
    this.#refuse("")
    this.dialog.querySelector("#import-report").hidden = true
    this.faults.hidden = true
    this.#drawButton()
  }

  #drawButton() {
    const { act } = this.#report ? nextStep(this.#report) : { act: "look" }
    this.button.hidden = act === "none"
    setText(this.button.querySelector("span"), { look: "Look at it", take: "Take it in", take_right: "Take in what is right", none: "" }[act])
  }

  #refuse(words, requestId = "") {
    const place = this.dialog.querySelector("#import-error")
    place.hidden = !words
    setText(place.querySelector("span"), requestId ? `${words} (${requestId})` : words)
    setAttribute(this.file, "aria-invalid", words ? "true" : null)
    if (words) this.file.focus()
  }

  async #send() {
    const file = this.#chosen
    const fault = fileFault(file, { mostBytes: this.known.importMaxBytes, format: this.#format })
    this.#refuse(fault)
    if (fault) return
    const isDryRun = !this.#report
    const fields = { format: this.#format, dry_run: String(isDryRun), skip_faults: String(!isDryRun && nextStep(this.#report).act === "take_right") }
    this.#sending = sendForm({ path: "datasets/imports/", fields, file, name: "file", key: uniqueId(), onProgress: (sent) => this.#progress(sent, file.size) })
    this.#busy(true)
    const [report, problem] = await outcome(this.#sending.answer)
    this.#busy(false)
    if (problem?.code === "cancelled") return
    if (problem) return this.#refuse([problem.message, ...Object.values(problem.fields ?? {}).flat().filter((one) => typeof one === "string")].join(" "), problem.requestId)
    this.#report = report
    this.#draw(report)
  }

  #busy(isBusy) {
    if (!isBusy) this.#sending = null
    this.button.disabled = isBusy
    this.file.disabled = isBusy
    this.dialog.querySelector("#import-progress").hidden = !isBusy
    if (isBusy) this.#progress(0, 1)
  }

  #progress(sent, size) {
    const place = this.dialog.querySelector("#import-progress")
    const isSent = sent >= size
    const bar = place.querySelector("progress")
    if (isSent) bar.removeAttribute("value")
    else bar.value = sent / size
    setText(place.querySelector("p"), isSent ? "Reading it, image by image." : `${bytesText(sent)} of ${bytesText(size)} sent`)
  }

  #draw(report) {
    const place = this.dialog.querySelector("#import-report")
    const { act, words } = nextStep(report)
    const shown = report.faults.slice(0, SHOWN_FAULTS)
    const more = report.fault_count - shown.length
    place.hidden = false
    this.faults.hidden = report.faults.length === 0
    const notice = h("div", { class: "notice", tabindex: -1, "data-level": act === "take_right" || (act === "none" && report.fault_count) ? "warn" : null }, icon(report.fault_count ? "triangle-alert" : report.is_dry_run ? "info" : "circle-check"), h("p", {}, h("b", {}, words)), h("span", {}))
    // What is wrong comes first: the counts are read by whoever has nothing to mend.
    place.replaceChildren(notice,
      ...(shown.length ? [h("h3", {}, plural(report.fault_count, "fault")), h("div", { class: "table-scroll import__faults", tabindex: 0, role: "region", "aria-label": "Faults" }, h("table", { class: "table" },
        h("thead", {}, h("tr", {}, h("th", {}, "Where"), h("th", {}, "What is wrong"), h("th", {}, "What to do"))),
        h("tbody", {}, shown.map(({ where, what, advice }) => h("tr", {}, h("td", { class: "mono" }, where), h("td", {}, what), h("td", { class: "muted" }, advice))))))] : []),
      ...(more > 0 ? [h("p", { class: "muted small" }, `${plural(more, "more fault")}; the CSV has the first ${countText(report.faults.length)}.`)] : []),
      h("dl", { class: "facts import__facts" }, reportLines(report).flatMap(([name, count]) => [h("dt", {}, name), h("dd", {}, countText(count))])))
    this.#drawButton()
    notice.focus()
    notice.scrollIntoView({ block: "nearest" })
  }
}
