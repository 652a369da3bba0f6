/**
 * The picture of the task on the screen, with those of the next ones below it, unseen and ready. All lie in one world with their
 * defects in its middle: to go on is to raise another picture, and the view stays where it is.
 */
import { DeepZoom } from "../inspection/deep_zoom.js"
import { surroundings } from "../inspection/wafer_geometry.js"
import { isSameView, viewFor } from "./review_view.js"

const { OpenSeadragon } = globalThis
/** Image pixels per unit of the world: sizes near one keep OpenSeadragon's arithmetic exact. */
const UNIT_PX = 1000
/** Up to this size the plain picture is the image itself, and one file is sooner here than its tiles. */
const PLAIN_PX = 2048
const LEAVE_MS = 4000
const OPTIONS = { preserveViewport: true, blendTime: 0, visibilityRatio: 0, minZoomImageRatio: 0.3, alwaysBlend: false }

const middle = ([x, y, width, height]) => [x + width / 2, y + height / 2]

export class ReviewZoom extends DeepZoom {
  #pictures = new Map()
  #kept = null
  #applied = null
  #isAwaited = false
  #task = null

  /** @param {{onPainted: (task: object) => void}} hooks beside those of the deep zoom */
  constructor(element, hooks) {
    super(element, hooks, OPTIONS)
    this.isWhole = false
    this.viewer.addHandler("tiled-image-drawn", ({ tiledImage, tiles }) => { if (this.#isAwaited && tiledImage === this.item && tiles.length) this.#painted() })
  }

  get item() { return this.#pictures.get(this.#task?.id)?.item ?? null }

  /** Whether the picture of the task is on the screen. */
  get isPainted() { return Boolean(this.#task) && !this.#isAwaited && !this.isMissing }

  #painted() {
    const task = this.#task
    this.#isAwaited = false
    requestAnimationFrame(() => { if (task === this.#task) this.hooks.onPainted(task) })
  }

  /** Makes the pictures of these tasks ready, and lets go of all others. */
  prepare(tasks) {
    const wanted = new Set(tasks.map(({ id }) => id))
    for (const [id, picture] of this.#pictures) if (!wanted.has(id)) this.#remove(id, picture)
    for (const task of tasks) if (!this.#pictures.has(task.id)) this.#put(task)
  }

  /** Parts of it may still be on their way, and would find nothing where they belong. */
  #remove(id, { item }) {
    this.#pictures.delete(id)
    if (!item) return
    item.setPreload(false)
    setTimeout(() => this.viewer.world.removeItem(item), LEAVE_MS)
  }

  #put(task, isPlain = Math.max(task.image.width_px, task.image.height_px) <= PLAIN_PX) {
    const { image } = task
    const [x, y] = middle(task.bbox_px)
    const picture = { item: null, isMissing: false }
    this.#pictures.set(task.id, picture)
    this.viewer.addTiledImage({
      tileSource: isPlain ? { type: "image", url: image.view } : image.tiles,
      x: -x / UNIT_PX, y: -y / UNIT_PX, width: image.width_px / UNIT_PX, opacity: 0, preload: true,
      success: ({ item }) => this.#added(task, picture, item),
      error: () => this.#failed(task, picture, isPlain),
    })
  }

  #added(task, picture, item) {
    // It may have been let go of while it was on its way.
    if (this.#pictures.get(task.id) !== picture) return this.viewer.world.removeItem(item)
    picture.item = item
    if (task.id === this.#task?.id) this.#raise()
    return undefined
  }

  /** Tiles that are away are stood in for by the plain picture; a plain one that is away is missing. */
  #failed(task, picture, isPlain) {
    if (this.#pictures.get(task.id) !== picture) return
    this.#pictures.delete(task.id)
    if (!isPlain) return this.#put(task, true)
    this.#pictures.set(task.id, { item: null, isMissing: true })
    if (task.id === this.#task?.id) this.#raise()
  }

  /** Asks once more for pictures that could not be had. */
  retry() {
    const missing = [...this.#pictures].filter(([, { isMissing }]) => isMissing).map(([id]) => id)
    for (const id of missing) this.#pictures.delete(id)
    return missing.length > 0
  }

  /** Raises the picture of a task, seen as the one before was. Null: nothing is shown. */
  showTask(task) {
    this.#keepView()
    for (const { item } of this.#pictures.values()) item?.setOpacity(0)
    this.#task = task
    this.image = task?.image ?? null
    this.isMissing = false
    this.#isAwaited = Boolean(task)
    if (!task) return this.hooks.onDraw()
    if (!this.#pictures.has(task.id)) this.#put(task)
    this.#raise()
    return this.viewer.forceRedraw()
  }

  #raise() {
    const { item, isMissing } = this.#pictures.get(this.#task.id)
    this.isMissing = isMissing
    if (isMissing) return this.hooks.onFailed()
    if (!item) return this.hooks.onDraw()
    item.setOpacity(1)
    this.viewer.world.setItemIndex(item, this.viewer.world.getItemCount() - 1)
    if (this.isWhole) this.showWhole(true)
    else this.#setView(viewFor(this.#kept, this.#task.bbox_px, this.#size, Math.max(this.image.width_px, this.image.height_px)))
    return undefined
  }

  // The view ------------------------------------------------------------------------------------------------------------

  get #size() {
    const { clientWidth, clientHeight } = this.viewer.container
    return [clientWidth, clientHeight]
  }

  get #view() {
    const { x, y, width, height } = this.viewer.viewport.getBounds()
    return { scale: this.#size[0] / (width * UNIT_PX), offset: [(x + width / 2) * UNIT_PX, (y + height / 2) * UNIT_PX] }
  }

  #setView({ scale, offset }) {
    const [width, height] = this.#size.map((px) => px / (scale * UNIT_PX))
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(offset[0] / UNIT_PX - width / 2, offset[1] / UNIT_PX - height / 2, width, height), true)
    this.#applied = { scale, offset }
  }

  /** What a person has chosen is kept; what was chosen for one defect alone, because it would not fit, is not. */
  #keepView() {
    if (!this.item || this.isWhole) return
    const seen = this.#view
    if (!isSameView(seen, this.#applied)) this.#kept = seen
    else this.#kept ??= seen
  }

  showWhole(immediately) {
    if (this.item) this.viewer.viewport.fitBounds(this.item.getBounds(), immediately)
  }

  /** Back to the defect: in the middle, with what is around it. */
  toDefect(box) {
    this.isWhole = false
    const [x, y, width, height] = surroundings(box)
    const least = 96
    const side = Math.max(width, height, least)
    const [left, top] = middle(this.#task.bbox_px)
    const at = [x + width / 2 - left - side / 2, y + height / 2 - top - side / 2]
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(at[0] / UNIT_PX, at[1] / UNIT_PX, side / UNIT_PX, side / UNIT_PX))
  }
}
