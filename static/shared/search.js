/** Search in the title bar: suggestions as one types, Enter goes to the exact match; a barcode scanner types and enters. */
import { h } from "./dom.js"

const PAUSE_MS = 140

/** The option that an arrow key leads to; -1 is the field itself. */
export function nextOption(index, key, count) {
  if (count === 0) return -1
  if (key === "ArrowDown") return index + 1 >= count ? -1 : index + 1
  return index < 0 ? count - 1 : index - 1
}

/** The field itself: the form's first input is a hidden one. */
export function searchField() {
  return document.querySelector("#search input[type=search]")
}

export function startSearch() {
  const input = searchField()
  if (!input) return
  const form = input.form
  const list = form.querySelector("#suggestions")
  let timer
  let request
  let index = -1

  const options = () => [...list.querySelectorAll("a")]
  const show = (isShown) => {
    list.hidden = !isShown
    input.setAttribute("aria-expanded", String(isShown))
  }
  const select = (to) => {
    index = to
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === to)))
    const chosen = options()[to]
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id)
    else input.removeAttribute("aria-activedescendant")
    chosen?.scrollIntoView({ block: "nearest" })
  }
  const suggest = async () => {
    request?.abort()
    request = new AbortController()
    if (!input.value.trim()) {
      list.replaceChildren()
      return show(false)
    }
    try {
      const answer = await fetch(`${form.action}?${new URLSearchParams({ q: input.value, part: "suggestions" })}`, { signal: request.signal })
      if (answer.redirected) return say("You are signed out. Load the page again to sign in.")
      if (!answer.ok) throw new Error(String(answer.status))
      // Our own server rendered and escaped this.
      list.innerHTML = await answer.text()
      select(-1)
    } catch (fault) {
      if (fault.name === "AbortError") return undefined
      return say("Search does not answer right now. Try again, or look in the list of wafers.")
    }
    return show(document.activeElement === input)
  }
  const say = (text) => {
    list.replaceChildren(h("p", {}, text))
    show(document.activeElement === input)
  }

  input.addEventListener("input", () => {
    // What was chosen was chosen of other words: Enter must not open it now.
    select(-1)
    clearTimeout(timer)
    timer = setTimeout(suggest, PAUSE_MS)
  })
  input.addEventListener("focus", () => { if (list.childElementCount && input.value) show(true) })
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      show(false)
      input.blur()
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault()
      select(nextOption(index, event.key, options().length))
    } else if (event.key === "Enter" && options()[index]) {
      event.preventDefault()
      options()[index].click()
    }
  })
  form.addEventListener("focusout", ({ relatedTarget }) => { if (!form.contains(relatedTarget)) show(false) })
}
