/** The words of a page of the defect book: written by leads, with all that was written before. */
import { ageElement } from "../shared/ages.js"
import { h, setText } from "../shared/dom.js"
import { getJson, outcome, putJson } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { toast } from "../shared/toast.js"

const find = (selector) => document.querySelector(selector)

export class BookEditor {
  /** @param {{page: () => object, onWritten: (page) => void}} hooks */
  constructor(hooks) {
    this.hooks = hooks
    this.dialog = find("#book-editor")
    this.past = find("#book-past")
    for (const dialog of [this.dialog, this.past]) for (const button of dialog?.querySelectorAll("[data-close]") ?? []) button.addEventListener("click", () => dialog.close())
    this.dialog?.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); this.#write() })
  }

  open() {
    const page = this.hooks.page()
    this.seen = page.version
    find("#book-text").value = page.definition
    find("#book-look-text").value = page.look_for
    this.#say("")
    this.dialog.showModal()
  }

  /** Where somebody else has written meanwhile both are seen: theirs is told, mine stays in the fields, and goes out over it when it is sent again. */
  async #write() {
    const { class_code: code } = this.hooks.page()
    const body = { definition: find("#book-text").value, look_for: find("#book-look-text").value, seen_version: this.seen }
    const [written, problem] = await outcome(putJson(`review/book/${code}/`, body))
    if (written) {
      this.hooks.onWritten(written)
      this.dialog.close()
      toast("It is written.")
    } else if (problem.current) {
      this.seen = problem.current.version
      this.#say(`${accountName(problem.current.written_by)} has written meanwhile: “${problem.current.definition}” Send yours again to put it in its place; theirs stays in the history.`)
    } else this.#say(problem.message)
  }

  async history() {
    const { class_code: code } = this.hooks.page()
    this.past.showModal()
    const [answer, problem] = await outcome(getJson(`review/book/${code}/history/?limit=100`))
    find("#book-past-list").replaceChildren(...(answer?.results ?? []).map((one) => h("li", {}, h("p", {}, h("b", {}, `Version ${one.number}`), ` ${accountName(one.author)} `, ageElement(one.made_at, { class: "muted" })), h("p", {}, one.definition), one.look_for && h("p", { class: "muted" }, one.look_for))))
    if (problem) find("#book-past-list").replaceChildren(h("li", {}, problem.message))
  }

  #say(text) {
    find("#book-error").hidden = !text
    setText(find("#book-error span"), text)
  }
}
