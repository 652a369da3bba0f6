/** Keys of what a page makes: it knows them before the server has answered. */
import { uniqueId } from "./http.js"

/** Sorted by its time, as all keys are: lists have the newest first by them. The rest is chance. */
export function timedId(hex, nowMs) {
  const digits = `${Math.floor(nowMs).toString(16).padStart(12, "0")}7${hex.slice(13, 16)}${"89ab"[parseInt(hex[16], 16) & 3]}${hex.slice(17)}`
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

export const newId = () => timedId(uniqueId(), Date.now())
