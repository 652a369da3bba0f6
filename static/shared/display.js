/** Theme, density and target size: of this station by cookie, of this person by local storage. */
import { recall, remember } from "./remembered.js"

const CHOICES = { theme: ["dark", "light", "amber", "colour-safe"], density: ["comfortable", "compact"], glove: ["off", "on"] }
const YEAR_S = 365 * 86_400

/** Only choices that exist, from whatever was stored. */
export function validChoices(stored) {
  return Object.fromEntries(Object.entries(stored ?? {}).filter(([name, value]) => CHOICES[name]?.includes(value)))
}

function apply(choices) {
  for (const [name, value] of Object.entries(choices)) {
    document.documentElement.dataset[name] = value
    document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`
  }
  document.dispatchEvent(new CustomEvent("waferdeck:display", { detail: choices }))
}

export function startDisplay() {
  const dialog = document.querySelector("#display")
  const mine = validChoices(recall("display"))
  if (Object.entries(mine).some(([name, value]) => document.documentElement.dataset[name] !== value)) apply(mine)
  if (!dialog) return
  document.querySelector("[data-open=display]").addEventListener("click", () => {
    for (const input of dialog.querySelectorAll("input")) input.checked = document.documentElement.dataset[input.name] === input.value
    dialog.showModal()
  })
  dialog.addEventListener("change", ({ target }) => {
    const chosen = validChoices({ [target.name]: target.value })
    apply(chosen)
    remember("display", { ...validChoices(recall("display")), ...chosen })
  })
}
