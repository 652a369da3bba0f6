/** Where edits wait until they are answered: IndexedDB under the person's name; memory where the browser keeps nothing. */
import { uniqueId } from "../shared/http.js"

const VERSION = 1
/** Some browsers never say whether a store opens; nobody waits for that. */
const PATIENCE_MS = 4000

/** The same id as programs write it. */
export function uuid(hex = uniqueId()) {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/**
 * @typedef {object} Store
 * @property {boolean} isKept whether what is put here outlives the page
 * @property {() => Promise<string>} client the id of this browser for this person
 * @property {() => Promise<void>} renew takes another such id
 * @property {(edit: object, instead?: ?number) => Promise<{seq: number, edit: object}>} append with a seq greater than every one
 *   before; in the place of the refusal of that seq, both or neither
 * @property {() => Promise<object[]>} entries in order
 * @property {() => Promise<object[]>} refusals what was refused and waits for a word
 * @property {(change: {gone?: number[], put?: object[], refused?: object[]}) => Promise<void>} settle all or nothing
 * @property {(seq: number) => Promise<void>} forget a refusal
 */

/** Kept as long as the page: private windows of some browsers have nothing better. */
export class MemoryStore {
  isKept = false
  #client = uuid()
  #seq
  #entries = new Map()
  #refusals = new Map()

  /** @param {number} from what the numbers come after */
  constructor(from = 0) { this.#seq = from }

  async client() { return this.#client }

  async renew() { this.#client = uuid() }

  async append(edit, instead = null) {
    this.#seq += 1
    const entry = { seq: this.#seq, edit }
    this.#entries.set(entry.seq, entry)
    this.#refusals.delete(instead)
    return entry
  }

  async entries() { return [...this.#entries.values()].sort((a, b) => a.seq - b.seq) }

  async refusals() { return [...this.#refusals.values()] }

  async settle({ gone = [], put = [], refused = [] }) {
    for (const seq of gone) this.#entries.delete(seq)
    for (const entry of put) if (this.#entries.has(entry.seq)) this.#entries.set(entry.seq, entry)
    for (const refusal of refused) this.#refusals.set(refusal.seq, refusal)
  }

  async forget(seq) { this.#refusals.delete(seq) }
}

const asPromise = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

function ended(transaction) {
  const end = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = transaction.onerror = () => reject(transaction.error)
  })
  // Whoever waits for a request of it first has heard of the fault already.
  end.catch(() => {})
  return end
}

class KeptStore {
  isKept = true
  #database

  constructor(database) {
    this.#database = database
  }

  #within(stores, mode) {
    const transaction = this.#database.transaction(stores, mode, { durability: "strict" })
    return { transaction, of: (name) => transaction.objectStore(name) }
  }

  async client() {
    const { transaction, of } = this.#within(["about"], "readwrite")
    const known = await asPromise(of("about").get("client"))
    const client = known ?? uuid()
    if (!known) of("about").put(client, "client")
    await ended(transaction)
    return client
  }

  async renew() {
    const { transaction, of } = this.#within(["about"], "readwrite")
    of("about").put(uuid(), "client")
    await ended(transaction)
  }

  /** The seq is taken and the edit laid down in one transaction: two tabs never take the same. */
  async append(edit, instead = null) {
    const { transaction, of } = this.#within(["about", "edits", "refusals"], "readwrite")
    const end = ended(transaction)
    const seq = ((await asPromise(of("about").get("seq"))) ?? 0) + 1
    const entry = { seq, edit }
    of("about").put(seq, "seq")
    of("edits").put(entry)
    if (instead !== null) of("refusals").delete(instead)
    await end
    return entry
  }

  entries() {
    return asPromise(this.#within(["edits"], "readonly").of("edits").getAll())
  }

  refusals() {
    return asPromise(this.#within(["refusals"], "readonly").of("refusals").getAll())
  }

  async settle({ gone = [], put = [], refused = [] }) {
    const { transaction, of } = this.#within(["edits", "refusals"], "readwrite")
    const end = ended(transaction)
    for (const seq of gone) of("edits").delete(seq)
    for (const entry of put) {
      // Another tab may have had its answer meanwhile.
      of("edits").getKey(entry.seq).onsuccess = ({ target }) => { if (target.result !== undefined) of("edits").put(entry) }
    }
    for (const refusal of refused) of("refusals").put(refusal)
    await end
  }

  async forget(seq) {
    const { transaction, of } = this.#within(["refusals"], "readwrite")
    of("refusals").delete(seq)
    await ended(transaction)
  }
}

/** @returns {Promise<Store>} of a person: whoever signs in next at this station sends nothing of theirs */
export async function openStore(user) {
  try {
    const request = indexedDB.open(`waferdeck:journal:${user}`, VERSION)
    request.onupgradeneeded = () => {
      request.result.createObjectStore("about")
      request.result.createObjectStore("edits", { keyPath: "seq" })
      request.result.createObjectStore("refusals", { keyPath: "seq" })
    }
    const isLate = new Promise((_, reject) => setTimeout(() => reject(new Error("The store does not open.")), PATIENCE_MS))
    return new KeptStore(await Promise.race([asPromise(request), isLate]))
  } catch {
    return new MemoryStore()
  }
}
