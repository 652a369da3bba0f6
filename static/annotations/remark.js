/** The comment that goes with a decision: a field that opens by a key and keeps what was written when it is left. */

export class Remark {
  /** @param {HTMLFormElement} form @param {(text: string) => void} onKeep */
  constructor(form, onKeep) {
    Object.assign(this, { form, onKeep, input: form.querySelector("input") })
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#keep() })
    this.input.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.#keep() })
    this.input.addEventListener("blur", () => { if (!form.hidden) this.#keep() })
  }

  open(text) {
    this.form.hidden = false
    this.input.value = text
    this.input.focus()
    this.form.scrollIntoView({ block: "nearest" })
  }

  close() {
    this.form.hidden = true
    this.input.blur()
  }

  #keep() {
    this.close()
    this.onKeep(this.input.value.trim())
  }

  /** What is written so far, while it is still being written. */
  keep() {
    if (!this.form.hidden) this.onKeep(this.input.value.trim())
  }
}
