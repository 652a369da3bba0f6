/** Sends one image to be inspected. */
import { sendForm } from "../shared/sending.js"

/**
 * @param {{file: File, fields: Object<string, string>, key: string, onProgress: (sent: number) => void}} what
 * @returns {{answer: Promise<object>, abort: () => void}} the run; rejects with a Problem
 */
export function send(what) {
  return sendForm({ ...what, path: "inference/predict/", name: "image" })
}
