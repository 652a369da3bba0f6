import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { copied, lastDrawn } from "../../static/annotations/canvas/copying.js"
import { Drawing, toolFor } from "../../static/annotations/canvas/drawing.js"
import { dragged, gripOf, handlesOf, turnedBy, withoutCorner } from "../../static/annotations/canvas/handles.js"
import { bitmapOf, edgesOf, emptyBitmap, isSendable, maskOf, stroked } from "../../static/annotations/canvas/mask.js"
import { onNextDie, sidesOf } from "../../static/annotations/canvas/next_die.js"
import { frameOf } from "../../static/annotations/canvas/paint.js"
import { RegionFinder, TOLERANCES } from "../../static/annotations/canvas/region_finder.js"
import * as shapes from "../../static/annotations/canvas/shapes.js"
import { guidesOf, snapped } from "../../static/annotations/canvas/snapping.js"
import { SpatialIndex } from "../../static/annotations/canvas/spatial_index.js"

const size = { width_px: 200, height_px: 100 }
const BOX = { kind: "box", bbox_px: [50, 40, 30, 20] }
const TURNED = { kind: "rotated", center_px: [65, 50], size_px: [30, 20], angle_deg: 90 }
const OUTLINE = { kind: "polygon", points_px: [[10, 10], [40, 10], [40, 40], [10, 40]] }
const MASK = { kind: "mask", bbox_px: [4, 5, 2, 3], counts: [1, 4, 1] }
const POINT = { kind: "point", at_px: [7.5, 8.5] }
const near = (one, other, slack = 1e-6) => one.forEach((value, at) => assert.ok(Math.abs(value - other[at]) < slack, `${one} is not ${other}`))

describe("the box around a shape", () => {
  for (const [shape, box] of [[BOX, [50, 40, 30, 20]], [TURNED, [55, 35, 20, 30]], [OUTLINE, [10, 10, 30, 30]], [MASK, [4, 5, 2, 3]], [POINT, [7, 8, 1, 1]], [{ kind: "tag" }, [0, 0, 200, 100]]]) {
    test(shape.kind, () => near(shapes.boxOf(shape, size), box))
  }
  test("ends with the image", () => near(shapes.boxOf({ ...TURNED, center_px: [5, 50] }, size), [0, 35, 15, 30]))
})

describe("a shape that is moved", () => {
  for (const [shape, expected] of [[BOX, [170, 40]], [OUTLINE, [170, 10]], [MASK, [198, 5]], [POINT, [200, 8.5]]]) {
    test(`${shape.kind} stays in the image`, () => assert.deepEqual((shapes.moved(shape, [1000, 0], size).bbox_px ?? shapes.moved(shape, [1000, 0], size).at_px ?? shapes.moved(shape, [1000, 0], size).points_px[0]).slice(0, 2), expected))
  }
  test("with its middle elsewhere", () => assert.deepEqual(shapes.movedTo(BOX, [100, 50], size).bbox_px, [85, 40, 30, 20]))
})

describe("what a pointer takes hold of", () => {
  for (const [name, shape, point, expected] of [
    ["a corner of an outline", OUTLINE, [41, 11], "corner 1"], ["a side of it", OUTLINE, [25, 10.5], "side 0"], ["its inside", OUTLINE, [25, 25], "move"], ["what is beside it", OUTLINE, [80, 80], "new"],
    ["a corner of a turned box", TURNED, [75, 35], "nw"], ["what turns it", TURNED, [83, 50], "turn"], ["its inside", TURNED, [65, 50], "move"],
    ["a point", POINT, [9, 9], "move"], ["painted pixels", MASK, [5, 6], "new"],
  ]) test(`${name} of ${shape.kind}`, () => assert.equal(gripOf(shape, point, 4), expected))
  test("has a handle that turns above the upper side", () => near(handlesOf({ ...TURNED, angle_deg: 0 }, 5).at(-1), [65, 30]))
})

