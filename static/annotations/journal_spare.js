/** Where edits wait, made safe: what the disk takes no more waits in memory, and no fault of the disk is one of the journal. No DOM. */
import { isSpare, SPARE_FROM } from "./journal_state.js"
import { MemoryStore } from "./journal_store.js"

export class SafeStore {
  #disk
  #spare = new MemoryStore(SPARE_FROM)
  #isFull = false
  #client = null
  /** What the disk had when it could last be read. */
  #read = []
  /** What should stand on the disk, and could not be written there, by seq: another entry, or null of what is answered. */
  #meant = new Map()

  /** @param {Store} disk */
  constructor(disk) { this.#disk = disk }

  /** Whether all that is put here outlives the page. */
  get isKept() { return this.#disk.isKept && !this.#isFull }

  /** The id under which an entry is numbered: those in memory have one of their own. */
  async client({ seq }) {
    if (isSpare(seq)) return this.#spare.client()
    const client = await this.#disk.client().catch(() => this.#client)
    if (!client) throw new Error("The store of edits cannot be read.")
    this.#client = client
    return client
  }

  /** Another id: numbers of the one before were given to other edits. */
  renew({ seq }) {
    return (isSpare(seq) ? this.#spare : this.#disk).renew()
  }

  /** On the disk; in memory where it takes nothing, and from then on until all of that is answered: the order stays. */
  async append(edit, instead = null) {
    if (!(await this.#spare.entries()).length) {
      const entry = await this.#disk.append(edit, instead).catch(() => null)
      this.#isFull = !entry
      if (entry) return entry
    }
    if (instead !== null) await this.forget(instead)
    return this.#spare.append(edit)
  }

  async entries() {
    try {
      this.#read = await this.#disk.entries()
    } catch {
      this.#isFull = true
    }
    const onDisk = this.#read.map((entry) => (this.#meant.has(entry.seq) ? this.#meant.get(entry.seq) : entry)).filter(Boolean)
    return [...onDisk, ...(await this.#spare.entries())]
  }

  async refusals() {
    const [onDisk, inMemory] = [await this.#disk.refusals().catch(() => []), await this.#spare.refusals()]
    return [...onDisk, ...inMemory]
  }

  async settle({ gone = [], put = [], refused = [] }) {
    const isHere = ({ seq }) => isSpare(seq)
    const isThere = ({ seq }) => !isSpare(seq)
    await this.#spare.settle({ gone: gone.filter(isSpare), put: put.filter(isHere), refused: refused.filter(isHere) })
    const onDisk = { gone: gone.filter((seq) => !isSpare(seq)), put: put.filter(isThere), refused: refused.filter(isThere) }
    if (!Object.values(onDisk).some(({ length }) => length)) return
    try {
      await this.#disk.settle(onDisk)
    } catch {
      this.#isFull = true
      for (const entry of onDisk.put) this.#meant.set(entry.seq, entry)
      for (const seq of onDisk.gone) this.#meant.set(seq, null)
      await this.#spare.settle({ refused: onDisk.refused })
    }
  }

  async forget(seq) {
    await this.#spare.forget(seq)
    await this.#disk.forget(seq).catch(() => {})
  }
}
