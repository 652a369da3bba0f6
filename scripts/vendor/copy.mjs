// Copies what the pages need from node_modules to static/vendor and writes VENDOR.md with every digest.
// `npm ci` has checked the packages against the integrity values of package-lock.json before.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, "../../static/vendor")
const plan = JSON.parse(readFileSync(join(here, "files.json"), "utf8"))
const rows = []

function packageFile(name, path) {
  return readFileSync(join(here, "node_modules", name, path))
}

function put(name, from, path, bytes) {
  const { version, license } = JSON.parse(packageFile(from, "package.json"))
  writeFileSync(join(target, path), bytes)
  rows.push([path, name, version, license, createHash("sha256").update(bytes).digest("hex")])
}

/** A source map that is not shipped is a failed request in every developer's console. */
function withoutSourceMap(bytes, path) {
  return path.endsWith(".js") ? Buffer.from(bytes.toString("utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n")) : bytes
}

/** One <symbol> per icon; stroke and size come from the stylesheet. */
function sprite(names) {
  const symbols = names.map((name) => {
    const svg = packageFile("lucide-static", `icons/${name}.svg`).toString("utf8")
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "")
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`
  })
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`)
}

mkdirSync(target, { recursive: true })
for (const { package: name, from, to } of plan.copies) put(name, name, to, withoutSourceMap(packageFile(name, from), to))
put("lucide-static", "lucide-static", "icons.svg", sprite(plan.icons))

const table = rows.sort().map((row) => `| ${row.slice(0, 4).join(" | ")} | \`${row[4]}\` |`).join("\n")
writeFileSync(
  join(target, "VENDOR.md"),
  `# Third-party files

Copied by \`scripts/vendor/copy.mjs\`; never edited by hand. To renew: \`cd scripts/vendor && npm ci && npm run vendor\`.
\`icons.svg\` is a sprite of the icons named in \`scripts/vendor/files.json\`.

| file | package | version | licence | sha256 |
|---|---|---|---|---|
${table}
`,
)
