/** Crops side by side, class by class: the odd one stands out. Drawn as they come into sight. */
import { lazyCrops } from "../inspection/crops.js"
import { glyph, h, icon, keyed, setAttribute, setText } from "../shared/dom.js"
import { countText } from "../shared/formats.js"
import { accountName, classNamed, waferName } from "../shared/signs.js"
import { finalOf, groups, isMeant, isPickable } from "./decided_state.js"
import { isOwn } from "./opinions_state.js"
import { swatch } from "./review_details.js"

const CROP_PX = 224
const CHANGES = { reclassed: ["tags", "other class than the model’s"], redrawn: ["square-pen", "box drawn anew"], missed: ["square-plus", "missed by the model"] }

export class ContactSheet {
  /** @param {HTMLElement} place @param {{me: string, mayPick: boolean, classes: object[], onToggle: (id, event) => void, onOpen: (id) => void, onGroup: (ids) => void}} hooks */
  constructor(place, hooks) {
    Object.assign(this, { place, hooks, crops: lazyCrops(document.querySelector("#main")) })
    place.addEventListener("click", (event) => {
      const open = event.target.closest("[data-open-task]")
      const shot = event.target.closest(".shot")
      if (open) hooks.onOpen(open.dataset.openTask)
      else if (shot && hooks.mayPick) hooks.onToggle(shot.dataset.id, event)
      else if (shot) hooks.onOpen(shot.dataset.id)
    })
    place.addEventListener("dblclick", ({ target }) => { if (target.closest(".shot")) hooks.onOpen(target.closest(".shot").dataset.id) })
    place.addEventListener("keydown", (event) => {
      const shot = event.target.closest(".shot")
      if (event.key !== "Enter" || !shot) return
      event.preventDefault()
      hooks.onOpen(shot.dataset.id)
    })
  }

  draw(state) {
    keyed(this.place, groups(state, this.hooks.classes), {
      key: ({ key }) => key,
      create: (group) => {
        const section = this.#section(group.key)
        this.#fill(section, group, state)
        return section
      },
      update: (section, group) => this.#fill(section, group, state),
    })
  }

  shot(id) {
    return this.place.querySelector(`.shot[data-id="${id}"]`)
  }

  #section(key) {
    const isNuisance = key === "nuisance"
    const severity = isNuisance ? "nuisance" : classNamed(key).severity
    const title = h("h2", { id: `group-${key}` }, glyph(severity, `shape shape--${severity}`), isNuisance ? null : swatch(key), isNuisance ? "Nuisance" : classNamed(key).name)
    return h("section", { class: "group", "aria-labelledby": `group-${key}` },
      h("header", { class: "group__head" }, title, h("span", { class: "muted group__count" }), this.hooks.mayPick && h("button", { class: "button button--quiet group__all", type: "button" })),
      h("ul", { class: "shots" }))
  }

  #fill(section, { tasks }, state) {
    const { me } = this.hooks
    const ids = tasks.map(({ id }) => id)
    const pickable = ids.filter((id) => isPickable(state, id, me))
    const chosen = pickable.filter((id) => isMeant(state, id, me))
    setText(section.querySelector(".group__count"), pickable.length && chosen.length < tasks.length ? `${countText(chosen.length)} of ${countText(tasks.length)}` : countText(tasks.length))
    const all = section.querySelector(".group__all")
    if (all) {
      all.hidden = pickable.length === 0
      setText(all, chosen.length === pickable.length ? "Leave all out" : "Choose all")
      all.onclick = () => this.hooks.onGroup(ids)
    }
    keyed(section.querySelector(".shots"), tasks, { key: ({ id }) => id, create: (task) => this.#shot(task, state), update: (item, task) => this.#update(item, task, state) })
  }

  #shot(task, state) {
    const canvas = h("canvas", { width: CROP_PX, height: CROP_PX, "aria-hidden": "true" })
    const item = h("li", { class: "shots__item" },
      h("button", { class: "shot", type: "button", "data-id": task.id }, canvas, h("span", { class: "shot__signs" }), h("span", { class: "shot__mark" }), h("span", { class: "shot__word" })),
      h("button", { class: "shot__open", type: "button", tabindex: -1, "data-open-task": task.id, "aria-label": "Large, with its history", title: "Large, with its history (Enter)" }, icon("maximize", "small")))
    this.#update(item, task, state)
    return item
  }

  #update(item, task, state) {
    const { me, mayPick } = this.hooks
    const [shot] = item.children
    if (shot.revision !== task.revision) {
      shot.revision = task.revision
      const canvas = shot.querySelector("canvas")
      Object.assign(canvas, { detection: { bbox_px: task.annotation?.bbox_px ?? task.bbox_px }, image: task.image })
      this.crops.observe(canvas)
    }
    const isIn = isMeant(state, task.id, me)
    const problem = state.problems.get(task.id)
    const gone = state.gone.get(task.id)
    const isYours = mayPick && isOwn(task, me) && state.stage !== "accepted"
    const word = gone ? `${gone} by now` : problem ? "stays" : isYours ? "yours" : ""
    const look = `${isIn} ${word} ${task.revision} ${state.stage}`
    shot.tabIndex = task.id === state.focus ? 0 : -1
    if (shot.dataset.look === look) return
    shot.dataset.look = look
    const change = CHANGES[task.annotation?.change]
    const kind = gone ? "gone" : problem ? "refused" : isYours ? "yours" : !mayPick || state.stage === "accepted" ? "plain" : isIn ? "in" : "out"
    setAttribute(shot, "data-kind", kind)
    setAttribute(shot, "aria-pressed", kind === "in" || kind === "out" || kind === "refused" ? String(isIn) : null)
    const name = finalOf(task) === "nuisance" ? "Nuisance" : classNamed(finalOf(task)).name
    const said = [`${name}, said by ${accountName(task.annotation?.author ?? "nobody")}`, change?.[1], waferName(task.wafer.code, task.image.file_name).name, isYours && "yours: somebody else has to look", problem, gone && `${gone} by now`].filter(Boolean)
    setAttribute(shot, "aria-label", said.join(", "))
    setAttribute(shot, "title", said.join("\n"))
    shot.querySelector(".shot__signs").replaceChildren(...(change ? [icon(change[0], "small")] : []), ...(problem ? [icon("triangle-alert", "small")] : []))
    shot.querySelector(".shot__mark").replaceChildren(...(kind === "in" ? [icon("check", "small")] : []))
    setText(shot.querySelector(".shot__word"), word)
  }
}
