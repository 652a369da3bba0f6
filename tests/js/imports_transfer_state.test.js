import assert from "node:assert/strict"
import { test } from "node:test"
import { choicesOf, connectionOf, isMoving, planFacts, stateOf, wayText } from "../../static/models_admin/imports_state.js"

test("what became of a transfer is said in words", () => {
  const row = { state: "running", doing: "Fetching model.onnx", waiting_for: "", steps_done: 1, steps_total: 4, error: null }
  assert.deepEqual(stateOf(row), { word: "Under way", kind: "running", share: 0.25, note: "Fetching model.onnx" })
  assert.equal(stateOf({ ...row, state: "failed", error: { detail: "Refused." } }).note, "Refused.")
  assert.deepEqual([stateOf({ ...row, state: "queued", steps_total: 0 }).share, isMoving(row), isMoving({ state: "done" })], [null, true, false])
})

test("it says where from and where to", () => {
  const row = { way: "import", remote_name: "pits", remote_version: "3", chosen_by: "alias champion", model: "visual_defects", version: "2.5.0", alias: "" }
  assert.deepEqual(wayText(row), { from: "MLflow pits 3", to: "visual_defects 2.5.0", how: "by alias champion" })
  assert.deepEqual(wayText({ ...row, way: "export", remote_version: "", alias: "prod" }), { from: "visual_defects 2.5.0", to: "MLflow pits", how: "as prod" })
})

test("the connection and the ways to choose", () => {
  assert.deepEqual(connectionOf({ state: "up", server: "http://m", version: "3.1", detail: "", took_ms: 12 }), ["good", "MLflow 3.1 answers", "http://m, in 12 ms"])
  assert.equal(connectionOf({ state: "off", server: "", version: "", detail: "Set MLFLOW_URL.", took_ms: null })[2], "Set MLFLOW_URL.")
  assert.equal(connectionOf({ state: "down", server: "http://m", version: "", detail: "Silence.", took_ms: null })[0], "down")
  assert.deepEqual(choicesOf({ version: "3", aliases: ["champion"], stage: "None" }), [["alias champion", { alias: "champion" }], ["version 3", { remote_version: "3" }]])
  assert.deepEqual(choicesOf({ version: "3", aliases: [], stage: "Production" })[0], ["stage Production", { stage: "Production" }])
})

test("a dry run says what would come of it", () => {
  const facts = Object.fromEntries(planFacts({ remote_name: "pits", remote_version: "3", file: "model.onnx", bytes: 5_000_000, folder: "1/a", remote_run: "", version: "2.5.0", model_name: "visual_defects", has_description: false }))
  assert.deepEqual([facts.File, facts["MLflow run"], facts.Description], ["model.onnx, 5.00 MB", "none", "that of the newest version of visual_defects"])
})
