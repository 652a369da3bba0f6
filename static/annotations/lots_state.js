/** Lots that a data set can be narrowed to: which are listed, which are chosen. No DOM. */
import { countText, plural } from "../shared/formats.js"

/** As many as one choice may name. */
export const MOST_LOTS = 100

/**
 * What is listed: lots whose code or product has the word in it. A chosen one that has nothing fitting any more stays in sight, in front.
 *
 * @param {{code: string, product: string, images: number, received_at: string}[]} offered
 * @param {Set<string>} chosen
 * @returns {{code: string, product: string, images: number, receivedAt: ?string, isChosen: boolean}[]}
 */
export function lotRows(offered, chosen, word = "") {
  const known = new Set(offered.map(({ code }) => code))
  const gone = [...chosen].filter((code) => !known.has(code)).sort().map((code) => ({ code, product: "", images: 0, received_at: null }))
  const wanted = word.trim().toLowerCase()
  const fits = ({ code, product }) => !wanted || code.toLowerCase().includes(wanted) || product.toLowerCase().includes(wanted)
  return [...gone, ...offered].filter(fits).map(({ code, product, images, received_at: receivedAt }) => ({ code, product, images, receivedAt, isChosen: chosen.has(code) }))
}

/** What stands under the list. @param {{offered: object[], isMore: boolean, chosen: Set<string>, shown: number}} what */
export function lotsSaid({ offered, isMore, chosen, shown }) {
  if (offered.length === 0 && chosen.size === 0) return "Nothing that fits the rest of this choice is settled yet, so there is no lot to choose from."
  const all = isMore ? `the newest ${countText(offered.length)} lots` : plural(offered.length, "lot")
  const found = shown === 0 ? " None has this in its code or product." : ""
  if (chosen.size === 0) return `All of ${all} that fit.${found}`
  const images = offered.filter(({ code }) => chosen.has(code)).reduce((sum, lot) => sum + lot.images, 0)
  return `${countText(chosen.size)} of ${all} that fit, with ${plural(images, "image")}.${found}`
}

/** Takes lots in or out. Those beyond what one choice may name stay out. */
export function toggled(chosen, codes, isIn) {
  const next = new Set(chosen)
  for (const code of codes) {
    if (!isIn) next.delete(code)
    else if (next.size < MOST_LOTS) next.add(code)
  }
  return next
}
