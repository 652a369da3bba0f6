import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { accountName, classCountsText, layerName, waferName } from "../../static/shared/signs.js"

describe("a wafer is called", () => {
  test("by its code", () => assert.deepEqual(waferName("W07", "left.png"), { name: "W07", isNamed: true }))
  test("by its file where the code is a digest", () => assert.deepEqual(waferName("331d6c89066f", "left.png"), { name: "left.png", isNamed: false }))
  test("nothing where neither says anything", () => assert.equal(waferName("331d6c89066f").name, "No name"))
})

describe("counts by class", () => {
  test("are whole words in the plural", () => assert.equal(classCountsText({ crack: 1, scratch: 4, pit: 2 }), "4 scratches, 2 pits, 1 crack"))
  test("end with how many are of other classes", () => assert.equal(classCountsText({ crack: 5, scratch: 4, pit: 3, stain: 2, open: 1 }), "5 cracks, 4 scratches, 3 pits, 3 others"))
  test("are nothing where nothing was found", () => assert.equal(classCountsText(undefined), ""))
})

test("a layer that stands for none has no name", () => assert.deepEqual(["NA", "M3"].map(layerName), ["", "M3"]))
test("a program's account is told from a person's", () => assert.deepEqual(["service:demo", "lead"].map(accountName), ["demo (a program)", "lead"]))