describe("dragging", () => {
  test("turns to where the handle goes, and stays upright near it", () => {
    assert.equal(dragged(TURNED, "turn", [0, 0], [65, 0], size).angle_deg, 0)
    assert.equal(dragged(TURNED, "turn", [0, 0], [115, 0], size).angle_deg, 45)
  })
  test("a corner of a turned box leaves the one across where it is", () => {
    const next = dragged({ ...TURNED, angle_deg: 30 }, "se", [0, 0], [100, 80], size)
    near(shapes.cornersOf(next)[0], shapes.cornersOf({ ...TURNED, angle_deg: 30 })[0], 0.01)
  })
  test("a corner of an outline, but not over another side", () => {
    assert.deepEqual(dragged(OUTLINE, "corner 0", [10, 10], [5, 6], size).points_px[0], [5, 6])
    assert.equal(dragged(OUTLINE, "corner 0", [10, 10], [60, 30], size), OUTLINE)
  })
  test("a side makes a corner", () => assert.deepEqual(dragged(OUTLINE, "side 0", [25, 10], [25, 2], size).points_px[1], [25, 2]))
  test("a corner that is taken away leaves three at least", () => {
    const three = withoutCorner(OUTLINE, 0)
    assert.equal(three.points_px.length, 3)
    assert.equal(withoutCorner(three, 0), three)
  })
  test("by keys it turns on beyond the half", () => assert.equal(turnedBy({ ...TURNED, angle_deg: 180 }, 1).angle_deg, -179))
})

describe("an outline", () => {
  test("crosses itself or does not", () => {
    assert.equal(shapes.crossing(OUTLINE.points_px), null)
    assert.deepEqual(shapes.crossing([[0, 0], [9, 9], [9, 0], [0, 5]]), [0, 2])
  })
  test("drawn in one go is its largest loop", () => {
    const loop = shapes.uncrossed([[0, 10], [50, 10], [50, 60], [5, 60], [5, 0]])
    assert.equal(shapes.crossing(loop), null)
    assert.ok(shapes.areaOf(loop) > 2000)
  })
  test("has fewer points when they lie on a line", () => assert.deepEqual(shapes.simplified([[0, 0], [5, 0.1], [10, 0], [10, 10], [0, 10]], 0.5), [[0, 0], [10, 0], [10, 10], [0, 10]]))
})

describe("painted pixels", () => {
  test("are the same after the way to run lengths and back", () => assert.deepEqual(maskOf(bitmapOf(MASK)), MASK))
  test("are round at both ends, and cut at the image's edge", () => {
    const mask = maskOf(stroked(emptyBitmap(), [0, 50], [20, 50], 4, { size }))
    assert.deepEqual(mask.bbox_px, [0, 46, 24, 8])
    assert.ok(isSendable(mask))
  })
  test("grow with the stroke and keep what was there", () => {
    const one = stroked(emptyBitmap(), [20, 50], [20, 50], 3, { size })
    assert.deepEqual(maskOf(stroked(one, [150, 50], [150, 50], 3, { size })).bbox_px, [17, 47, 136, 6])
  })
  test("can be taken away until nothing is left", () => {
    const one = stroked(emptyBitmap(), [20, 50], [30, 50], 3, { size })
    assert.equal(maskOf(stroked(one, [0, 50], [200, 50], 20, { erases: true, size })), null)
  })
})

test("a place snaps to what is near, and to nothing that is far", () => {
  const guides = guidesOf([[50, 40, 30, 20]], size)
  assert.deepEqual(snapped([78, 97.5], guides, 3), { point: [80, 100], lines: { x: 80, y: 100 } })
  assert.deepEqual(snapped([65, 30], guides, 3).lines, { x: null, y: null })
})

test("what is in sight is found without asking each, once, however large", () => {
  const index = new SpatialIndex([[0, 0, 5000, 5000], [300, 300, 10, 10], [900, 900, 5, 5]].map((box) => ({ box })), 256)
  assert.deepEqual(index.within([290, 290, 30, 30]).map(({ box }) => box[2]), [5000, 10])
})

