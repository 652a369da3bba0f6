/** The hold of one wafer on its page: said, put and released, by whoever may. */
import { setAttribute, setText } from "../shared/dom.js"
import { outcome, postJson } from "../shared/http.js"
import { toast } from "../shared/toast.js"
import { HOLD_EVENTS, drawHold, holdAsker, releaseAsker } from "./holds.js"

const find = (selector) => document.querySelector(selector)

export class WaferHold {
  /** @param {{id: string, code: string, hold: ?object}} wafer @param {{mayHold: boolean, mayRelease: boolean}} known */
  constructor(wafer, known) {
    Object.assign(this, { wafer, known, hold: wafer.hold, isBusy: false })
    this.askHold = known.mayHold && holdAsker(find("#hold"))
    this.askRelease = known.mayRelease && releaseAsker(find("#release"))
    this.button = find("[data-command=hold]")
    this.button?.addEventListener("click", () => this.toggle())
    for (const name of HOLD_EVENTS) document.addEventListener(`live:${name}`, ({ detail }) => { if (detail.data.wafer === wafer.id) this.show(detail.data.hold) })
    this.draw()
  }

  show(hold) {
    this.hold = hold
    this.draw()
  }

  draw() {
    drawHold(find("#held"), this.hold, this.known.mayRelease ? () => this.toggle() : null)
    if (!this.button) return
    setText(this.button.querySelector("[data-text]"), this.hold ? "Release" : "Hold wafer")
    setAttribute(this.button, "aria-pressed", String(Boolean(this.hold)))
    this.button.disabled = this.isBusy || (this.hold ? !this.known.mayRelease : !this.known.mayHold)
  }

  async toggle() {
    if (this.isBusy || (this.hold ? !this.askRelease : !this.askHold)) return
    const { hold } = this
    const reason = hold ? await this.askRelease(`Why is ${this.wafer.code} released?`) : await this.askHold(`Why is ${this.wafer.code} held?`)
    if (!reason) return
    this.isBusy = true
    this.draw()
    const [answer, problem] = await outcome(hold ? postJson(`wafers/${this.wafer.id}/release/`, { reason, seen_number: hold.number }) : postJson(`wafers/${this.wafer.id}/hold/`, { reason }))
    this.isBusy = false
    if (answer) toast(hold ? "The wafer is released." : "The wafer is on hold.")
    else toast(problem.message, { level: "warn", requestId: problem.requestId })
    this.show(answer ? answer.hold : problem.code === "hold_changed" ? problem.current : hold)
  }
}
