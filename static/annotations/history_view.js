/** Tasks of a list, one after another, large and with their history; nothing is changed there. */
import { countText } from "../shared/formats.js"
import { LargeView } from "./large_view.js"

/** @param {{tasks: () => object[], onClosed?: () => void, onReopen?: (task: object) => void}} how @returns {(task: object) => void} */
export function historyView({ tasks, onClosed = () => {}, onReopen = () => {} }) {
  let at = 0
  const show = () => {
    const all = tasks()
    if (all[at]) large.show(all[at], { place: `${countText(at + 1)} of ${countText(all.length)}`, isMeant: null, note: "" })
  }
  const large = new LargeView(document.querySelector("#large"), {
    onStep: (by) => { at = Math.min(Math.max(0, at + by), tasks().length - 1); show() },
    onToggle: () => {}, onReopen: () => onReopen(tasks()[at]), onClosed,
  })
  return (task) => {
    at = Math.max(0, tasks().findIndex(({ id }) => id === task.id))
    show()
  }
}
