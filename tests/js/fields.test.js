import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { focusFault, focusFirst } from "../../static/shared/fields.js"

const spot = (name, focused) => ({ focus: () => focused.push(name) })
const sheetWith = (places) => ({ querySelectorAll: () => places })

describe("the focus of a sheet", () => {
  test("begins at its first field", () => {
    const focused = []
    focusFirst({ querySelector: (selector) => (/input/.test(selector) ? spot("code", focused) : spot("cross", focused)) })
    assert.deepEqual(focused, ["code"])
  })
  test("goes to the first field that is wrong, in it to the one that is marked", () => {
    const focused = []
    const field = (marked, first) => ({ querySelector: (selector) => (/aria-invalid/.test(selector) ? marked && spot(marked, focused) : spot(first, focused)) })
    const place = (isHidden, around) => ({ hidden: isHidden, closest: () => around })
    const [right, chips, pair] = [place(true, field("code", "code")), place(false, field(null, "decided")), place(false, field("seed", "train"))]
    focusFault(sheetWith([right, place(false, null), chips, pair]), "p")
    focusFault(sheetWith([right, pair]), "p")
    focusFault(sheetWith([right]), "p")
    assert.deepEqual(focused, ["decided", "seed"])
  })
})
