/** What the review says about its picture beside decisions: comments pinned to it, and the defect book at the keys of the classes. */
import { bindBook, bookAdder } from "./book_add.js"
import { startBookCard } from "./book_card.js"
import { startTalk } from "./talk_start.js"

/**
 * @param {ReviewZoom} zoom
 * @param {{me: string, classes: object[], mayAdd: boolean, subject: () => ?{task: string, box: number[], classCode: string}}} page subject: what is on the screen
 * @returns {Talk}
 */
export function startReviewTalk(zoom, { me, classes, mayAdd, subject }) {
  const find = (selector) => document.querySelector(selector)
  const comments = startTalk(zoom, find("#viewer"), subject)
  startBookCard(find("#classkeys"), find("#viewer"), find("#review"), () => onScreen(subject()?.box, zoom.placement()))
  if (mayAdd) bindBook(bookAdder(me, classes, subject))
  return comments
}

function onScreen(box, place) {
  return box && place ? [place.x + box[0] * place.scale, place.y + box[1] * place.scale, box[2] * place.scale, box[3] * place.scale] : null
}
