/** What canvases share: the theme's colours, and the shapes of severity. */

let cache = null

/** Colours of the theme by token name: {ink, panel, wafer, …}; how much darker classes are; whether boxes carry their class's key. Read once a theme. */
export function themeColours() {
  if (cache) return cache
  const style = getComputedStyle(document.documentElement)
  const read = (name) => style.getPropertyValue(`--${name}`).trim()
  const names = ["ground", "panel", "raised", "line", "line-strong", "ink", "ink-2", "ink-3", "wafer", "wafer-line", "image-rim", "image-plate", "image-ink", "heat"]
  cache = Object.fromEntries(names.map((name) => [name, read(name)]))
  cache.darken = parseFloat(read("class-darken")) / 100 || 0
  cache.areKeysShown = read("class-keys") === "shown"
  return cache
}
globalThis.document?.addEventListener("waferdeck:display", () => { cache = null })

/** A class's colour on the theme's ground: darker where the ground is light. */
export function onGround(colour, darken) {
  if (!darken) return colour
  const parts = [1, 3, 5].map((at) => Math.round(parseInt(colour.slice(at, at + 2), 16) * (1 - darken)))
  return `rgb(${parts.join(" ")})`
}

/** Adds the shape of a severity to the current path, centred: diamond, square, hollow square, dot. */
function shapePath(context, severity, x, y, radius) {
  if (severity === "critical") {
    const r = radius * 1.25
    context.moveTo(x, y - r)
    context.lineTo(x + r, y)
    context.lineTo(x, y + r)
    context.lineTo(x - r, y)
    context.closePath()
  } else if (severity === "nuisance") {
    context.moveTo(x + radius * 0.6, y)
    context.arc(x, y, radius * 0.6, 0, Math.PI * 2)
  } else {
    context.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8)
  }
}

/** Draws a severity's shape in a colour with a dark rim, so that it stands off any ground. */
export function drawShape(context, severity, x, y, radius, colour, rim) {
  context.beginPath()
  shapePath(context, severity, x, y, radius)
  if (severity === "minor") {
    context.lineWidth = 4.5
    context.strokeStyle = rim
    context.stroke()
    context.lineWidth = 2.2
    context.strokeStyle = colour
    context.stroke()
    return
  }
  context.lineWidth = 2.5
  context.strokeStyle = rim
  context.stroke()
  context.fillStyle = colour
  context.fill()
}

/** Sizes a canvas to its element in device pixels and returns its context, scaled to CSS pixels. */
export function fitCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
  }
  const context = canvas.getContext("2d")
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  return context
}
