/** A contact sheet of what was decided: which are there, which are meant, what became of them. No DOM. */
import { countText, plural } from "../shared/formats.js"
import { isOwn } from "./opinions_state.js"

export const STAGES = ["decided", "validated", "accepted"]
export const MOST_AT_ONCE = 100
const NUISANCE = "nuisance"

/** @param {{stage?: string, wafer?: ?string, classCode?: ?string}} asked */
export function emptySheet({ stage = STAGES[0], wafer = null, classCode = null } = {}) {
  // order: null before the first answer. out: by hand; problems, gone: by task, why. fresh: how many were decided since.
  return { stage, wafer, classCode, order: null, tasks: new Map(), out: new Set(), problems: new Map(), gone: new Map(), fresh: new Set(), next: null, focus: null, anchor: null }
}

export function withPage(state, tasks, next) {
  const all = new Map(state.tasks)
  for (const task of tasks) all.set(task.id, task)
  const order = [...new Set([...(state.order ?? []), ...tasks.map(({ id }) => id)])]
  const fresh = new Set([...state.fresh].filter((id) => !all.has(id)))
  return { ...state, tasks: all, order, next, fresh, focus: state.focus ?? order[0] ?? null }
}

/** What the decision says it is: a class, or a nuisance. */
export function finalOf({ annotation, class_code: code }) {
  return annotation?.verdict === "nuisance" ? NUISANCE : annotation?.class_code ?? code
}

/** Items by a key of theirs, in their order. */
export function grouped(items, keyOf) {
  const by = new Map()
  for (const item of items) {
    const list = by.get(keyOf(item))
    if (list) list.push(item)
    else by.set(keyOf(item), [item])
  }
  return by
}

/** By what they are said to be, in the classes' order, nuisances last. @returns {{key: string, tasks: object[]}[]} */
export function groups(state, classes) {
  const by = grouped((state.order ?? []).map((id) => state.tasks.get(id)), finalOf)
  const known = classes.map(({ code }) => code)
  const others = [...by.keys()].filter((key) => key !== NUISANCE && !known.includes(key))
  return [...known, ...others, NUISANCE].filter((key) => by.has(key)).map((key) => ({ key, tasks: by.get(key) }))
}

/** As they lie on the sheet, group by group. */
export function inSight(state, classes) {
  return groups(state, classes).flatMap(({ tasks }) => tasks.map(({ id }) => id))
}

/** Whether somebody who may go on with it could mean this one: not their own word, and not what is done. */
export function isPickable(state, id, me) {
  return state.stage !== "accepted" && !state.gone.has(id) && state.tasks.has(id) && !isOwn(state.tasks.get(id), me)
}

export function isMeant(state, id, me) {
  return isPickable(state, id, me) && !state.out.has(id)
}

export function meant(state, me) {
  return (state.order ?? []).filter((id) => isMeant(state, id, me))
}

/** One taken out, or put back; what a range begins at. */
export function toggled(state, id, me) {
  if (!isPickable(state, id, me)) return { ...state, focus: id }
  return { ...withOut(state, [id], !state.out.has(id)), focus: id, anchor: id }
}

/** From where the last one was toggled to here, all as that one is. */
export function rangeTo(state, id, me, classes) {
  const all = inSight(state, classes)
  const from = all.indexOf(state.anchor)
  if (from < 0) return toggled(state, id, me)
  const to = all.indexOf(id)
  const range = all.slice(Math.min(from, to), Math.max(from, to) + 1).filter((one) => isPickable(state, one, me))
  return { ...withOut(state, range, state.out.has(state.anchor)), focus: id }
}

/** All of them in; where all are in already, out. */
export function allToggled(state, ids, me) {
  const may = ids.filter((id) => isPickable(state, id, me))
  return withOut(state, may, may.every((id) => !state.out.has(id)))
}

function withOut(state, ids, isOut) {
  const out = new Set(state.out)
  for (const id of ids) isOut ? out.add(id) : out.delete(id)
  return { ...state, out }
}

/** What is asked before those that are meant go on: {title, text, yes}; null where none is. @param {"validate"|"accept"} act */
export function questionBefore(state, me, act) {
  const count = meant(state, me).length
  if (!count) return null
  const rest = state.order.length - count
  const [word, means] = { validate: ["Validate", "It says that you have looked at each of them and agree, also at those further down."], accept: ["Accept", "They are locked and go into training data. Only a lead opens them again, with a reason."] }[act]
  const left = rest ? ` ${plural(rest, "other")} on the sheet ${rest === 1 ? "stays as it is" : "stay as they are"}.` : ""
  return { title: `${word} ${plural(count, "decision")}?`, text: `${means}${left}${state.next ? " What is not loaded yet is not touched." : ""}`, yes: `${word} ${countText(count)}` }
}

