/** Wafers on hold: the sign, the notice that says why, and asking for the reason. */
import { ageElement } from "../shared/ages.js"
import { h, icon } from "../shared/dom.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { accountName } from "../shared/signs.js"

const USUAL = ["A person has to decide what becomes of it", "The tool may be at fault", "Wait for another inspection"]
const USUAL_TO_RELEASE = ["Looked at, it may go on", "Held by mistake", "Inspected again and found good"]
export const HOLD_EVENTS = ["wafer.held", "wafer.released"]

export function holdSign() {
  return h("span", { class: "held" }, icon("hand", "small"), "On hold")
}

/** Who holds a wafer and why, in a notice; hidden where nobody does. @param {?() => void} onRelease null: the reader may not */
export function drawHold(notice, hold, onRelease) {
  notice.hidden = !hold
  if (!hold) return notice.replaceChildren()
  return notice.replaceChildren(...[icon("hand"), h("p", {}, h("b", {}, "This wafer is on hold. "), hold.reason, h("span", { class: "muted" }, ` · ${accountName(hold.by)}, `, ageElement(hold.at))),
    onRelease && h("button", { class: "button", type: "button", onclick: onRelease }, "Release")].filter(Boolean))
}

/** @returns {(title: string) => Promise<?string>} */
export function holdAsker(dialog) {
  return reasonAsker(dialog, { key: "holds", usual: USUAL })
}

/** @returns {(title: string) => Promise<?string>} */
export function releaseAsker(dialog) {
  return reasonAsker(dialog, { key: "releases", usual: USUAL_TO_RELEASE })
}
