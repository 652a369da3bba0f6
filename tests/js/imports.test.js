import assert from "node:assert/strict"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, test } from "node:test"

const STATIC = join(import.meta.dirname, "../../static")
const modules = readdirSync(STATIC, { recursive: true }).filter((name) => name.endsWith(".js") && !name.includes("vendor")).map((name) => join(STATIC, name))
const names = (list) => list.split(",").map((name) => name.trim()).filter(Boolean)

function exportsOf(file) {
  const source = readFileSync(file, "utf8")
  const declared = [...source.matchAll(/^export (?:async )?(?:function\*? |class |const |let )(\w+)/gm)].map(([, name]) => name)
  const listed = [...source.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => names(list).map((name) => name.split(/\s+as\s+/).at(-1)))
  return new Set([...declared, ...listed])
}

describe("modules of the pages", () => {
  test("are asked only for what they have: a browser refuses the whole page otherwise", () => {
    const wrong = modules.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/^import \{([^}]*)\} from "(\.[^"]+)"/gm)].flatMap(([, list, from]) => {
      const source = join(dirname(file), from)
      if (source.includes("vendor")) return []
      if (!existsSync(source)) return [`${file}: no ${from}`]
      const has = exportsOf(source)
      return names(list).map((name) => name.split(/\s+as\s+/)[0]).filter((name) => !has.has(name)).map((name) => `${file}: no ${name} in ${from}`)
    }))
    assert.ok(modules.length > 50)
    assert.deepEqual(wrong, [])
  })
})
