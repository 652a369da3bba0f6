/** Small helpers to build and to keep up parts of a page without drawing them anew. */

const SVG = "http://www.w3.org/2000/svg"
/** Where the page says the pictures of icons and of our own signs are: {icons, glyphs}. */
export const sprites = globalThis.document?.body?.dataset ?? { icons: "icons.svg", glyphs: "glyphs.svg" }

/** An element: h("a", {class: "x", href, onclick, hidden: true}, "text", child…). null, false and "" children are left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children)
}

/** The same in SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children)
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? "" : value)
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""))
  return element
}

export function icon(name, size = "") {
  return use(`${sprites.icons}#${name}`, size ? `icon icon--${size}` : "icon")
}

export function glyph(name, kind = "icon") {
  return use(`${sprites.glyphs}#${name}`, kind)
}

function use(href, kind) {
  return svg("svg", { class: kind, "aria-hidden": "true" }, svg("use", { href }))
}

export function setIcon(element, name) {
  element.querySelector("use").setAttribute("href", `${sprites.icons}#${name}`)
}

/** Writes text only when it differs: an unchanged node costs no layout. */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value)
}

/**
 * Makes the children of `parent` those of `items`, in order, moving and touching as few as can be, and leaves the focus where it is.
 *
 * @param {Element} parent
 * @param {object[]} items
 * @param {{key: (item) => string, create: (item) => Element, update?: (element, item) => void}} how
 */
export function keyed(parent, items, { key, create, update }) {
  const known = (parent.keyedElements ??= new Map())
  const wanted = new Set(items.map(key))
  for (const [id, element] of known) {
    if (wanted.has(id)) continue
    element.remove()
    known.delete(id)
  }
  const focused = document.activeElement
  let cursor = parent.firstElementChild
  for (const item of items) {
    const id = key(item)
    let element = known.get(id)
    if (element) update?.(element, item)
    else known.set(id, (element = create(item)))
    if (element === cursor) cursor = cursor.nextElementSibling
    else parent.insertBefore(element, cursor)
  }
  // An element that is moved loses the focus.
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true })
}
