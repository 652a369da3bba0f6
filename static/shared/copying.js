/** Buttons with `data-copy` put that text on the clipboard and say so. */
import { toast } from "./toast.js"

export function startCopying() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]")
    if (!button) return
    try {
      await navigator.clipboard.writeText(button.dataset.copy)
      toast(`Copied ${button.dataset.what ?? "to the clipboard"}.`)
    } catch {
      // Without https a browser has no clipboard; a selection can still be copied by hand.
      getSelection().selectAllChildren(button.parentElement)
      toast("Selected; copy it with Ctrl C.")
    }
  })
}
