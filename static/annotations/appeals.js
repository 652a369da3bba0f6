/** Appeals: mine, or those that wait for me; answered with a reason. */
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { accountName } from "../shared/signs.js"
import { toast } from "../shared/toast.js"
import { reasonAsker } from "../shared/reason_sheet.js"
import { appealActs, appealWords, appealsSaid } from "./scorecard_state.js"

const USUAL = { appeal: ["The reference picture shows otherwise", "By the defect book this is what I said", "The picture cannot tell the two apart"], uphold: ["The defect book says so", "It shows in the picture at full size"], overturn: ["I see it now, too", "The picture cannot tell the two apart"] }

export class Appeals {
  #asks = {}
  #rows = []
  #next = null

  /** @param {HTMLElement} list @param {{me: string, mayAnswer: boolean, onOpen: (task: object) => void, onChanged: () => void}} hooks */
  constructor(list, hooks) {
    Object.assign(this, { list, hooks })
    for (const name of Object.keys(USUAL)) {
      const dialog = document.querySelector(`#${name}`)
      if (dialog) this.#asks[name] = reasonAsker(dialog, { key: `review-${name}`, usual: USUAL[name] })
    }
    document.querySelector("#appeals-more").addEventListener("click", () => this.#load(this.#next))
  }

  load() {
    return this.#load("review/appeals/?limit=10")
  }

  async #load(path) {
    const [page, problem] = await outcome(getJson(path))
    if (problem) return this.#say(problem)
    this.#rows = path === this.#next ? [...this.#rows, ...page.results] : page.results
    this.#next = page.next
    this.#draw()
  }

  #draw() {
    this.#say(null)
    document.querySelector("#appeals-more").hidden = !this.#next
    keyed(this.list, this.#rows, { key: ({ id, state }) => `${id} ${state}`, create: (appeal) => this.#row(appeal) })
  }

  #say(problem) {
    setText(document.querySelector("#appeals-said"), appealsSaid(this.#rows, { mayAnswer: this.hooks.mayAnswer, problem }))
  }

  #row(appeal) {
    const { me, mayAnswer } = this.hooks
    const acts = appealActs(appeal, { me, mayAnswer })
    return h("li", { class: "appeal", "data-state": appeal.state },
      h("p", { class: "row" }, icon({ open: "hourglass", overturned: "circle-check", upheld: "circle-slash", withdrawn: "undo-2" }[appeal.state], "small"), h("b", {}, appealWords(appeal, { me })), ageElement(appeal.made_at, { class: "muted small push" })),
      h("p", {}, h("span", { class: "muted small" }, `${accountName(appeal.author)} `), h("q", {}, appeal.reason)),
      appeal.answer ? h("p", {}, h("span", { class: "muted small" }, `${accountName(appeal.answered_by)} `), h("q", {}, appeal.answer)) : null,
      h("div", { class: "row" }, h("button", { class: "button", type: "button", onclick: () => this.#open(appeal) }, icon("history", "small"), "Look"),
        acts.includes("uphold") ? h("button", { class: "button", type: "button", onclick: () => this.#answer(appeal, "uphold", "upheld") }, "It stands") : null,
        acts.includes("overturn") ? h("button", { class: "button", type: "button", onclick: () => this.#answer(appeal, "overturn", "overturned") }, `${accountName(appeal.author)} is right`) : null,
        acts.includes("withdraw") ? h("button", { class: "button", type: "button", onclick: () => this.#send(`review/appeals/${appeal.id}/withdraw/`, {}, "Taken back.") }, icon("undo-2", "small"), "Take back") : null),
      acts.includes("overturn") && !acts.includes("uphold") ? h("p", { class: "muted small" }, "It contests your own word. You can say that they are right; that it stands somebody else has to say.") : null)
  }

  async #open({ task: id }) {
    const [task, problem] = await outcome(getJson(`review/tasks/${id}/`))
    if (problem) toast(problem.message, { level: "warn", requestId: problem.requestId })
    else this.hooks.onOpen(task)
  }

  async #answer(appeal, ask, result) {
    const answer = await this.#asks[ask](ask === "uphold" ? "Why does it stand?" : `Why is ${accountName(appeal.author)} right?`)
    if (answer) await this.#send(`review/appeals/${appeal.id}/answer/`, { outcome: result, answer }, result === "upheld" ? "It stands." : "Overturned.")
  }

  /** Contests what an item was held against. */
  async contest(task, kind) {
    const reason = await this.#asks.appeal(kind === "gold" ? "Why is the known answer wrong?" : "Why is the ruling wrong?")
    if (reason) await this.#send("review/appeals/", { task: task.id, kind, reason }, "Contested. A lead answers here.")
  }

  async #send(path, body, done) {
    const [, problem] = await outcome(postJson(path, body))
    if (problem) toast(problem.message, { level: "warn", requestId: problem.requestId })
    else toast(done)
    await this.load()
    if (!problem) this.hooks.onChanged()
  }
}
