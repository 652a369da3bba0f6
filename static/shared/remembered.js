/** What a person chose, kept in this browser under their name. Where nothing can be kept the page works all the same. */

const keyOf = (what) => `waferdeck:${what}:${document.body.dataset.user}`

/**
 * @param {"localStorage" | "sessionStorage"} [store] sessionStorage: what concerns this tab alone
 * @returns {Object<string, *>} empty when nothing was kept or it cannot be read
 */
export function recall(what, store = "localStorage") {
  try {
    return JSON.parse(globalThis[store].getItem(keyOf(what))) ?? {}
  } catch {
    return {}
  }
}

/** @param {"localStorage" | "sessionStorage"} [store] */
export function remember(what, values, store = "localStorage") {
  try {
    globalThis[store].setItem(keyOf(what), JSON.stringify(values))
  } catch {
    // Full or forbidden: the choice lasts as long as the page.
  }
}
