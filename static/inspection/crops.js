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
    pictures.set(image.id, element.decode().then(() => element, () => null))
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

async function drawCrop(canvas, detection, image) {
  const element = await picture(image)
  if (!element || !canvas.isConnected) return
  const scale = element.naturalWidth / image.width_px
  const [x, y, side] = cropSquare(detection.bbox_px, image)
  const context = canvas.getContext("2d")
  context.imageSmoothingEnabled = side * scale > canvas.width
  context.drawImage(element, x * scale, y * scale, side * scale, side * scale, 0, 0, canvas.width, canvas.height)
}

/** Draws crops as they come into sight. */
export function lazyCrops(root) {
  return new IntersectionObserver((entries, observer) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      observer.unobserve(target)
      drawCrop(target, target.detection, target.image)
    }
  }, { root, rootMargin: "400px" })
}
