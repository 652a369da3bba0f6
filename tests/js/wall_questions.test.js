import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, mock, test } from "node:test"
import { WallQuestions } from "../../static/inspection/wall_questions.js"

const { fetch, document } = globalThis

describe("the wall asks the server", () => {
  let answers
  let heard
  let filters
  let questions
  /** Lets whatever has been answered be heard. */
  const heardAll = async () => { for (let n = 0; n < 10; n += 1) await Promise.resolve() }
  const answer = (at, ...runs) => answers[at].resolve({ ok: true, headers: new Headers(), text: async () => JSON.stringify({ cards: runs }) })
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] })
    answers = []
    heard = []
    filters = { tool: "", product: "", band: "" }
    globalThis.document = new EventTarget()
    globalThis.fetch = (path) => new Promise((resolve, reject) => answers.push({ path, resolve, reject }))
    questions = new WallQuestions({
      filters: () => filters,
      onPresent: (cards) => heard.push(["present", ...cards]),
      onStanding: (cards) => heard.push(["standing", ...cards]),
      onTrouble: ({ status }) => heard.push(["trouble", status]),
    })
  })
  afterEach(() => {
    mock.timers.reset()
    Object.assign(globalThis, { fetch, document })
  })

  test("for what the filters of tool and product let through", () => {
    filters = { tool: "T1", product: "P1", band: "reject" }
    questions.present()
    assert.match(answers[0].path, /wall\/\?limit=200&tool=T1&product=P1$/)
  })
  test("for what people uploaded, among all there is and not among the newest", () => {
    filters = { tool: "by hand", product: "", band: "" }
    questions.present()
    assert.match(answers[0].path, /wall\/\?limit=200&tool=by\+hand$/)
  })
  test("again after a failure, until there is an answer", async () => {
    questions.present()
    answers[0].reject(new TypeError("Failed to fetch"))
    await heardAll()
    assert.deepEqual(heard, [["trouble", 0]])
    mock.timers.tick(5000)
    answer(1, "01")
    await heardAll()
    mock.timers.tick(60_000)
    assert.deepEqual([heard.at(-1), answers.length], [["present", "01"], 2])
  })
  test("and an answer that a later one overtook undoes nothing", async () => {
    questions.present()
    questions.present()
    answer(1, "new")
    await heardAll()
    answer(0, "old")
    await heardAll()
    assert.deepEqual(heard, [["present", "new"]])
  })
  test("and an answer for other filters is not taken", async () => {
    questions.present()
    filters = { ...filters, tool: "T2" }
    answer(0, "01")
    await heardAll()
    assert.deepEqual(heard, [])
  })
  test("how wafers stand once, whatever came of them meanwhile, and for the whole wall where they are many", async () => {
    for (const id of ["w1", "w1", "w2"]) questions.settle({ wafer: { id } })
    mock.timers.tick(3000)
    answer(0, "01")
    await heardAll()
    assert.deepEqual([heard, answers.map(({ path }) => path.split("?")[1])], [[["standing", "01"]], ["wafer=w1", "wafer=w2"]])
    for (let n = 0; n < 6; n += 1) questions.settle({ wafer: { id: `w${n}` } })
    mock.timers.tick(3000)
    assert.match(answers.at(-1).path, /limit=200/)
  })
})