/** What is sent of those that are meant, so many at once. */
export function batches(state, me, most = MOST_AT_ONCE) {
  const seen = meant(state, me).map((id) => ({ id, seen_revision: state.tasks.get(id).revision }))
  return Array.from({ length: Math.ceil(seen.length / most) }, (_, at) => seen.slice(at * most, (at + 1) * most))
}

/** After a batch: what went on is off the sheet; what was refused stays, out and with its reason. */
export function advanced(state, results) {
  const done = results.filter((one) => one.state === "done").map(({ id }) => id)
  const refused = results.filter((one) => one.state === "refused")
  const problems = new Map(state.problems)
  for (const { id, problem } of refused) problems.set(id, problem.detail || problem.title)
  return without({ ...withOut(state, refused.map(({ id }) => id), true), problems }, done)
}

export function without(state, ids) {
  const away = new Set(ids)
  const order = state.order.filter((id) => !away.has(id))
  const tasks = new Map(order.map((id) => [id, state.tasks.get(id)]))
  const place = state.order.findIndex((id) => !away.has(id) && state.order.indexOf(state.focus) <= state.order.indexOf(id))
  const focus = tasks.has(state.focus) ? state.focus : place < 0 ? (order.at(-1) ?? null) : state.order[place]
  const only = (map) => new Map([...map].filter(([id]) => tasks.has(id)))
  return { ...state, order, tasks, focus, anchor: tasks.has(state.anchor) ? state.anchor : null, problems: only(state.problems), gone: only(state.gone), out: new Set([...state.out].filter((id) => tasks.has(id))) }
}

/** How many were refused for which reason, most first. */
export function refusals(state) {
  const by = grouped([...state.problems], ([, text]) => text)
  return [...by].map(([text, list]) => ({ text, ids: list.map(([id]) => id) })).sort((a, b) => b.ids.length - a.ids.length)
}

/**
 * Somebody has said something of a task.
 *
 * @returns {{state: object, isKnown: boolean}} isKnown: it is on the sheet and has changed; ask what it is now
 */
export function heard(state, { task: id, wafer, state: stage, revision }) {
  const own = state.tasks.get(id)
  if (own) return { state, isKnown: own.revision < revision }
  if (stage !== state.stage || (state.wafer && state.wafer !== wafer) || !state.order) return { state: withFresh(state, id, false), isKnown: false }
  return { state: withFresh(state, id, true), isKnown: false }
}

function withFresh(state, id, isFresh) {
  if (state.fresh.has(id) === isFresh) return state
  const fresh = new Set(state.fresh)
  isFresh ? fresh.add(id) : fresh.delete(id)
  return { ...state, fresh }
}

/** Ids of a first page that are not on the sheet wait to be shown: nothing moves under a hand, nothing unseen is accepted. */
export function withHead(state, tasks) {
  return tasks.reduce((next, { id }) => (next.tasks.has(id) ? next : withFresh(next, id, true)), state)
}

/** A task as it is now. One that went on stays where it is, marked; one that changed is out until somebody looks at it. */
export function withTask(state, task) {
  const before = state.tasks.get(task.id)
  if (!before || before.revision >= task.revision) return state
  const next = { ...state, tasks: new Map(state.tasks).set(task.id, task), problems: new Map(state.problems) }
  next.problems.delete(task.id)
  if (task.state === state.stage) return { ...withOut(next, [task.id], true), problems: next.problems.set(task.id, "It has changed since you looked. Look again, then put it back.") }
  return { ...next, gone: new Map(state.gone).set(task.id, task.state) }
}

/** The one that an arrow leads to. @param {{x: number, y: number}[]} middles of all, in order */
export function inWay(middles, at, [right, down]) {
  if (right) return Math.min(Math.max(0, at + right), middles.length - 1)
  const from = middles[at]
  const beyond = middles.map((middle, index) => ({ index, by: (middle.y - from.y) * down, aside: Math.abs(middle.x - from.x) })).filter(({ by }) => by > 1)
  if (!beyond.length) return at
  const row = Math.min(...beyond.map(({ by }) => by))
  return beyond.filter(({ by }) => by < row + 1).sort((a, b) => a.aside - b.aside)[0].index
}

/** What was said and done of a task, the newest first. */
export function storyOf({ history = [], steps = [] }) {
  return [...history.map((one) => ({ ...one, what: "said" })), ...steps.map((one) => ({ ...one, what: "step" }))].sort((a, b) => b.number - a.number)
}

export function stepWords(state) {
  return { open: "opened it again", validated: "validated it", accepted: "accepted it" }[state] ?? `brought it to ${state}`
}
