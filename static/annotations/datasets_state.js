/** The list of data sets, and what is sent to freeze one. No DOM. */
import { countText, percentText } from "../shared/formats.js"
import { selectionText } from "./queues_state.js"

export const SPLITS = ["train", "validation", "test"]
export const SPLIT_WORDS = { train: "Train", validation: "Validation", test: "Test" }
const LISTS = ["recipes", "layers", "tools", "classes", "lots"]
const STATE_WORDS = { decided: "decided", validated: "validated", accepted: "accepted" }
const FIELDS = ["code", "name", "states", "since", "until", "shares", "seed", ...LISTS]
const DEFAULT_SHARES = [0.7, 0.15, 0.15]

export function totalOf(counts) {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0)
}

/** "70 · 15 · 15", or a dash while nobody knows. */
export function splitsText(images) {
  return totalOf(images) ? SPLITS.map((split) => countText(images[split] ?? 0)).join(" · ") : "–"
}

/** @returns {{word: string, kind: string, share: ?number}} what stands in the column of its state; share while it is built and known */
export function stateOf({ state, progress }) {
  if (state === "failed") return { word: "Failed", kind: "failed", share: null }
  if (state === "ready") return { word: "Ready", kind: "ready", share: null }
  const isCounted = progress.total > 0
  return { word: isCounted ? `${countText(progress.done)} of ${countText(progress.total)} images` : "Gathering", kind: "building", share: isCounted ? progress.share : null }
}

/** What was chosen, in words: "Pits of layer M3, accepted, received from 1 Nov 2026". */
export function chosenText(selection, nameOf, momentOf = (moment) => moment) {
  const { states = ["accepted"], since, until, lots = [] } = selection
  const what = selectionText(selection, nameOf)
  const from = [since && `from ${momentOf(since)}`, until && `before ${momentOf(until)}`].filter(Boolean).join(" ")
  return [what, lots.length ? `of ${lots.length === 1 ? `lot ${lots[0]}` : `${lots.length} lots`}` : "", states.map((state) => STATE_WORDS[state] ?? state).join(" or "), from && `received ${from}`].filter(Boolean).join(", ")
}

/** A code nobody has yet: SET-2026-11-22, then with -2, -3. @param {string[]} taken */
export function freeCode(now, taken) {
  const stem = `SET-${now.toISOString().slice(0, 10)}`
  const used = new Set(taken)
  let number = 1
  while (used.has(number === 1 ? stem : `${stem}-${number}`)) number += 1
  return number === 1 ? stem : `${stem}-${number}`
}

/** What the form begins with. @param {{code: string, name?: string, selection?: object, shares?: number[], seed?: number}} wanted */
export function formOf({ code, name = "", selection = {}, shares = DEFAULT_SHARES, seed = 0 }) {
  const [train, validation, test] = shares.map((share) => Math.round(share * 1e6) / 1e4)
  return {
    code, name, train, validation, test, seed, states: selection.states ?? ["accepted"], since: localOf(selection.since), until: localOf(selection.until),
    ...Object.fromEntries(LISTS.map((list) => [list, selection[list] ?? []])),
  }
}

/** What is asked ahead, or frozen. Empty lists take all and are left out. */
export function bodyOf({ code, name, train, validation, test, seed, states, since, until, ...lists }, kept = {}) {
  const chosen = Object.fromEntries(LISTS.filter((list) => lists[list]?.length).map((list) => [list, lists[list]]))
  const selection = { ...kept, ...chosen, states, ...(since && { since: momentOf(since) }), ...(until && { until: momentOf(until) }) }
  return { code: code.trim(), name: name.trim(), selection, seed: Number(seed), shares: [train, validation, test].map((share) => Math.round(Number(share) * 1e4) / 1e6) }
}

/** What is wrong before anything is asked: {} or {field: words}. */
export function formErrors({ code, name, shares, seed, selection: { states, since, until } }, { isCodeNeeded = true, isNameNeeded = false } = {}) {
  const errors = {}
  if (isCodeNeeded && !code) errors.code = "Give it a code."
  if (isNameNeeded && !name) errors.name = "Say what it is for: there is something to mind about it."
  if (shares.some((share) => !(share >= 0)) || Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) > 1e-6) errors.shares = `They make ${percentText(shares.reduce((sum, share) => sum + (share || 0), 0))}; they must make 100 %.`
  if (!Number.isInteger(seed) || seed < 0) errors.seed = "A whole number from 0."
  if (states.length === 0) errors.states = "Choose at least one."
  if (since && until && since >= until) errors.since = "The beginning is not before the end."
  return errors
}

/** What the button says: whoever freezes in spite of a warning says so. @param {number} warnings how many stand beside the choice */
export const freezeWord = (warnings) => (warnings ? "Freeze all the same" : "Freeze")

/** What is wrong with which field, from a problem document. */
export function fieldErrors(problem) {
  if (problem.code === "code_taken") return { code: problem.message }
  const errors = {}
  const walk = (path, value) => {
    if (value && typeof value === "object" && !Array.isArray(value)) return Object.entries(value).forEach(([key, inner]) => walk([...path, key], inner))
    const name = path.findLast((part) => FIELDS.includes(part)) ?? "form"
    errors[name === "until" ? "since" : name] ??= [value].flat().join(" ")
    return undefined
  }
  for (const [path, value] of Object.entries(problem.fields ?? {})) walk(path.split("."), value)
  return Object.keys(errors).length ? errors : { form: problem.message }
}

/** What is to be minded, with classes as people call them. @param {{text: string, classes?: string[]}} warning */
export function warningText({ text, classes = [] }, nameOf) {
  return classes.reduce((words, code) => words.replace(new RegExp(`(?<![\\w-])${code.replace(/[^\w-]/g, "")}(?![\\w-])`), nameOf(code).toLowerCase()), text)
}

/** Rows of the table ahead: each class with its counts by split, the rarest last, and sums. */
export function previewRows({ classes }, nameOf) {
  const codes = [...new Set(SPLITS.flatMap((split) => Object.keys(classes[split] ?? {})))]
  return codes.map((code) => {
    const counts = SPLITS.map((split) => classes[split]?.[code] ?? 0)
    return { code, name: nameOf(code), counts, sum: counts.reduce((sum, count) => sum + count, 0) }
  }).sort((a, b) => b.sum - a.sum || a.code.localeCompare(b.code))
}

function momentOf(local) {
  return new Date(local).toISOString()
}

/** A moment as a field for local times has it. */
function localOf(moment) {
  if (!moment) return ""
  const time = new Date(moment)
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
