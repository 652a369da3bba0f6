import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFileSync, readdirSync } from "node:fs"
import { describe, test } from "node:test"

const folder = new URL("../../static/vendor/", import.meta.url)
const rows = [...readFileSync(new URL("VENDOR.md", folder), "utf8").matchAll(/^\| ([\w.-]+) \|.*`([0-9a-f]{64})` \|$/gm)].map(([, file, digest]) => [file, digest])

describe("third-party files", () => {
  test("are all named in VENDOR.md", () => assert.deepEqual(readdirSync(folder).filter((name) => name !== "VENDOR.md").sort(), rows.map(([file]) => file).sort()))
  for (const [file, digest] of rows) test(`${file} is what VENDOR.md says`, () => assert.equal(createHash("sha256").update(readFileSync(new URL(file, folder))).digest("hex"), digest))
})

test("every icon that a page or script names is in the sprite", () => {
  const sprite = readFileSync(new URL("icons.svg", folder), "utf8")
  const root = new URL("../../", import.meta.url)
  const texts = ["templates", "static/shared", "static/inspection", "static/annotations"].flatMap((place) => readdirSync(new URL(`${place}/`, root), { recursive: true }).filter((name) => /\.(html|js)$/.test(name)).map((name) => readFileSync(new URL(`${place}/${name}`, root), "utf8")))
  const named = new Set(texts.flatMap((text) => [...text.matchAll(/\{% icon "([\w-]+)"|\bicon\("([\w-]+)"|icon: "([\w-]+)"/g)].map((found) => found[1] ?? found[2] ?? found[3])))
  assert.deepEqual([...named].filter((name) => !sprite.includes(`id="${name}"`)), [])
})
