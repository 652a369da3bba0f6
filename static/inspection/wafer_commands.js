/** Keys, commands and sliders of the wafer page. */
import { setAttribute, setText } from "../shared/dom.js"
import { confidenceText, percentText } from "../shared/formats.js"
import { postJson } from "../shared/http.js"
import { bind } from "../shared/keys.js"
import { toast } from "../shared/toast.js"
import { SORTS, isolateClass, selected, step, stepImage, toggleClass, withThreshold } from "./wafer_state.js"

const find = (selector) => document.querySelector(selector)
const command = (name) => find(`[data-command=${name}]`)
const sorts = Object.keys(SORTS)
const PAN_SHARE = 0.25
/** Right and down, by the arrow that says so. */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const ARROWS = Object.keys(WAYS)

export function bindCommands(page) {
  const { get, change, choose, zoomToMeant, redrawImage, zoom, map, ruler, moveRuler, look, classes, explanations } = page

  const go = (by) => {
    const next = step(get(), by)
    if (next.selectedId) choose(next.selectedId)
  }
  const isolate = (code) => change(isolateClass(get(), code, classes.map((one) => one.code)))
  const classOf = (element) => element?.closest("[data-class]")?.dataset.class
  const pressed = (name, isOn) => setAttribute(command(name), "aria-pressed", String(isOn))
  const setThreshold = (value) => {
    change(withThreshold(get(), Math.round(value * 100) / 100))
    find("#threshold").value = get().threshold
    setText(find("#threshold-text"), confidenceText(get().threshold))
  }
  const setOpacity = (value) => {
    const input = find("#opacity")
    input.value = value
    look.opacity = Number(input.value)
    setText(find("#opacity-text"), percentText(look.opacity).replace(".0", ""))
    redrawImage()
  }
  const sortBy = (sort) => {
    change({ ...get(), sort })
    for (const button of document.querySelectorAll("#sorts button")) setAttribute(button, "aria-pressed", String(button.dataset.sort === sort))
  }

  /** One thing at a time: what lies on top first. */
  const putAway = () => {
    if (!find("#levels").hidden) command("levels").click()
    else if (ruler.isOn) command("ruler").click()
    else choose(null)
  }

  command("next").addEventListener("click", () => go(1))
  command("previous").addEventListener("click", () => go(-1))
  command("zoom").addEventListener("click", () => (selected(get()) ? zoomToMeant() : toast("Choose a defect first, then zoom to it.")))
  command("fit").addEventListener("click", () => {
    zoom.fit()
    map.fit()
  })
  command("ruler").addEventListener("click", () => {
    pressed("ruler", ruler.toggle())
    find("#viewer").classList.toggle("is-measuring", ruler.isOn)
    redrawImage()
  })
  command("overlay").addEventListener("click", () => {
    look.isOverlay = !look.isOverlay
    pressed("overlay", look.isOverlay)
    redrawImage()
  })
  command("levels").addEventListener("click", () => {
    const panel = find("#levels")
    if (panel.contains(document.activeElement)) command("levels").focus()
    panel.hidden = !panel.hidden
    pressed("levels", !panel.hidden)
    if (!panel.hidden) panel.querySelector("input").focus()
  })

  find("#threshold").addEventListener("input", ({ target }) => setThreshold(Number(target.value)))
  find("#opacity").addEventListener("input", ({ target }) => setOpacity(Number(target.value)))
  find("#levels").addEventListener("input", ({ target }) => {
    look[target.name] = Number(target.value)
    zoom.setLevels(look)
  })
  find("#levels button").addEventListener("click", () => {
    Object.assign(look, { brightness: 1, contrast: 1 })
    for (const input of document.querySelectorAll("#levels input")) input.value = 1
    zoom.setLevels(look)
  })
  find("#sorts").addEventListener("click", ({ target }) => { if (target.dataset.sort) sortBy(target.dataset.sort) })
  find("#classes").addEventListener("click", ({ target, shiftKey }) => {
    const code = classOf(target)
    if (!code) return
    if (shiftKey) isolate(code)
    else change(toggleClass(get(), code))
  })
  find("#classes").addEventListener("dblclick", ({ target, shiftKey }) => {
    const code = classOf(target)
    if (code && !shiftKey) isolate(code)
  })
  find("#under-way").addEventListener("click", async ({ target }) => {
    const { do: action, run } = target.closest("button")?.dataset ?? {}
    if (!action) return
    try {
      await postJson(`runs/${run}/${action}/`)
      toast(action === "retry" ? "The run is queued again." : "The run is cancelled.")
    } catch (problem) {
      toast(problem.message, { level: "alarm", requestId: problem.requestId })
    }
  })
  find("#strip").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by || ruler.isOn) return
    event.preventDefault()
    go(by)
  })

  bind({ keys: ["j", "ArrowRight"], label: "Next defect", group: "Defects", run: () => go(1) })
  bind({ keys: ["k", "ArrowLeft"], label: "Previous defect", group: "Defects", run: () => go(-1) })
  bind({ keys: ["z", "Enter"], label: "Zoom to the defect", group: "Defects", run: () => command("zoom").click() })
  bind({ keys: ["e"], label: "Why the model saw it: heat over the image", group: "Defects", run: () => explanations.toggle() })
  bind({ keys: ["Escape"], label: "Close the levels, put the ruler away, no defect", group: "Defects", run: putAway })
  bind({ keys: ["s"], label: "Sort by severity, score, size", group: "Defects", run: () => sortBy(sorts[(sorts.indexOf(get().sort) + 1) % sorts.length]) })
  for (const { code, key, name } of classes) {
    if (key) bind({ keys: [key], label: `Show or hide ${name.toLowerCase()}`, group: "Classes", run: () => change(toggleClass(get(), code)) })
  }
  bind({ keys: ["i"], label: "The defect's class alone, or all again", group: "Classes", run: () => {
    const code = classOf(document.activeElement) ?? selected(get())?.class_code
    if (code) isolate(code)
    else toast("Choose a defect first, or go to the switch of a class.")
  } })
  bind({ keys: ["a"], label: "Show all classes", group: "Classes", run: () => change({ ...get(), hidden: new Set() }) })
  bind({ keys: [","], label: "Lower the threshold", group: "Classes", run: () => setThreshold(get().threshold - 0.05) })
  bind({ keys: ["."], label: "Raise the threshold", group: "Classes", run: () => setThreshold(get().threshold + 0.05) })
  bind({ keys: ["f", "0"], label: "Fit image and map", group: "Image", run: () => command("fit").click() })
  bind({ keys: ["+", "="], label: "Closer", group: "Image", run: () => zoom.zoomBy(1.5) })
  bind({ keys: ["-"], label: "Farther", group: "Image", run: () => zoom.zoomBy(1 / 1.5) })
  bind({ keys: ARROWS.map((key) => `Shift+${key}`), label: "Move the image", group: "Image", run: ({ key }) => zoom.panBy(...WAYS[key].map((way) => way * PAN_SHARE)) })
  bind({ keys: ["["], label: "Previous image", group: "Image", run: () => change(stepImage(get(), -1)) })
  bind({ keys: ["]"], label: "Next image", group: "Image", run: () => change(stepImage(get(), 1)) })
  bind({ keys: ["r"], label: "Ruler: drag it over the image", group: "Image", run: () => command("ruler").click() })
  bind({ keys: ARROWS, label: "Ruler by keys: its end", group: "Image", when: () => ruler.isOn, run: ({ key, repeat }) => moveRuler(1, WAYS[key], repeat) })
  bind({ keys: ARROWS.map((key) => `Shift+${key}`), label: "Ruler by keys: its beginning", group: "Image", when: () => ruler.isOn, run: ({ key, repeat }) => moveRuler(0, WAYS[key], repeat) })
  bind({ keys: ["o"], label: "Boxes on or off", group: "Image", run: () => command("overlay").click() })
  bind({ keys: ["<"], label: "Fainter boxes", group: "Image", run: () => setOpacity(look.opacity - 0.1) })
  bind({ keys: [">"], label: "Stronger boxes", group: "Image", run: () => setOpacity(look.opacity + 0.1) })
  bind({ keys: ["b"], label: "Brightness and contrast", group: "Image", run: () => command("levels").click() })
  bind({ keys: ["m"], label: "Zoom the map to the defect's die", group: "Image", run: () => {
    const detection = selected(get())
    if (detection?.wafer_x_um !== null && detection) map.zoomTo([detection.wafer_x_um, detection.wafer_y_um])
  } })
}
