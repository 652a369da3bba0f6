/**
 * What is drawn and has no place at the server yet: something missed before its class is said, and an outline that is not closed.
 * Kept for this tab, by task, so that neither another picture nor a page that is loaded anew takes it away.
 */
import { recall, remember } from "../shared/remembered.js"
import { Drafts } from "./drafts.js"

const STORE = ["begun", "sessionStorage"]
/** Older ones give way. */
const MOST = 20

export class Begun {
  #all = new Map(Object.entries(recall(...STORE)))

  /** @param {(id: string) => ?{mode: string, shape: ?object, open: ?number[][]}} drawnOf what is being drawn of a task; null: nothing */
  constructor(drawnOf) {
    this.later = new Drafts((id) => this.put(id, drawnOf(id)))
  }

  /** What was begun of a task in a mode; null where nothing was. */
  of(id, mode) {
    const begun = this.#all.get(id)
    return begun?.mode === mode ? begun : null
  }

  /** @param {?object} begun null: it is said, or given up */
  put(id, begun) {
    this.#all.delete(id)
    if (begun) this.#all.set(id, begun)
    for (const oldest of [...this.#all.keys()].slice(0, -MOST)) this.#all.delete(oldest)
    remember(STORE[0], Object.fromEntries(this.#all), STORE[1])
  }
}
