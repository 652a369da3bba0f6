import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as geometry from "../../static/inspection/wafer_geometry.js"

const wafer = { diameterUm: 300_000, edgeExclusionUm: 3_000, pitchUm: [8000, 6000], centreUm: [4000, 3000] }
const image = { origin_um: [1000, 2000], pixel_um: 0.5, width_px: 200, height_px: 100 }

describe("dies", () => {
  for (const [name, place, die] of [["the centre is in die 0, 0", [0, 0], [0, 0]], ["one pitch right is one column on", [8000, 0], [1, 0]], ["left of and below it they are negative", [-4001, -3001], [-1, -1]]])
    test(name, () => assert.deepEqual(geometry.dieAt(place, wafer), die))
  test("a die's box has its place inside", () => assert.deepEqual(geometry.dieBox([0, 0], wafer), [-4000, -3000, 8000, 6000]))
  test("a die beyond the rim is not on the wafer", () => {
    assert.ok(geometry.isDieOnWafer([19, 0], wafer))
    assert.ok(!geometry.isDieOnWafer([20, 0], wafer))
  })
  test("grid lines stay on the wafer", () => {
    const [xs, ys] = geometry.gridLines(wafer)
    assert.ok([...xs, ...ys].every((at) => Math.abs(at) <= 150_000))
    assert.equal(xs.length, 38)
  })
})

describe("zones", () => {
  for (const [x, zone] of [[0, "centre"], [100_000, "middle"], [140_000, "edge"], [148_000, "edge exclusion"], [151_000, "outside"]])
    test(`${x} µm from the centre is ${zone}`, () => assert.equal(geometry.zoneAt([x, 0], wafer), zone))
})

describe("pictures on the wafer", () => {
  test("the first pixel is the origin", () => assert.deepEqual(geometry.pxToUm([0, 0], image), [1000, 2000]))
  test("down in the picture is down on the wafer", () => assert.deepEqual(geometry.pxToUm([20, 10], image), [1010, 1995]))
  test("an unknown place stays unknown", () => assert.equal(geometry.pxToUm([0, 0], { ...image, origin_um: null }), null))
  test("the field of view hangs down from its origin", () => assert.deepEqual(geometry.fieldOfView(image), [1000, 1950, 100, 50]))
})

describe("the scale bar", () => {
  for (const [umPerPx, um] of [[1, 100], [0.5, 50], [2, 200], [0.013, 2], [100, 10_000]]) test(`at ${umPerPx} µm a pixel shows ${um} µm`, () => assert.equal(geometry.scaleBar(umPerPx, 160).um, um))
  test("says nothing without a scale", () => assert.equal(geometry.scaleBar(Number.NaN), null))
})

describe("marks on the map", () => {
  const point = (x, y, item) => ({ x, y, item })
  test("close ones are one mark", () => {
    const marks = geometry.clustered([point(0, 0, "a"), point(3, 0, "b"), point(50, 0, "c")], 10)
    assert.deepEqual(marks.map(({ items }) => items), [["a", "b"], ["c"]])
  })
  test("close ones across a cell's border too", () => assert.equal(geometry.clustered([point(9.9, 0, "a"), point(10.1, 0, "b")], 10).length, 1))
})

describe("pointing at a box", () => {
  const boxes = [{ id: "large", bbox_px: [0, 0, 100, 100] }, { id: "small", bbox_px: [40, 40, 10, 10] }]
  test("finds the smallest", () => assert.equal(geometry.boxAt(boxes, [45, 45]).id, "small"))
  test("finds what is around", () => assert.equal(geometry.boxAt(boxes, [5, 5]).id, "large"))
  test("finds nothing outside", () => assert.equal(geometry.boxAt(boxes, [150, 5]), null))
})

describe("a place in words", () => {
  test("is in millimetres to the µm", () => assert.equal(geometry.placeText([32_424.4, -16_654.2]), "x\u00a032.424, y\u00a0-16.654\u00a0mm"))
  test("is as coarse as the map", () => assert.equal(geometry.placeText([32_424.4, -16_654.2], 2), "x\u00a032.42, y\u00a0-16.65\u00a0mm"))
})

describe("what to look at to see a defect", () => {
  test("is its box with some of what is around it", () => assert.deepEqual(geometry.surroundings([300, 400, 120, 50]), [258, 323, 204, 204]))
  test("is never so little that nobody knows where it is", () => assert.deepEqual(geometry.surroundings([100, 200, 4, 2]), [72, 171, 60, 60]))
})