describe("drawing", () => {
  const start = (mode = "missed", shape = null, more = {}) => {
    const said = []
    const drawing = new Drawing({ size: () => size, slackPx: () => 4, guides: () => guidesOf([], size), onChange: (_, one) => said.push(one), onHint: (text) => said.push(text), onScribble: (points) => said.push(points), onDraw() {}, ...more })
    drawing.begin(mode, shape)
    return { drawing, said }
  }
  const stroke = (drawing, ...points) => {
    drawing.press(points[0])
    for (const point of points.slice(1)) drawing.drag(point)
    drawing.release()
  }
  test("begins with the tool of what is there", () => assert.deepEqual([null, BOX, MASK, TURNED].map(toolFor), ["box", "box", "brush", "rotated"]))
  test("does nothing while nothing is drawn", () => assert.equal(start(null).drawing.press([1, 1]), false))
  test("begins with the brush that was in hand before, and paints", () => {
    const drawing = new Drawing({ size: () => size, slackPx: () => 4, guides: () => [], onChange() {}, onHint() {}, onScribble() {}, onDraw() {} })
    drawing.begin("missed", null, "brush")
    drawing.begin("redraw", MASK)
    assert.deepEqual([drawing.tool, drawing.erases], ["brush", false])
    drawing.setTool("brush")
    assert.ok(drawing.erases)
  })
  test("a box by a drag is one way back", () => {
    const { drawing } = start()
    stroke(drawing, [10, 10], [20, 20], [30, 40])
    assert.deepEqual(drawing.shape.bbox_px, [10, 10, 20, 30])
    assert.ok(drawing.undo())
    assert.equal(drawing.shape, null)
    assert.ok(drawing.redo())
    assert.deepEqual(drawing.box, [10, 10, 20, 30])
    assert.equal(drawing.redo(), false)
  })
  test("a box becomes one that can be turned", () => {
    const { drawing } = start("redraw", BOX)
    drawing.setTool("rotated")
    assert.deepEqual(drawing.shape, { kind: "rotated", center_px: [65, 50], size_px: [30, 20], angle_deg: 0 })
  })
  test("an outline by its corners is closed by the first, and each corner can be taken back", () => {
    const { drawing } = start()
    drawing.setTool("polygon")
    for (const point of [[10, 10], [40, 10], [90, 90], [40, 40]]) stroke(drawing, point)
    drawing.undo()
    stroke(drawing, [10, 40])
    drawing.undo()
    stroke(drawing, [40, 40])
    stroke(drawing, [11, 11])
    assert.deepEqual(drawing.shape.points_px, [[10, 10], [40, 10], [90, 90], [40, 40]])
  })
  test("an outline whose sides cross stays open, and says so", () => {
    const { drawing, said } = start()
    drawing.setTool("polygon")
    for (const point of [[10, 10], [60, 60], [60, 10], [10, 50]]) stroke(drawing, point)
    drawing.close()
    assert.match(said.at(-1), /cross/)
    assert.ok(drawing.open)
  })
  test("an outline in one go is closed when the hand leaves", () => {
    const { drawing } = start()
    drawing.setTool("polygon")
    const circle = Array.from({ length: 40 }, (_, at) => [100 + 30 * Math.cos((at * Math.PI) / 19), 50 + 30 * Math.sin((at * Math.PI) / 19)])
    stroke(drawing, ...circle)
    assert.equal(drawing.open, null)
    assert.ok(Math.abs(shapes.areaOf(drawing.shape.points_px) - Math.PI * 900) < 200)
  })
  test("a brush paints, erases, and takes strokes back one by one", () => {
    const { drawing } = start()
    drawing.setTool("brush")
    stroke(drawing, [50, 50], [60, 50])
    const painted = drawing.shape
    drawing.setTool("brush")
    assert.ok(drawing.erases)
    stroke(drawing, [60, 50])
    assert.notDeepEqual(drawing.shape, painted)
    drawing.undo()
    assert.deepEqual(drawing.shape, painted)
  })
  test("a point is where it was tapped, and can be dragged", () => {
    const { drawing } = start()
    drawing.setTool("point")
    stroke(drawing, [10, 10], [12, 13])
    assert.deepEqual(drawing.shape, { kind: "point", at_px: [12, 13] })
  })
  test("the whole image is meant by its tool alone", () => {
    const { drawing } = start()
    drawing.setTool("tag")
    assert.deepEqual(drawing.shape, { kind: "tag" })
  })
  test("nudges in a row are one way back", () => {
    const { drawing } = start("redraw", BOX)
    for (let n = 0; n < 3; n += 1) drawing.nudge([1, 0])
    drawing.grow([0, 1])
    drawing.undo()
    assert.deepEqual(drawing.shape.bbox_px, [53, 40, 30, 20])
    drawing.undo()
    assert.equal(drawing.shape, BOX)
  })
  test("escape lets go of what is begun, and says whether there was anything", () => {
    const { drawing } = start()
    drawing.setTool("polygon")
    stroke(drawing, [10, 10])
    assert.deepEqual([drawing.cancel(), drawing.open, drawing.cancel()], [true, null, false])
  })
  test("a scribble is asked about, and draws nothing itself", () => {
    const { drawing, said } = start()
    drawing.setTool("smart")
    stroke(drawing, [10, 10], [20, 20], [30, 30])
    assert.equal(said.at(-1).length, 3)
    assert.equal(drawing.shape, null)
  })
})

