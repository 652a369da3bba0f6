/** A card as its wafer stands: what all of its images say together, in the place of what one run says. No DOM. */

const BANDS = ["reject", "review", "accept"]

/**
 * @param {object} card with `standing`, or without one where it speaks for its run alone
 * @returns {object} the card with state, band, counts, reason, picture and boxes of the standing. A known verdict is
 *   "done" though other images are `under_way`.
 */
export function asStanding(card) {
  return card.standing ? { ...card, ...told(card) } : card
}

/** What a card of another run of the same wafer and layer tells about the wafer. */
export function told({ standing, image, boxes }) {
  const picture = standing.picture ?? { image, boxes }
  return {
    standing,
    state: BANDS.includes(standing.verdict) ? "done" : standing.state,
    band: standing.band,
    waiting_for: standing.state === "queued" ? standing.why : "",
    error: standing.state === "failed" ? { detail: standing.why } : null,
    counts_by_class: standing.counts_by_class,
    counts_by_severity: standing.counts_by_severity,
    detection_count: standing.detection_count,
    why: standing.state === "done" ? standing.why : "",
    under_way: standing.under_way,
    image: picture.image,
    boxes: picture.boxes,
  }
}
