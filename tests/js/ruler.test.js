import assert from "node:assert/strict"
import { beforeEach, describe, test } from "node:test"
import { Ruler } from "../../static/inspection/ruler.js"

describe("the ruler by keys", () => {
  const image = { first: [[10, 20], [40, 20]], widthPx: 100, heightPx: 50 }
  let ruler
  beforeEach(() => {
    ruler = new Ruler()
    ruler.toggle()
    ruler.moveEnd(1, [1, 0], image)
  })

  test("is laid down by the first press", () => assert.equal(ruler.text(0.5), "15.0 µm"))
  test("moves one end and leaves the other", () => {
    ruler.moveEnd(1, [8, 0], image)
    ruler.moveEnd(0, [0, 5], image)
    assert.deepEqual(ruler.line, [[10, 25], [48, 20]])
  })
  test("stays inside the image", () => {
    ruler.moveEnd(1, [500, 500], image)
    ruler.moveEnd(0, [-500, -500], image)
    assert.deepEqual(ruler.line, [[0, 0], [100, 50]])
  })
  test("goes on from where it was dragged", () => {
    ruler.press([5, 5])
    ruler.drag([9, 5])
    ruler.release()
    ruler.moveEnd(1, [1, 0], image)
    assert.deepEqual(ruler.line, [[5, 5], [10, 5]])
  })
  test("is laid down anew after it was put away", () => {
    ruler.toggle()
    ruler.toggle()
    ruler.moveEnd(0, [0, 5], image)
    assert.deepEqual(ruler.line, image.first)
  })
})
