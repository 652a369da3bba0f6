/** Acts of the review that are about more than the one defect: splitting, merging, and holding the wafer. */
import { holdAsker } from "../inspection/holds.js"
import { newId } from "../shared/ids.js"
import { toast } from "../shared/toast.js"
import { MergeSheet, SplitSheet } from "./joining_sheets.js"
import { join } from "./review_said.js"
import { boxOf, current, saidOf } from "./review_state.js"

/** @param {{classes: object[], get: () => object, step: (taken) => void, isReady: () => boolean, link: () => Link, drawParts: () => void}} page */
export function joiningActs({ classes, get, step, isReady, link, drawParts }) {
  const splitSheet = new SplitSheet(classes)
  const mergeSheet = new MergeSheet()
  const askHold = holdAsker(document.querySelector("#hold"))
  /** Asks a sheet what the task is together with others, or in parts. */
  const ask = async (sheet, made) => {
    const task = current(get())
    const said = await sheet.ask(task, boxOf(get()), saidOf(get())?.class_code ?? task.class_code)
    if (said === "draw") drawParts()
    else if (said && get().at === task.id) step(join(get(), made(said), Date.now()))
  }
  const isOfOne = () => isReady() && Boolean(current(get()).class_code)
  return {
    split: () => { if (isOfOne()) ask(splitSheet, ({ other, ...first }) => ({ ...first, parts: [{ new_task: newId(), ...other }] })) },
    merge: () => {
      if (!isOfOne()) return
      if (current(get()).others.length) ask(mergeSheet, (what) => what)
      else toast("Nothing else was found on this image.")
    },
    hold: async () => {
      const task = current(get())
      if (!task || !link().isReady) return
      if (task.wafer.hold) return toast("This wafer is on hold already.")
      const reason = await askHold(`Why is wafer ${task.wafer.code} held?`)
      if (reason) link().add({ kind: "hold", task: task.id, reason })
    },
  }
}
