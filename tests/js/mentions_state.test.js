import assert from "node:assert/strict"
import { test } from "node:test"
import { mentionWords, rowOfMention, rowOfThread, withRows } from "../../static/annotations/mentions_state.js"

const thread = { id: "t1", image: { id: "i1" }, wafer: { id: "w1" }, run: "r1", state: "open", author: "ann", started_at: "2026-11-21T12:00:00Z", is_unread: true, comments: [
  { id: "c1", kind: "said", author: "ann", text: "@bob?", made_at: "2026-11-21T12:00:00Z" }, { id: "c2", kind: "said", author: "eve", text: "A pit", made_at: "2026-11-21T12:05:00Z" }, { id: "c3", kind: "resolved", author: "eve", text: "", made_at: "2026-11-21T12:06:00Z" }] }

test("the bar says nothing while all is read, and no more than the server counts", () => {
  assert.equal(mentionWords(0).text, "")
  assert.equal(mentionWords(1).title, "1 comment names you and is not read")
  assert.equal(mentionWords(100).text, "100+")
})

test("a mention shows who named me and leads to the place", () => {
  const row = rowOfMention({ id: "m1", comment: "c1", is_read: false, made_at: "2026-11-21T12:00:00Z", thread })
  assert.deepEqual([row.author, row.text, row.isRead, row.address], ["ann", "@bob?", false, "/wafers/w1/?run=r1&image=i1&thread=t1"])
})

test("a thread shows what was said last", () => {
  assert.deepEqual([rowOfThread(thread).author, rowOfThread(thread).text, rowOfThread(thread).isRead], ["eve", "A pit", false])
})

test("more rows come after those that are there, each once", () => {
  assert.deepEqual(withRows([{ id: "b", at: "2" }], [{ id: "b", at: "2" }, { id: "a", at: "1" }]).map(({ id }) => id), ["b", "a"])
})
