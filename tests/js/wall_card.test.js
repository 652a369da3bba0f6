import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { asStanding } from "../../static/inspection/standing.js"
import { makersText, shortened, shownPart, whyText } from "../../static/inspection/wall_card.js"

describe("who made and judged a card", () => {
  test("is the model's version and the tool", () => assert.equal(makersText({ version: "1.1.0", tool: "BF-01" }), "v1.1.0 · BF-01"))
  test("names the fallback where it judged", () => assert.equal(makersText({ version: "1.0.0", degraded: true, tool: null }), "v1.0.0 · fallback · by hand"))
  test("is the tool alone before anything is judged", () => assert.equal(makersText({ version: null, tool: "SEM-01" }), "SEM-01"))
})

describe("why a card says what it says", () => {
  const blank = { state: "done", verdict: "review", band: "review", why: "The image is blown out.", counts_by_class: {}, counts_by_severity: {}, detection_count: 0, under_way: 0, images: 1, picture: null }
  const card = (standing) => asStanding({ run: "r1", standing: { ...blank, ...standing }, image: null, boxes: [] })

  test("is what is wrong with its image", () => assert.equal(whyText(card({})), "The image is blown out."))
  test("is not what other images wait for, once the verdict is known", () => assert.equal(whyText(card({ verdict: "reject", band: "reject", state: "queued", why: "Triton does not answer", under_way: 1 })), "1 image under way"))
  test("is nothing where nothing is wrong", () => assert.equal(whyText(card({ why: "" })), ""))
})

describe("the part of a picture that a card shows", () => {
  const W = 1000
  const H = 800
  /** Where a box begins and ends on a card that shows `share` of that side of the picture, as shares of the card. */
  const seen = (start, size, whole, share, before) => [start, start + size].map((at) => (at / whole - before * (1 - share)) / share)

  for (const [name, box] of [["left", [0, 300, 90, 80]], ["right", [920, 300, 80, 80]], ["above", [400, 0, 80, 60]], ["below", [400, 745, 80, 55]], ["off the middle", [730, 560, 120, 90]]])
    test(`has the gravest box whole, ${name}, whether it is cut upright or flat`, () => {
      const [left, above] = shownPart([[10, 10, 50, 50, "pit", "minor"], [...box, "crack", "critical"]], W, H)
      for (const [from, to] of [seen(box[0], box[2], W, 0.4, left), seen(box[1], box[3], H, 0.4, above)]) assert.ok(from >= -1e-9 && to <= 1 + 1e-9, `${from} to ${to}`)
    })
  test("is the middle where there is no box", () => assert.deepEqual(shownPart([], W, H), [0.5, 0.5]))
  test("is the middle of the side that a box fills", () => assert.equal(shownPart([[0, 0, W, 100, "scratch", "major"]], W, H)[0], 0.5))
})

describe("a name on a card", () => {
  for (const [name, expected] of [
    ["W12", "W12"], ["die_0042_ref.tiff", "die_0042_ref.tiff"], ["770000212_top_left.png", "770000212_top_left"],
    ["20085075_line4_station7_frame_000123.png", "20085075_…e_000123"],
  ]) test(`${name}: ${expected}`, () => assert.equal(shortened(name), expected))
  test("tells files of one series apart", () => assert.notEqual(shortened("a_long_series_of_images_0001.png"), shortened("a_long_series_of_images_0002.png")))
})
