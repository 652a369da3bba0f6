/** Comments on one decision seen large: pins over its crop, which shows a square of the image. */
import { Talk } from "./talk.js"

/** @param {LargeView} large @param {string} me */
export function startLargeTalk(large, me) {
  const { dialog } = large
  const host = dialog.querySelector(".large__picture")
  const canvas = host.querySelector("canvas")
  const square = () => Math.min(canvas.clientWidth, canvas.clientHeight)
  let id = null
  const surface = {
    host,
    size: () => [canvas.clientWidth, canvas.clientHeight],
    image: () => (dialog.open ? large.crop?.task.image ?? null : null),
    placement: () => {
      if (!large.crop || !square()) return null
      const [x, y, side] = large.crop.square
      const scale = square() / side
      return { x: (canvas.clientWidth - square()) / 2 - x * scale, y: (canvas.clientHeight - square()) / 2 - y * scale, scale }
    },
    show() {},
    onMoved: (run) => {
      addEventListener("resize", run)
      for (const name of ["drawn", "close"]) dialog.addEventListener(name, run)
    },
  }
  const comments = new Talk(surface, { me, mayTalk: Boolean(host.dataset.mayTalk), subject: () => ({ task: large.id, box: large.crop?.box }) })
  dialog.addEventListener("drawn", () => {
    if (id !== large.id) comments.close()
    id = large.id
  })
  dialog.querySelector("[data-large-talk]").addEventListener("click", () => comments.begin())
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "C") comments.begin()
    else if (event.key === "J") comments.step()
    else return
    event.preventDefault()
  })
  // One thing at a time: what lies on top first.
  dialog.addEventListener("cancel", (event) => { if (comments.close()) event.preventDefault() })
}
