import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { remarksOf } from "../../static/inspection/remarks.js"

describe("remarks on an image", () => {
  test("say first why it is for a person, then how it was read", () => assert.deepEqual(remarksOf({ flaws: [{ code: "blown_out", text: "Blown out." }], notes: ["3 pages."] }), ["Blown out.", "3 pages."]))
  test("are none where nothing is said, and before it is known", () => assert.deepEqual([remarksOf({ flaws: [], notes: [] }), remarksOf({}), remarksOf(undefined)], [[], [], []]))
})
