import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { describe, test } from "node:test"

const css = readFileSync(new URL("../../static/shared/tokens.css", import.meta.url), "utf8")
const services = readFileSync(new URL("../../inspection/services/catalogue.py", import.meta.url), "utf8")
const THEMES = ["dark", "light", "amber", "colour-safe"]

const tokensOf = (theme) => Object.fromEntries([...css.slice(css.indexOf(`[data-theme="${theme}"]`)).split("}")[0].matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]))
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const luminance = (hex) => channels(hex).map(linear).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0)
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

function lab(rgb) {
  const [r, g, b] = rgb.map(linear)
  const [x, y, z] = [0.4124 * r + 0.3576 * g + 0.1805 * b, 0.2126 * r + 0.7152 * g + 0.0722 * b, 0.0193 * r + 0.1192 * g + 0.9505 * b].map((value, at) => value / [0.9505, 1, 1.089][at])
  const f = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)
  return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))]
}
const difference = (a, b) => Math.hypot(...lab(a).map((value, at) => value - lab(b)[at]))

for (const theme of THEMES) {
  describe(`contrast in the ${theme} theme`, () => {
    const token = tokensOf(theme)
    for (const ink of ["ink", "ink-2", "ink-3"]) for (const ground of ["ground", "panel"]) {
      test(`${ink} on ${ground} is at least 4.5`, () => assert.ok(contrast(token[ink], token[ground]) >= 4.5, contrast(token[ink], token[ground]).toFixed(2)))
    }
    test("an alarm's plate is at least 7", () => assert.ok(contrast(token["alarm-plate"], token["alarm-plate-ink"]) >= 7, contrast(token["alarm-plate"], token["alarm-plate-ink"]).toFixed(2)))
    test("a warning's plate is at least 7", () => assert.ok(contrast(token["warn-plate"], token["warn-plate-ink"]) >= 7))
    for (const name of ["alarm", "warn"]) for (const ground of ["ground", "panel", `${name}-wash`]) {
      test(`words of ${name} on ${ground} are at least 7`, () => assert.ok(contrast(token[name], token[ground]) >= 7, contrast(token[name], token[ground]).toFixed(2)))
    }
    for (const ink of ["ink", "ink-2", "ink-3"]) for (const ground of ["raised", "sunken", "alarm-wash", "warn-wash"]) {
      test(`${ink} on ${ground} is at least 4.5`, () => assert.ok(contrast(token[ink], token[ground]) >= 4.5, contrast(token[ink], token[ground]).toFixed(2)))
    }
    test("the focus is at least 3 on everything", () => { for (const ground of ["ground", "panel", "raised", "sunken"]) assert.ok(contrast(token.focus, token[ground]) >= 3) })
    test("borders of fields and shapes are at least 3 on panels", () => { for (const name of ["line-strong", "major", "minor", "nuisance"]) assert.ok(contrast(token[name], token.panel) >= 3, `${name} ${contrast(token[name], token.panel).toFixed(2)}`) })
    test("buttons are at least 4.5", () => assert.ok(contrast(token.action, token["action-ink"]) >= 4.5))
  })
}

describe("a colour", () => {
  const folder = new URL("../../static/", import.meta.url)
  // The style guide draws a photograph of a wafer: a picture, not a part of the page.
  const elsewhere = readdirSync(folder, { recursive: true }).filter((name) => /\.(css|js)$/.test(name) && !/^vendor|tokens\.css$|^styleguide\.js$/.test(name))
  const NAMED = /#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b(?!["'`]\))|\b(?:rgb|hsl|oklch|lab)a?\(\s*\d/gi
  test("is named among the tokens and nowhere else", () => {
    assert.ok(elsewhere.length > 40)
    assert.deepEqual(elsewhere.flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(NAMED)].map(([found]) => `${name} ${found}`)), [])
  })
})

