import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { paintMany } from "../../static/annotations/canvas/paint_many.js"
import { Sheet, TILE_PX } from "../../static/annotations/canvas/sheet.js"

// Older than the browsers that we work for.
Map.groupBy ??= (items, keyOf) => items.reduce((map, item) => map.set(keyOf(item), [...(map.get(keyOf(item)) ?? []), item]), new Map())

const VIEW = [2 * TILE_PX, TILE_PX]
const HERE = { x: 0, y: 0, scale: 1 }
const never = () => false

/** A sheet of which each tile takes two rests to paint. */
function made(scale = 1) {
  const painted = []
  const flushed = []
  const sheet = new Sheet(scale, {
    ratio: 1, canvasOf: (sidePx) => ({ sidePx, getContext: () => ({ setTransform() {} }) }), flush: (canvas) => flushed.push(canvas),
    paint: function* (context, box, place) { painted.push({ box, place }); yield; yield },
  })
  return { sheet, painted, flushed }
}

/** Time for so many rests. */
function budget(rests) {
  let left = rests
  return () => (left -= 1) < 0
}

const laid = (sheet, place, view = VIEW) => {
  const rects = []
  sheet.lay({ drawImage: (_, ...rect) => rects.push(rect) }, place, view)
  return rects.sort((a, b) => a[0] - b[0])
}

describe("a sheet", () => {
  test("paints no longer than its time, and goes on where it was", () => {
    const { sheet, painted } = made()
    assert.deepEqual([sheet.paint(HERE, VIEW, budget(2)), painted.length, sheet.shows(HERE, VIEW)], [false, 1, false])
    assert.equal(sheet.paint(HERE, VIEW, budget(4)), false)
    assert.deepEqual([painted.length, sheet.shows(HERE, VIEW), laid(sheet, HERE).length], [2, true, 2])
  })
  test("paints what is in sight before what is around it, and each once", () => {
    const { sheet, painted } = made()
    assert.equal(sheet.paint(HERE, VIEW, never), true)
    assert.equal(painted.length, 4 * 3)
    assert.ok(painted.slice(0, 2).every(({ place: { y } }) => y === 0))
    sheet.paint({ ...HERE, x: -20 }, VIEW, never)
    assert.equal(painted.length, 5 * 3)
  })
  test("asks for what lies in a tile, with the reach of its lines", () => {
    const { sheet, painted } = made(2)
    sheet.paint({ ...HERE, scale: 2 }, [10, 10], budget(1))
    assert.deepEqual(painted[0], { box: [-8, -8, TILE_PX / 2 + 16, TILE_PX / 2 + 16], place: { x: 0, y: 0, scale: 2 } })
  })
  test("has what it painted carried out at each rest, so that no frame has to do all of it", () => {
    const { sheet, flushed } = made()
    sheet.paint(HERE, [TILE_PX, TILE_PX], budget(3))
    assert.equal(flushed.length, 3)
  })
  test("lies without a seam where the picture moved by parts of pixels, or is scaled", () => {
    const { sheet } = made()
    sheet.paint(HERE, VIEW, never)
    for (const place of [{ x: -3.4, y: 0.6, scale: 1 }, { x: 0.3, y: 0, scale: 0.83 }]) {
      const [first, second] = laid(sheet, place, [300, 100]).filter(([, top]) => top > -50)
      assert.equal(first[0] + first[2], second[0])
      assert.ok(Number.isInteger(second[0]))
    }
  })
})

describe("many shapes", () => {
  test("are painted some at a time, whatever they look like", () => {
    const boxes = []
    const context = { setLineDash() {}, strokeRect: (...box) => boxes.push(box), fillRect() {} }
    const items = Array.from({ length: 10 }, (_, at) => ({ shape: { kind: "box" }, box: [at, 0, 50, 50], colour: at % 5 ? "red" : "blue" }))
    const rests = []
    for (const _ of paintMany(context, items, HERE, { size: {}, rim: "black" }, 4)) rests.push(boxes.length / 2)
    assert.deepEqual([rests, boxes.length], [[6, 10], 20])
  })
})