describe("finding a region", () => {
  const start = (answers) => {
    const [asked, hints] = [[], []]
    const drawing = { mode: "missed", tool: "smart", shape: null, put(shape) { this.shape = shape } }
    const finder = new RegionFinder(drawing, { image: () => ({ id: "i1" }), onHint: (text) => hints.push(text), onChange() {}, send: (id, body) => { asked.push(body); return answers.shift() } })
    return { finder, drawing, asked, hints }
  }
  test("asks with the scribble, and draws what is found", async () => {
    const { finder, drawing, asked } = start([[{ shape: OUTLINE }, null]])
    await finder.find([[1, 1], [20, 30], [40, 10]])
    assert.deepEqual([drawing.shape, asked[0].how, asked[0].scribble_px.length], [OUTLINE, "scribble", 3])
  })
  test("asks again when it is to be wider", async () => {
    const { finder, asked } = start([[{ shape: OUTLINE }, null], [{ shape: MASK }, null]])
    await finder.find([[5, 5]])
    assert.ok(finder.tune(1))
    assert.deepEqual(asked.map(({ tolerance }) => tolerance), [TOLERANCES[3], TOLERANCES[4]])
    assert.equal(asked[0].how, "tap")
  })
  test("of two questions takes the later answer, whichever comes last", async () => {
    let first
    const { finder, drawing } = start([new Promise((resolve) => { first = resolve }), [{ shape: MASK }, null]])
    const slow = finder.find([[5, 5]])
    await finder.find([[6, 6]])
    first([{ shape: OUTLINE }, null])
    await slow
    assert.equal(drawing.shape, MASK)
  })
  test("without a line says what to do instead", async () => {
    const { finder, hints } = start([[null, { status: 0, message: "" }]])
    await finder.find([[5, 5]])
    assert.match(hints[0], /paint it/)
  })
})

