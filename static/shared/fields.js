/** Where the focus goes in a sheet with fields: to the first of them, and after a refusal to the one that is wrong. */

const FIELD = ":is(input, select, textarea):not(:disabled)"

/** The sheet begins at its first field, not at the cross that closes it. @param {HTMLElement} sheet that is open */
export function focusFirst(sheet) {
  sheet.querySelector(FIELD)?.focus()
}

/** The first field with a word about what is wrong; nothing where no field is to blame. @param {string} places selects those words */
export function focusFault(sheet, places) {
  const field = [...sheet.querySelectorAll(places)].filter(({ hidden }) => !hidden).map((place) => place.closest(".field")).find(Boolean)
  const input = field?.querySelector('[aria-invalid="true"]') ?? field?.querySelector(FIELD)
  input?.focus()
}
