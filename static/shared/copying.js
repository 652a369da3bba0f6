/** Buttons with `data-copy` put that text on the clipboard and say so. */
import { h } from "./dom.js"
import { toast } from "./toast.js"

export function startCopying() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]")
    if (!button) return
    const { copy: text, what = "to the clipboard" } = button.dataset
    if (await isCopied(text)) toast(`Copied ${what}.`)
    else toast("This browser lets no page copy. Select the text and press Ctrl C.", { level: "warn" })
  })
}

async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Without HTTPS a browser has no clipboard, but copies what is selected in a field.
    return isCopiedFromField(text)
  }
}

function isCopiedFromField(text) {
  const focused = document.activeElement
  const field = h("textarea", { class: "visually-hidden", readonly: true, "aria-hidden": "true" }, text)
  document.body.append(field)
  field.select()
  const isDone = document.execCommand("copy")
  field.remove()
  focused?.focus({ preventScroll: true })
  return isDone
}