describe("the last shape once more", () => {
  const task = (id, image, wafer = "w") => ({ id, wafer: { id: wafer }, image: { id: image, ...size }, bbox_px: [100, 50, 10, 10] })
  const tasks = new Map([task("a", "i1"), task("b", "i2"), task("c", "i3", "other")].map((one) => [one.id, one]))
  const decided = { kind: "decide", task: "a", said: { verdict: "defect", bbox_px: [10, 10, 30, 30], shape: OUTLINE } }
  const missed = { kind: "missed", task: "a", bbox_px: [50, 40, 30, 20], shape: null }
  test("is the last that was drawn, not the last that was confirmed", () => {
    assert.equal(lastDrawn([decided, { kind: "decide", task: "b", said: { verdict: "defect" } }], tasks).shape, OUTLINE)
    assert.equal(lastDrawn([], tasks), null)
  })
  test("lies around the defect on the screen", () => assert.deepEqual(shapes.boxOf(copied(lastDrawn([decided], tasks), { task: tasks.get("b"), isMissed: false }).shape, size), [90, 40, 30, 30]))
  test("of something missed lies at the same place of the wafer's next image", () => assert.deepEqual(copied(lastDrawn([missed], tasks), { task: tasks.get("b"), isMissed: true }).shape, BOX))
  test("on the same image lies beside it", () => assert.deepEqual(copied(lastDrawn([missed], tasks), { task: tasks.get("a"), isMissed: true }).shape.bbox_px, [84, 40, 30, 20]))
  test("on another wafer is none, and it says why", () => assert.match(copied(lastDrawn([missed], tasks), { task: tasks.get("c"), isMissed: true }).why, /another wafer/))
})

describe("a copy on the next die", () => {
  const copy = (how = {}, shape = BOX) => onNextDie({ shape }, { pitch: [60, 45], size, ...how })
  test("lies one pitch further, on the side that is asked for", () => {
    assert.deepEqual([copy({ side: "ArrowRight" }).shape.bbox_px, copy({ side: "ArrowRight" }, OUTLINE).shape.points_px[0]], [[110, 40, 30, 20], [70, 10]])
  })
  test("goes round the sides where there is room", () => {
    assert.deepEqual(sidesOf({ ...BOX, bbox_px: [70, 40, 30, 15] }, [60, 45], size), ["ArrowRight", "ArrowDown", "ArrowLeft"])
    assert.deepEqual([copy().side, copy({ pitch: [40, 40], after: "ArrowRight" }).side, copy({ pitch: [40, 40], after: "ArrowUp" }).side], ["ArrowRight", "ArrowDown", "ArrowRight"])
  })
  for (const [name, how, shape, why] of [
    ["where the pitch is not known", { pitch: null }, BOX, /not known/], ["where no other die is on the image", { pitch: [6000, 5000] }, BOX, /6000 × 5000 px apart/],
    ["beyond the image", { side: "ArrowUp" }, BOX, /beyond this image/], ["of what is meant as a whole", {}, { kind: "tag" }, /beyond this image/],
  ]) test(`is none ${name}`, () => assert.match(copy(how, shape).why, why))
  test("is none where nothing was drawn", () => assert.match(onNextDie(null, { pitch: [60, 45], size }).why, /Nothing was drawn/))
})

describe("the edge of painted pixels", () => {
  const edges = (rows) => edgesOf(Uint8Array.from(rows.join("").split("").map(Number)), rows[0].length, rows.length)
  test("goes round them, each side one line", () => assert.deepEqual(edges(["00", "11"]), [[[0, 1], [2, 1]], [[0, 2], [2, 2]], [[0, 1], [0, 2]], [[2, 1], [2, 2]]]))
  test("goes round what is left out of them", () => assert.equal(edges(["111", "101", "111"]).length, 8))
  test("is none of nothing", () => assert.deepEqual(edges(["00"]), []))
})

describe("what is meant as a whole", () => {
  test("has its frame at the image's edge while that is seen", () => assert.deepEqual(frameOf(size, { x: 20, y: 30, scale: 2 }, [800, 600]), [20, 30, 400, 200]))
  test("has it at the edge of the screen, however near one looks", () => assert.deepEqual(frameOf(size, { x: -500, y: 100, scale: 10 }, [800, 600]), [8, 100, 784, 492]))
})