test("words over the brightest picture are at least 7 in every theme", () => {
  // A plate of black at 75 % leaves a quarter of white.
  for (const theme of THEMES) assert.ok(contrast(tokensOf(theme)["image-ink"], "#404040") >= 7, theme)
})

describe("the eight class colours of the colour-safe theme", () => {
  const token = tokensOf("colour-safe")
  const colours = [1, 2, 3, 4, 5, 6, 7, 8].map((key) => channels(token[`class-key-${key}`]))
  const states = ["alarm", "alarm-plate", "warn", "warn-plate", "box-critical", "box-major"].map((name) => channels(token[name]))
  const encoded = (value) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
  // Machado et al. 2009, severity 1, on linear light.
  const SIGHTS = {
    "all eyes": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "eyes without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "eyes without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  }
  for (const [sight, matrix] of Object.entries(SIGHTS)) {
    const seen = (rgb) => matrix.map((row) => encoded(Math.min(1, Math.max(0, row.reduce((sum, share, at) => sum + share * linear(rgb[at]), 0)))))
    test(`are told apart by ${sight}`, () => {
      for (const [at, one] of colours.entries()) for (const [later, two] of colours.entries()) if (later > at) assert.ok(difference(seen(one), seen(two)) > 20, `${at + 1} and ${later + 1} differ by ${difference(seen(one), seen(two)).toFixed(1)}`)
    })
    test(`are not taken for the colour of a state by ${sight}`, () => {
      for (const [at, one] of colours.entries()) for (const state of states) assert.ok(difference(seen(one), seen(state)) > 12, `${at + 1} differs by ${difference(seen(one), seen(state)).toFixed(1)}`)
    })
  }
  test("are at least 3 on panels", () => { for (const one of [1, 2, 3, 4, 5, 6, 7, 8]) assert.ok(contrast(token[`class-key-${one}`], token.panel) >= 3) })
})

describe("the eight class colours", () => {
  const colours = [...services.matchAll(/\("(\w+)", "[\w ]+", "(#[0-9a-f]{6})", "\w+"\)/g)].map(([, code, hex]) => [code, channels(hex)])
  // Machado et al. 2009, severity 1.
  const SIGHTS = {
    "all eyes": (rgb) => rgb,
    "eyes without red": ([r, g, b]) => [0.152286 * r + 1.052583 * g - 0.204868 * b, 0.114503 * r + 0.786281 * g + 0.099216 * b, -0.003882 * r - 0.048116 * g + 1.051998 * b],
    "eyes without green": ([r, g, b]) => [0.367322 * r + 0.860646 * g - 0.227968 * b, 0.280085 * r + 0.672501 * g + 0.047413 * b, -0.01182 * r + 0.04294 * g + 0.968881 * b],
    "a film that swallows blue": ([r, g]) => [r, g, 0],
  }
  for (const theme of THEMES.filter((name) => name !== "colour-safe")) {
    test(`are not taken for the colour of a state in the ${theme} theme`, () => {
      const token = tokensOf(theme)
      const states = ["alarm", "alarm-plate", "warn", "warn-plate", "box-critical", "box-major"].map((name) => channels(token[name]))
      for (const [code, one] of colours) for (const state of states) assert.ok(difference(one, state) > 30, `${code} differs by ${difference(one, state).toFixed(1)}`)
    })
  }
  test("are eight", () => assert.equal(colours.length, 8))
  for (const [sight, seen] of Object.entries(SIGHTS)) {
    test(`are told apart by ${sight}`, () => {
      const close = colours.flatMap(([a, one], at) => colours.slice(at + 1).map(([b, two]) => [a, b, difference(seen(one).map((value) => Math.min(1, Math.max(0, value))), seen(two).map((value) => Math.min(1, Math.max(0, value))))])).sort((x, y) => x[2] - y[2])[0]
      assert.ok(close[2] > 12, `${close[0]} and ${close[1]} differ by ${close[2].toFixed(1)}`)
    })
  }
})
