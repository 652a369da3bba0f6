/** Small pictures of detections, cut from each image's display picture, which is fetched once. */

const CONTEXT = 1.9
const LEAST_PX = 40
const pictures = new Map()

/** The display picture of an image, fetched once; null where it cannot be had. */
export function picture(image) {
  if (!pictures.has(image.id)) {
    const element = new Image()
    element.decoding = "async"
    element.src = image.view
    // What could not be had is asked for anew the next time.
    pictures.set(image.id, element.decode().then(() => element, () => { pictures.delete(image.id); return null }))
  }
  return pictures.get(image.id)
}

/** The square of the image around a box, kept inside it: [x, y, side] in image pixels. */
export function cropSquare([x, y, width, height], image) {
  const side = Math.min(Math.max(Math.max(width, height) * CONTEXT, LEAST_PX), image.width_px, image.height_px)
  const left = Math.min(Math.max(0, x + width / 2 - side / 2), image.width_px - side)
  const top = Math.min(Math.max(0, y + height / 2 - side / 2), image.height_px - side)
  return [left, top, side]
}

/**
 * The part of an image around a box, as large as the canvas.
 *
 * @returns {Promise<?{x: number, y: number, scale: number}>} where the image's corner is on the canvas, in its pixels; null
 *   where the picture cannot be had
 */
export async function drawCrop(canvas, image, around) {
  const element = await picture(image)
  if (!element) return null
  const share = element.naturalWidth / image.width_px
  const [x, y, side] = cropSquare(around, image)
  const context = canvas.getContext("2d")
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingEnabled = side * share > canvas.width
  context.drawImage(element, x * share, y * share, side * share, side * share, 0, 0, canvas.width, canvas.height)
  const scale = canvas.width / side
  return { x: -x * scale, y: -y * scale, scale }
}

/** Draws crops as they come into sight. */
export function lazyCrops(root) {
  return new IntersectionObserver((entries, observer) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      observer.unobserve(target)
      drawCrop(target, target.image, target.detection.bbox_px)
    }
  }, { root, rootMargin: "400px" })
}
