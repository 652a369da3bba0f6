/** Who else has the wafer open that this page shows: a chip for each person, however many pages they have. */
import { h, icon, keyed, setAttribute } from "../shared/dom.js"
import { accountName } from "../shared/signs.js"

const PLACES = { wafer: "on its page", review: "in review", whole: "over the whole wafer" }
const LIVE = "live-updates[src='/ws/live/']"

/** What is said of somebody: "in review and on its page". */
export function placesText(places) {
  return places.map((place) => PLACES[place] ?? place).join(" and ")
}

export class Presence {
  #wafer = null
  #others = []

  /** @param {HTMLElement} element that the chips go into @param {"wafer"|"review"|"whole"} place that this page is */
  constructor(element, place) {
    Object.assign(this, { element, place })
    document.addEventListener("live:presence", ({ detail: { data } }) => { if (data.wafer === this.#wafer) this.#show(data.others) })
    document.addEventListener("live:link", ({ target, detail }) => { if (target.matches(LIVE) && detail.state === "offline") this.#show(null) })
    this.#show([])
  }

  /** This page shows a wafer now, or none. */
  at(wafer) {
    if (wafer === this.#wafer) return
    this.#wafer = wafer
    this.#show([])
    document.querySelector(LIVE)?.say({ type: "here", wafer, place: this.place })
  }

  /** @param {?{name: string, places: string[]}[]} others null: nobody can know */
  #show(others) {
    this.#others = others
    this.element.hidden = others !== null && others.length === 0
    setAttribute(this.element, "data-unknown", others === null ? "" : null)
    const chips = others === null ? [{ name: "", text: "Who else is here is not known" }] : others.map(({ name, places }) => ({ name, text: accountName(name), title: `${accountName(name)} has this wafer open ${placesText(places)}` }))
    keyed(this.element, chips, {
      key: ({ text, title }) => `${text} ${title}`,
      create: ({ name, text, title }) => h("span", { class: "person", title: title ?? text }, icon(name ? "user-round" : "circle-help", "small"), text),
    })
  }
}
