/** Where I am named, and what I have a part in and is open. Each leads to its place. */
import { lazyCrops } from "../inspection/crops.js"
import { ageElement } from "../shared/ages.js"
import { h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { getJson, outcome, postJson } from "../shared/http.js"
import { accountName, waferName } from "../shared/signs.js"
import { soon } from "../shared/soon.js"
import { showTrouble } from "../shared/trouble.js"
import { rowOfMention, rowOfThread, withRows } from "./mentions_state.js"

const CROP_PX = 112
const POINT_PX = 32
const SETTLE_MS = 400
const find = (selector) => document.querySelector(selector)
const crops = lazyCrops(find("#main"))

class List {
  constructor(name, path, rowOf) {
    Object.assign(this, { path, rowOf, rows: null, next: null, place: find(`#${name}`), empty: find(`#${name}-empty`), more: find(`#${name}-more`) })
    this.more.addEventListener("click", () => this.#load(this.next))
  }

  /** The newest; those that are there stay where they are. */
  ask() { return this.#load(this.path) }

  async #load(path) {
    const isFirst = path === this.path
    const [page, problem] = await outcome(getJson(path))
    // Meanwhile something else may be asked for.
    if (isFirst && path !== this.path) return
    showTrouble(find("#mentions-trouble"), problem, { what: "Comments could not be loaded.", retry: () => this.#load(path) })
    if (!page) return
    const found = page.results.map(this.rowOf)
    this.rows = isFirst ? found : withRows(this.rows, found)
    this.next = page.next
    this.draw()
  }

  draw() {
    this.place.querySelector(".skeleton")?.closest("li").remove()
    keyed(this.place, this.rows, { key: ({ id }) => id, create: (row) => this.#row(row), update: (item, row) => fill(item, row) })
    this.empty.hidden = this.rows.length > 0
    this.more.hidden = !this.next
  }

  #row(row) {
    const canvas = h("canvas", { width: CROP_PX, height: CROP_PX, "aria-hidden": "true" })
    const [x, y, w, height] = row.thread.place_px
    const box = w || height ? row.thread.place_px : [x - POINT_PX / 2, y - POINT_PX / 2, POINT_PX, POINT_PX]
    Object.assign(canvas, { detection: { bbox_px: box }, image: row.thread.image })
    crops.observe(canvas)
    const item = h("li", {}, h("a", { class: "mention", href: row.address }, canvas, h("span", { class: "mention__words" })))
    fill(item, row)
    return item
  }
}

function fill(item, row) {
  const look = `${row.at} ${row.isRead} ${row.state} ${row.text}`
  if (item.dataset.look === look) return
  item.dataset.look = look
  const { wafer, lot, image } = row.thread
  const link = item.firstElementChild
  setAttribute(link, "data-read", String(row.isRead))
  link.querySelector(".mention__words").replaceChildren(
    h("span", { class: "mention__who" }, !row.isRead && h("span", { class: "mention__new" }, "New"), h("b", {}, accountName(row.author)), ageElement(row.at, { class: "muted small" }), row.state === "resolved" && h("span", { class: "muted small" }, icon("check", "small"), " Resolved")),
    h("span", { class: "mention__text" }, row.text || "Taken back"),
    h("small", { class: "muted clip" }, `${waferName(wafer.code, image.file_name).name}${wafer.slot === null ? "" : ` · slot ${wafer.slot}`} · lot ${lot.code}`))
}

const named = new List("named", "review/mentions/", rowOfMention)
const mine = new List("mine", "review/threads/?mine=true&state=open", rowOfThread)

const NONE = { open: "Nothing is open. Shift C on a picture, in review or on a wafer, pins a comment to a place of it.", resolved: "Nothing you have a part in is resolved yet." }
function showMine(state) {
  for (const button of find("#mine-state").children) setAttribute(button, "aria-pressed", String(button.dataset.state === state))
  setText(find("#mine-empty p"), NONE[state])
  mine.path = `review/threads/?mine=true&state=${state}`
}
find("#mine-state").addEventListener("click", ({ target }) => {
  if (!target.dataset.state) return
  showMine(target.dataset.state)
  mine.ask()
})
showMine("open")

function ask() {
  named.ask().then(() => setText(find("#said"), saying()))
  mine.ask()
}

function saying() {
  const unread = (named.rows ?? []).filter(({ isRead }) => !isRead).length
  find("#all-read").disabled = unread === 0
  return unread ? `${unread} not read` : "All read"
}

find("#all-read").addEventListener("click", async () => {
  const [answer] = await outcome(postJson("review/mentions/read/"))
  if (answer) document.dispatchEvent(new CustomEvent("waferdeck:mentions-read", { detail: answer }))
  ask()
})
const askSoon = soon(ask, SETTLE_MS)
document.addEventListener("live:thread.changed", askSoon)
document.addEventListener("live:resync", askSoon)
ask()
