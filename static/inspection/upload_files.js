/** Files out of a drop or a picker, folders walked to the end. */
import { uniqueId } from "../shared/http.js"

function described(file, path) {
  return { file, facts: { id: uniqueId(), name: file.name, path: path || file.webkitRelativePath || file.name, size: file.size, modified: file.lastModified } }
}

/** In the order a person counts: s2 before s10, whatever order the disk has. */
export function fromPicker(list) {
  return [...list].map((file) => described(file)).sort((a, b) => inOrder(a.facts.path, b.facts.path))
}

const inOrder = new Intl.Collator("en", { numeric: true }).compare

/** Entries have to be taken from the event at once: it is empty after the first await. */
export async function fromDrop(transfer) {
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile())
  const found = []
  for (const entry of entries.filter(Boolean)) await walk(entry, "", found)
  return found
}

async function walk(entry, folder, found) {
  if (entry instanceof File) return found.push(described(entry))
  const path = folder ? `${folder}/${entry.name}` : entry.name
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)))
    if (file) found.push(described(file, path))
    return undefined
  }
  const reader = entry.createReader()
  // A reader gives a hundred entries at a time.
  for (;;) {
    const batch = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])))
    if (batch.length === 0) return undefined
    for (const child of batch.sort((a, b) => inOrder(a.name, b.name))) await walk(child, path, found)
  }
}
