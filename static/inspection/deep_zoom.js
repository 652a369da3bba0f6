/** The image under deep zoom, with a canvas of our own on top. Wraps OpenSeadragon so that nothing else knows it. */
import { surroundings } from "./wafer_geometry.js"

const { OpenSeadragon } = globalThis
const MAX_ZOOM_RATIO = 24

/**
 * OpenSeadragon adds an inline <style> unless it finds one with this mark, and our policy refuses inline styles. An element
 * of that name which is no HTML keeps it from trying; its only rule is in wafer.css.
 */
function keepInlineStyleAway() {
  const stand = document.createElementNS("urn:waferdeck", "style")
  stand.setAttribute("data-openseadragon-mobile-css", "true")
  document.head.append(stand)
}

export class DeepZoom {
  /**
   * @param {HTMLElement} element
   * @param {{onClick, onMove, onLeave, onPress, onDrag, onRelease, onDraw, onFailed, isDrawing?}} hooks in image pixels
   * @param {object} options of OpenSeadragon that differ from those below
   */
  constructor(element, hooks, options = {}) {
    this.hooks = hooks
    this.image = null
    // Whether the plain picture stands in for the tiles, and whether that is away as well.
    this.isPlain = false
    this.isMissing = false
    // Whether the whole image is in sight because nobody has moved it: then it stays so when its place changes size.
    this.isWhole = true
    keepInlineStyleAway()
    this.viewer = OpenSeadragon({
      element, drawer: "canvas", showNavigationControl: false, tabIndex: -1, animationTime: 0.3, springStiffness: 9, blendTime: 0.1,
      maxZoomPixelRatio: MAX_ZOOM_RATIO, minZoomImageRatio: 0.7, visibilityRatio: 0.35, immediateRender: true, imageSmoothingEnabled: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false }, gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false }, ...options,
    })
    this.canvas = document.createElement("canvas")
    this.canvas.className = "viewer__overlay"
    this.viewer.canvas.append(this.canvas)
    this.#listen()
  }

  #listen() {
    const { viewer, hooks } = this
    viewer.addHandler("update-viewport", () => hooks.onDraw())
    // The viewer sets its old view after this event, so ours comes with the next frame.
    viewer.addHandler("resize", () => { hooks.onDraw(); if (this.isWhole) requestAnimationFrame(() => this.showWhole(true)) })
    for (const name of ["canvas-scroll", "canvas-pinch", "pan", "zoom"]) viewer.addHandler(name, ({ immediately }) => { if (!immediately) this.isWhole = false })
    viewer.addHandler("open", () => hooks.onDraw())
    viewer.addHandler("open-failed", () => this.#openWhole())
    // The page has keys of its own.
    viewer.addHandler("canvas-key", (event) => { event.preventDefaultAction = true })
    viewer.addHandler("canvas-click", (event) => { if (event.quick) hooks.onClick(this.toImage(event.position)) })
    // Two quick taps while something is drawn are two corners.
    viewer.addHandler("canvas-double-click", (event) => { if (!hooks.isDrawing?.()) this.zoomAt(event.position, 2) })
    for (const [name, hook] of [["canvas-press", "onPress"], ["canvas-drag", "onDrag"], ["canvas-release", "onRelease"]]) {
      viewer.addHandler(name, (event) => { if (hooks[hook](this.toImage(event.position))) event.preventDefaultAction = true })
    }
    viewer.canvas.addEventListener("pointermove", (event) => {
      const box = viewer.canvas.getBoundingClientRect()
      hooks.onMove(this.toImage(new OpenSeadragon.Point(event.clientX - box.left, event.clientY - box.top)))
    })
    viewer.canvas.addEventListener("pointerleave", () => hooks.onLeave())
  }

  /** Shows an image of the run; the view starts over, as it is another place. */
  open(image) {
    if (image.id === this.image?.id) return
    this.image = image
    this.isPlain = false
    this.isMissing = false
    this.isWhole = true
    this.viewer.open(image.tiles)
  }

  /** Tiles are away: the plain picture shows the same, with less to zoom into. */
  #openWhole() {
    if (!this.image) return
    if (this.isPlain) {
      this.isMissing = true
      this.hooks.onFailed()
      return
    }
    this.isPlain = true
    this.viewer.open({ type: "image", url: this.image.view })
  }

  get item() { return this.viewer.world.getItemAt(0) }

  /** Pixels of the image per pixel of the screen, and where its corner is. */
  placement() {
    if (!this.item || !this.image) return null
    const corner = this.item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0))
    const far = this.item.imageToViewerElementCoordinates(new OpenSeadragon.Point(this.item.getContentSize().x, 0))
    return { x: corner.x, y: corner.y, scale: (far.x - corner.x) / this.image.width_px }
  }

  toImage(point) {
    const place = this.placement()
    return place && [(point.x - place.x) / place.scale, (point.y - place.y) / place.scale]
  }

  fit() {
    this.showWhole(false)
    this.isWhole = true
  }

  showWhole(immediately) {
    this.viewer.viewport?.goHome(immediately)
  }

  /** Moves what is seen by shares of it, to the right and down. */
  panBy(right, down) {
    const { width, height } = this.viewer.viewport.getBounds()
    this.viewer.viewport.panBy(new OpenSeadragon.Point(right * width, down * height))
    this.viewer.viewport.applyConstraints()
  }

  zoomBy(factor) {
    this.viewer.viewport.zoomBy(factor)
    this.viewer.viewport.applyConstraints()
  }

  zoomAt(position, factor) {
    this.viewer.viewport.zoomBy(factor, this.viewer.viewport.pointFromPixel(position))
    this.viewer.viewport.applyConstraints()
  }

  /** Brings a box to the middle, with its surroundings. */
  zoomTo(box) {
    const go = () => {
      const content = this.item.getContentSize().x / this.image.width_px
      this.viewer.viewport.fitBounds(this.item.imageToViewportRectangle(...surroundings(box).map((at) => at * content)))
    }
    if (this.item) go()
    else this.viewer.addOnceHandler("open", go)
  }

  /** Moves a box into sight without changing the zoom; does nothing where it is in sight. */
  show([x, y, width, height]) {
    if (!this.item) return
    const content = this.item.getContentSize().x / this.image.width_px
    const centre = this.item.imageToViewportCoordinates((x + width / 2) * content, (y + height / 2) * content)
    if (!this.viewer.viewport.getBounds().containsPoint(centre)) this.viewer.viewport.panTo(centre)
  }

  /** Brightness and contrast of what is shown; the pixels stay as they are. */
  setLevels({ brightness, contrast }) {
    const isPlain = brightness === 1 && contrast === 1
    this.viewer.drawer.canvas.style.filter = isPlain ? "" : `brightness(${brightness}) contrast(${contrast})`
  }
}
