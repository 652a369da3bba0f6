/** A reviewer's scorecard, as a page draws it. No DOM. */
import { countText, durationText, percentText, plural } from "../shared/formats.js"
import { numberText } from "./agreement_state.js"

const GOOD_SHARE = 0.85
const POOR_SHARE = 0.7
const TOO_WIDE = 0.4
export const FIGURES = ["peers", "rulings", "gold", "repeat"]
const LABELS = { peers: "Other reviewers", rulings: "The lead between us", gold: "Known answers", repeat: "Myself, shown again" }
const OF_OTHERS = { repeat: "Themselves, shown again", rulings: "The lead between them" }

/** @returns {"none"|"unsure"|"poor"|"fair"|"good"} */
export function shareLevel({ value, low, high }) {
  if (value === null) return "none"
  if (high - low > TOO_WIDE) return "unsure"
  if (value >= GOOD_SHARE) return "good"
  return value >= POOR_SHARE ? "fair" : "poor"
}

const partOf = (card, figure) => (figure === "repeat" ? card.repeats : card[figure])

/** What somebody's word is held against: rows of an interval plot. @param {{isOwn: boolean}} how */
export function measureRows(card, { isOwn }) {
  return FIGURES.map((figure) => {
    const { items, agreed } = partOf(card, figure)
    return { key: figure, label: (isOwn ? null : OF_OTHERS[figure]) ?? LABELS[figure], estimate: agreed, level: shareLevel(agreed), note: countText(items), isOpenable: items > 0 && agreed.value !== null && agreed.value < 1 }
  })
}

/** The figures at a glance: {value, unit, label, range}; range: how sure it is, in words. */
export function glance(card) {
  const kappa = ({ value, low, high }, label) => ({ value: numberText(value), unit: "κ", label, range: low === null ? "too few to tell how sure" : `${numberText(low)} to ${numberText(high)}` })
  const time = (ms) => (ms === null ? "–" : durationText(ms))
  return [
    { value: `${card.is_sample ? "> " : ""}${countText(card.decisions)}`, unit: "", label: `decided in ${card.days} days` },
    { value: time(card.median_ms), unit: "", label: "median look" },
    { value: time(card.slow_ms), unit: "", label: "nine in ten are faster" },
    kappa(card.peers.kappa, "with others, beyond chance"),
    kappa(card.repeats.kappa, "with oneself, beyond chance"),
  ]
}

/** What the score of known answers says of itself. */
export function goldWords({ items, least, told }) {
  if (items < least) return `Known answers make a score from ${least} on; ${items} of days that are over count so far. They come unmarked among the others.`
  return `Known answers come unmarked, each once; today’s do not count yet. ${told ? `${countText(told)} of those answered otherwise can be seen.` : "What was answered otherwise is told after a week, or when the item is used no more."}`
}

/** What stands over the items behind a figure. */
export function itemsTitle(figure, { isOwn, reviewer }) {
  const who = isOwn ? "you" : reviewer
  return { peers: `Where others said another thing than ${who}`, rulings: `Where a lead decided otherwise than ${who}`, gold: `Where the known answer was another than ${isOwn ? "yours" : `${who}’s`}`, repeat: `Where ${who} said another thing before` }[figure]
}

/** Words of a row that are not in the task's own history. */
export function ownVoices(figure, { said, against }, { isOwn, reviewer }) {
  const who = isOwn ? "You" : reviewer
  if (figure === "gold") return [{ who: `${who} said`, said }, { who: "Known answer", said: against }]
  if (figure === "repeat") return [{ who: `${who}, at first`, said: against }, { who: `${who}, shown again`, said }]
  return []
}

/** Which kind of appeal an item of a figure allows; null: none. */
export function appealKind(figure, { isOwn, mayAppeal }) {
  if (!isOwn || !mayAppeal) return null
  return { rulings: "ruling", gold: "gold" }[figure] ?? null
}

const STATES = { open: "waits for a lead", upheld: "it stands", overturned: "you were right", withdrawn: "taken back" }

export function appealWords({ kind, state, author }, { me }) {
  const outcome = state === "overturned" && author !== me ? `${author} was right` : STATES[state]
  return `${kind === "gold" ? "Known answer" : "Ruling"}: ${outcome}`
}

/** What stands over a list of appeals. @param {{mayAnswer: boolean, problem: ?{message: string}}} how problem: why the list could not be had; what was there stays */
export function appealsSaid(appeals, { mayAnswer, problem }) {
  if (problem) return `Appeals could not be loaded. ${problem.message}`
  const waiting = appeals.filter(({ state }) => state === "open").length
  if (appeals.length) return waiting ? `${plural(waiting, "waits", "wait")} for an answer` : "All answered"
  return mayAnswer ? "Nobody contests anything." : "A ruling or a known answer that seems wrong can be contested where it is listed."
}

/** Who may do what with an appeal: that one's own word stands somebody else has to say. @returns {("uphold"|"overturn"|"withdraw")[]} */
export function appealActs({ state, author, contests }, { me, mayAnswer }) {
  if (state !== "open") return []
  if (author === me) return ["withdraw"]
  if (!mayAnswer) return []
  return contests === me ? ["overturn"] : ["uphold", "overturn"]
}
