import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { makersText } from "../../static/inspection/wall_card.js"

describe("who made and judged a card", () => {
  test("is the model's version and the tool", () => assert.equal(makersText({ version: "1.1.0", tool: "BF-01" }), "v1.1.0 · BF-01"))
  test("names the fallback where it judged", () => assert.equal(makersText({ version: "1.0.0", degraded: true, tool: null }), "v1.0.0 · fallback · by hand"))
  test("is the tool alone before anything is judged", () => assert.equal(makersText({ version: null, tool: "SEM-01" }), "SEM-01"))
})
