/** Sends a form with a file and tells how far it is. XMLHttpRequest, because fetch does not report the progress of a body. */
import { API, Problem, csrfToken, heeded, jsonFrom, problemFrom } from "./http.js"

const ANSWER_MS = 120_000

/**
 * @param {{path: string, fields: Object<string, string>, file: File, name: string, key: string, onProgress: (sent: number) => void}} what name: of the file's field
 * @returns {{answer: Promise<object>, abort: () => void}} rejects with a Problem
 */
export function sendForm({ path, fields, file, name, key, onProgress }) {
  const request = new XMLHttpRequest()
  const body = new FormData()
  for (const [field, value] of Object.entries(fields)) if (value !== "") body.append(field, value)
  body.append(name, file, file.name)
  const answer = new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(Math.round((loaded / total) * file.size))
    request.upload.onload = () => onProgress(file.size)
    request.onload = () => {
      try {
        if (request.status !== 200 && request.status !== 202) throw heeded(problemFrom(request.status, request.responseText, request.getResponseHeader("Retry-After")))
        resolve(jsonFrom(request.responseText))
      } catch (problem) {
        reject(problem)
      }
    }
    request.onerror = () => reject(new Problem({ title: "The server cannot be reached" }))
    request.ontimeout = () => reject(new Problem({ title: "The server took too long" }))
    request.onabort = () => reject(new Problem({ status: 499, code: "cancelled", title: "Cancelled" }))
  })
  request.open("POST", `${API}/${path}`)
  request.setRequestHeader("Accept", "application/json")
  request.setRequestHeader("X-CSRFToken", csrfToken())
  request.setRequestHeader("Idempotency-Key", key)
  // A slow line may take minutes for a large file; silence after it may not.
  request.timeout = ANSWER_MS + file.size / 50
  request.send(body)
  return { answer, abort: () => request.abort() }
}
