import assert from "node:assert/strict"
import { describe, test } from "node:test"

import { FORMATS, faultsCsv, fileFault, formatFor, nextStep, reportLines } from "../../static/annotations/import_state.js"
import { csvOf, figureOf, sayPlot } from "../../static/shared/plots_state.js"

const report = (values) => ({ is_dry_run: true, images: 3, matched: 2, boxes: 5, known: 1, new: 3, written: 0, nuisances: 0, fault_count: 0, faults: [], ...values })

describe("a file of labels", () => {
  test("speaks for its format where its suffix is of one", () => {
    assert.equal(formatFor("a.csv", "coco"), "csv")
    assert.equal(formatFor("a.ZIP", "voc"), "voc")
    assert.equal(formatFor("a.json", "label_studio"), "label_studio")
    assert.equal(formatFor("a.txt", "yolo"), "yolo")
  })
  test("is not sent where it would be refused", () => {
    assert.match(fileFault(undefined, { mostBytes: 9, format: "csv" }), /Choose/)
    assert.match(fileFault({ name: "a.csv", size: 5e6 }, { mostBytes: 2e6, format: "csv" }), /5 MB; at most 2 MB/)
    assert.match(fileFault({ name: "a.csv", size: 5 }, { mostBytes: 9, format: "voc" }), /\.zip/)
    assert.equal(fileFault({ name: "a.csv", size: 5 }, { mostBytes: 9, format: "csv" }), "")
  })
  test("of every format that can be read has words", () => assert.ok(Object.values(FORMATS).every(({ name, accept, hint }) => name && accept && hint)))
})

describe("a report", () => {
  test("leads to what can be done next", () => {
    assert.equal(nextStep(report({})).act, "take")
    assert.equal(nextStep(report({ fault_count: 2 })).act, "take_right")
    assert.equal(nextStep(report({ new: 0 })).words, "Everything in it is settled here already.")
    assert.equal(nextStep(report({ is_dry_run: false, written: 1 })).words, "1 box was taken in as decided work under your name.")
  })
  test("tells what was taken and what not", () => {
    assert.deepEqual(reportLines(report({ is_dry_run: false, written: 3, nuisances: 2 })).slice(-2), [["taken in", 3], ["nuisances, not taken over", 2]])
  })
  test("is a file in which nothing is a formula", () => {
    assert.equal(faultsCsv([{ where: "line 3", what: 'No "x", no y', advice: "=1+1" }]), 'where,what,advice\r\nline 3,"No ""x"", no y",\'=1+1')
  })
})

describe("a plot", () => {
  const plot = { title: "Defects", x: "Class", y: "Defects", categories: ["pit", "crack"], series: [{ name: "Train", values: [1, 5] }, { name: "Test", values: [0, 2] }], isStacked: true }
  test("is a bar for each series, told apart without colour", () => {
    const { data, layout } = figureOf(plot, {})
    assert.deepEqual(data.map(({ y }) => y), [[1, 5], [0, 2]])
    assert.equal(new Set(data.map(({ marker }) => marker.pattern.shape)).size, 2)
    assert.equal(layout.barmode, "stack")
  })
  test("is a table for a spreadsheet", () => assert.equal(csvOf(plot), "Class,Train,Test\r\npit,1,0\r\ncrack,5,2"))
  test("is said in words", () => assert.match(sayPlot(plot), /^Defects\. Most: crack 7, pit 1\./))
})
