/** Who is named anywhere sees it in the title bar of every page. */
import { setAttribute, setText } from "../shared/dom.js"
import { getJson, outcome } from "../shared/http.js"
import { soon } from "../shared/soon.js"
import { toast } from "../shared/toast.js"
import { mentionWords } from "./mentions_state.js"

const SETTLE_MS = 400
const slot = document.querySelector("#mentions")
const me = document.body.dataset.user

function show({ unread }) {
  const words = mentionWords(unread)
  setAttribute(slot, "data-count", unread || null)
  setText(slot.querySelector("[data-text]"), words.text)
  setAttribute(slot, "aria-label", words.title)
  setAttribute(slot, "title", words.title)
}

const ask = soon(async () => {
  const [answer] = await outcome(getJson("review/mentions/unread/"))
  if (answer) show(answer)
}, SETTLE_MS)

if (slot) {
  document.addEventListener("live:thread.changed", ({ detail: { data } }) => {
    if (!data.mentions.includes(me) || data.by === me) return
    ask()
    toast(`${data.by} names you in a comment.`, { action: { label: "See it", run: () => slot.click() } })
  })
  document.addEventListener("waferdeck:mentions-read", ({ detail }) => show(detail))
  // The sockets of a page say so when it is drawn, too.
  document.addEventListener("live:resync", ask)
}
