import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { around, beside, ofWall, wayFrom, waysWords } from "../../static/inspection/wafer_steps_state.js"

const places = { wall: "/", list: "/wafers/", origin: "https://fab" }
const from = (referrer, known = {}) => wayFrom({ ...places, referrer, known })

describe("what somebody goes along", () => {
  const list = { path: "/wafers/", search: "?q=A12" }
  test("is the list they came from, with its filters", () => assert.deepEqual(from("https://fab/wafers/?q=A12&go=1"), list))
  test("is the wall they came from, with its filters", () => assert.deepEqual(from("https://fab/?tool=BF-02"), { path: "/", search: "?tool=BF-02" }))
  test("stays the same from wafer to wafer", () => assert.deepEqual(from("https://fab/wafers/1/", list), list))
  for (const referrer of ["", "https://elsewhere/wafers/", "https://fab/jobs/1/", "https://fab/wafers/1/"]) test(`is the wall for who comes from "${referrer}"`, () => assert.deepEqual(from(referrer), { path: "/", search: "" }))
  test("is not an old list for who comes from a job", () => assert.equal(from("https://fab/jobs/1/", list).path, "/"))
  test("is named", () => {
    assert.equal(waysWords(list, "/wafers/").whose, "of the list")
    assert.equal(waysWords({ path: "/", search: "?tool=BF-02" }, "/wafers/").whose, "that needs a person")
    assert.equal(waysWords({ path: "/", search: "?band=review" }, "/wafers/").which, "on the wall")
  })
})

describe("wafers of the wall", () => {
  const card = (id, band, more = {}) => ({ wafer: { id }, url: `/wafers/${id}/`, state: "done", band, tool: "BF-01", product: "P", ...more })
  const cards = [card("a", "reject"), card("b", "accept"), card("c", "accept", { state: "failed" }), card("d", "review", { tool: "BF-02" }), card("b", "reject", { layer: "M2" })]
  const meant = (filters) => ofWall(cards, filters).filter(({ isMeant }) => isMeant).map(({ id }) => id)

  test("are each there once", () => assert.deepEqual(ofWall(cards, {}).map(({ id }) => id), ["a", "b", "c", "d"]))
  test("are meant where a person is needed, at whichever layer", () => assert.deepEqual(meant({}), ["a", "b", "c"]))
  test("are meant by the band that is asked for", () => assert.deepEqual(meant({ band: "review" }), ["d"]))
  test("are those of the tool that is asked for", () => assert.deepEqual(ofWall(cards, { tool: "BF-02" }).map(({ id }) => id), ["d"]))
})

describe("beside a wafer", () => {
  const wafers = [["a", true], ["b", false], ["c", true], ["d", true], ["e", false]].map(([id, isMeant]) => ({ id, isMeant }))
  const ids = ({ previous, next, place, count }) => [previous?.id, next?.id, place, count]

  test("are the nearest meant ones", () => assert.deepEqual(ids(beside(wafers, "c")), ["a", "d", 2, 3]))
  test("are those around its place where it is not meant itself", () => assert.deepEqual(ids(beside(wafers, "b")), ["a", "c", 0, 3]))
  test("is the first after one that is not there any more", () => assert.deepEqual(ids(beside(wafers, "x")), [undefined, "a", 0, 3]))
  test("is none beyond the ends", () => assert.deepEqual([ids(beside(wafers, "a"))[0], ids(beside(wafers, "d"))[1]], [undefined, undefined]))
  test("is the other end on the wall", () => assert.deepEqual([ids(around(wafers, "a"))[0], ids(around(wafers, "e"))[1]], ["d", "a"]))
  test("is never itself", () => assert.deepEqual(ids(around([wafers[0]], "a")), [undefined, undefined, 1, 1]))
})
