/** What a person chose, kept in this browser under their name. Where nothing can be kept the page works all the same. */

const keyOf = (what) => `waferdeck:${what}:${document.body.dataset.user}`

/** @returns {Object<string, *>} empty when nothing was kept or it cannot be read */
export function recall(what) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(what))) ?? {}
  } catch {
    return {}
  }
}

export function remember(what, values) {
  try {
    localStorage.setItem(keyOf(what), JSON.stringify(values))
  } catch {
    // Full or forbidden: the choice lasts as long as the page.
  }
}
