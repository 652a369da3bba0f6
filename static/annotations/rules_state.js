/** Rules of training: what they say in words, and what is sent. No DOM. */
import { plural } from "../shared/formats.js"

const LISTS = ["classes", "layers", "recipes"]

/** "When 500 annotations are newly accepted, or every 30 days if there is any." */
export function ruleText({ least_new: least, every_days: days }) {
  const count = least && `${plural(least, "annotation is", "annotations are")} newly accepted`
  const schedule = days && `after ${plural(days, "day")} if any is`
  if (count && schedule) return `When ${count}, or ${schedule}.`
  return count ? `When ${count}.` : `After ${plural(days, "day")}, if any annotation is newly accepted.`
}

/** What is sent. Of a changed rule its choice keeps what the form has no field for. @param {?object} rule that is changed */
export function ruleBody({ code, least, days, ...lists }, rule) {
  const { states, ...kept } = rule?.selection ?? {}
  const chosen = Object.fromEntries(LISTS.map((list) => [list, lists[list] ?? []]))
  const settings = { selection: { ...withoutEmpty(kept), ...chosen }, least_new: wholeOf(least), every_days: wholeOf(days) }
  return rule ? { seen_version: rule.version, ...settings } : { code: code.trim(), ...settings }
}

/** What is wrong before it is asked. */
export function ruleErrors({ code, least_new: least, every_days: days }, rule) {
  const errors = {}
  if (!rule && !code) errors.code = "Give it a code."
  if (Number.isNaN(least) || least === 0) errors.least = "A whole number from 1, or nothing."
  if (Number.isNaN(days) || days === 0) errors.days = "A whole number from 1, or nothing."
  if (least === null && days === null) errors.least = "Say how many, or after how many days, or both."
  return errors
}

function wholeOf(text) {
  if (text === "") return null
  return /^\d+$/.test(text) ? Number(text) : NaN
}

function withoutEmpty(selection) {
  return Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== null))
}
