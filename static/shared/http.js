/** Requests to our own API: JSON in, JSON out, problems as errors that say what to do. */

export const API = "/api/v1"

/** A problem document, or the absence of any answer (`status` 0). */
export class Problem extends Error {
  constructor({ status = 0, code = "unreachable", title = "", detail = "", request_id: requestId = "", retry_after_s: retryAfterS = null, fields = null, current = null }) {
    super(detail || title || "The server did not answer.")
    // `current`: what has become of a thing that somebody else has changed meanwhile.
    Object.assign(this, { status, code, title, requestId, retryAfterS, fields, current })
  }

  /** Whether the same request may succeed later without anybody changing anything. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status === 503 || this.status === 502 || this.status === 504
  }
}

/** Programs are told of a header and a token; a person signs in. */
const SIGN_IN_ENDED = { title: "Your sign-in has ended", detail: "Your sign-in has ended. Sign in again." }

/** A random id of 128 bits as hex. `crypto.randomUUID` is missing on pages that come over plain HTTP from another host. */
export function uniqueId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** What proves that a change comes from our page: the cookie's, which is new after signing in again in another tab, else the form's. */
export function csrfToken() {
  return cookieOf("__Host-csrftoken") ?? cookieOf("csrftoken") ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""
}

function cookieOf(name) {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))
  return cookie && decodeURIComponent(cookie.slice(name.length + 1))
}

export function problemFrom(status, text, retryAfter = null) {
  let body = {}
  try {
    body = JSON.parse(text)
  } catch {
    body = { title: `The server answered ${status}`, detail: status >= 500 ? "Something broke on our side. Try again." : `The server answered ${status}.` }
  }
  const waitS = Number(retryAfter)
  const words = status === 401 ? SIGN_IN_ENDED : {}
  return new Problem({ retry_after_s: retryAfter !== null && Number.isFinite(waitS) ? waitS : null, ...body, ...words, status })
}

export async function getJson(path, { timeoutMs = 10_000, signal } = {}) {
  return send(path, { headers: { Accept: "application/json" } }, { timeoutMs, signal })
}

function headersFor(idempotencyKey) {
  return { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "Idempotency-Key": idempotencyKey }
}

/** Browsers let a page that is being left send so much. */
const MOST_PARTING_BYTES = 60_000

/** @param {{isParting?: boolean}} how isParting: goes out though the page is left in the same moment */
export async function postJson(path, body = {}, { timeoutMs = 15_000, idempotencyKey = uniqueId(), isParting = false } = {}) {
  const headers = headersFor(idempotencyKey)
  const text = JSON.stringify(body)
  return send(path, { method: "POST", headers, body: text, keepalive: isParting && new TextEncoder().encode(text).length < MOST_PARTING_BYTES }, { timeoutMs })
}

/** Puts something in the place of what is there. */
export async function putJson(path, body = {}, { timeoutMs = 15_000, idempotencyKey = uniqueId() } = {}) {
  return send(path, { method: "PUT", headers: headersFor(idempotencyKey), body: JSON.stringify(body) }, { timeoutMs })
}

/** Takes something away. @param {object} query what of it, and why */
export async function deleteJson(path, query = {}, { timeoutMs = 15_000 } = {}) {
  return send(`${path}?${new URLSearchParams(query)}`, { method: "DELETE", headers: { Accept: "application/json", "X-CSRFToken": csrfToken() } }, { timeoutMs })
}

/** A question's end: [answer, null], or [null, problem]. What a page makes of it is outside of any catch, where faults are seen. */
export async function outcome(question) {
  try {
    return [await question, null]
  } catch (problem) {
    return [null, problem]
  }
}

async function send(path, options, { timeoutMs, signal }) {
  const limit = AbortSignal.timeout(timeoutMs)
  let answer
  let text
  try {
    answer = await fetch(path.startsWith("/") ? path : `${API}/${path}`, {
      ...options, credentials: "same-origin", signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
    text = await answer.text()
  } catch (fault) {
    if (signal?.aborted) throw fault
    throw new Problem({ detail: options.method ? "The server does not answer. It may have done this all the same; look before you do it again." : "The server does not answer." })
  }
  if (!answer.ok) throw heeded(problemFrom(answer.status, text, answer.headers.get("Retry-After")))
  const body = text ? jsonFrom(text) : null
  document.dispatchEvent(new CustomEvent("waferdeck:contact"))
  return body
}

/** The problem itself. Where it says that nobody is signed in any more, the whole page hears of it. */
export function heeded(problem) {
  if (problem.status === 401) tellSignedOut()
  return problem
}

/** Whether another page answered than the one at `path` that was asked for: the sign-in, of which the whole page hears. */
export function isSentElsewhere(answer, path) {
  const isElsewhere = answer.redirected && new URL(answer.url).pathname !== path
  if (isElsewhere) tellSignedOut()
  return isElsewhere
}

function tellSignedOut() {
  document.dispatchEvent(new CustomEvent("waferdeck:signed-out"))
}

/** The body of a good answer. Throws a Problem that passes where somebody else answered in the server's place. */
export function jsonFrom(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem({ status: 502, code: "unreadable", title: "The answer cannot be read", detail: "Something between this page and the server answered in its place. If it lasts, load the page again." })
  }
}
