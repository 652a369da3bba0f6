/** Opinions of one task side by side: who they are, where they differ, and what a lead says between them. No DOM. */

/** Boxes that overlap by so much mean the same place: as the server has it. */
const SAME_PLACE_IOU = 0.5
/** One line per person, told apart without colour; longer lists begin again, for letters go on. */
const DASHES = [[], [9, 5], [2, 4], [12, 4, 2, 4]]
const FIRST_LETTER = 65

/** @returns {{letter: string, dash: number[], at: number, said: object, box: ?number[], shape: ?object, code: ?string}[]} one per opinion, the earliest first */
export function voicesOf(task) {
  return task.opinions.map((said, at) => ({
    letter: String.fromCharCode(FIRST_LETTER + at), dash: DASHES[at % DASHES.length], at, said,
    box: said.verdict === "defect" ? said.bbox_px ?? task.bbox_px : null, shape: said.verdict === "defect" ? said.shape ?? null : null, code: said.verdict === "defect" ? said.class_code : null,
  }))
}

export function overlapOf([ax, ay, aw, ah], [bx, by, bw, bh]) {
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx)
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by)
  if (width <= 0 || height <= 0) return 0
  return (width * height) / (aw * ah + bw * bh - width * height)
}

export function unionOf(boxes) {
  const [left, top] = [0, 1].map((axis) => Math.min(...boxes.map((box) => box[axis])))
  const [right, bottom] = [0, 1].map((axis) => Math.max(...boxes.map((box) => box[axis] + box[axis + 2])))
  return [left, top, right - left, bottom - top]
}

/** All that was drawn around this, the model's box among it. */
export function groundOf(task) {
  return unionOf([task.bbox_px, ...voicesOf(task).map(({ box }) => box).filter(Boolean)])
}

/** @returns {("verdict"|"class"|"place")[]} what they differ in */
export function differences(task) {
  const voices = voicesOf(task)
  const boxed = voices.filter(({ box }) => box)
  const isSplit = (values) => new Set(values).size > 1
  const [ofVerdict, ofClass] = [isSplit(voices.map(({ said }) => said.verdict)), isSplit(boxed.map(({ code }) => code))]
  const isApart = boxed.some((one, at) => boxed.slice(at + 1).some((other) => !one.shape && !other.shape && overlapOf(one.box, other.box) < SAME_PLACE_IOU))
  // Shapes are compared pixel by pixel, by the server: where they differ in nothing else they differ in that.
  const isElsewhere = isApart || (boxed.some(({ shape }) => shape) && task.state === "disputed" && !ofVerdict && !ofClass)
  return [ofVerdict && "verdict", ofClass && "class", isElsewhere && "place"].filter(Boolean)
}

/** The same in words: ["Verdict: defect or nuisance", "Class: pit or void"]. */
export function differenceWords(task, nameOf) {
  const codes = [...new Set(voicesOf(task).map(({ code }) => code).filter(Boolean))]
  const words = { verdict: "Verdict: defect or nuisance", class: `Class: ${codes.map((code) => nameOf(code).toLowerCase()).join(" or ")}`, place: "Place: what they drew lies apart" }
  return differences(task).map((kind) => words[kind])
}

/** Since when they differ: the last word made it so. */
export function disputedAt(task) {
  return task.opinions.map(({ made_at: at }) => at).sort().at(-1) ?? null
}

/** Whether one of the words is this person's: then somebody else decides. */
export function isOwn(task, me) {
  return task.opinions.some(({ author }) => author === me) || task.annotation?.author === me
}

/** A ruling that takes an opinion as it is. */
export function taken({ said, box, shape, code }) {
  return said.verdict === "nuisance" ? { verdict: "nuisance", of: said.author } : { verdict: "defect", class_code: code, ...(shape ? { shape } : { bbox_px: box }), of: said.author }
}

/** What is sent. The reason is kept with the record, and shown to whoever differed. */
export function rulingBody(task, { of: _, ...word }, { reason, tookMs }) {
  const text = reason.trim()
  return { seen_revision: task.revision, ...word, took_ms: Math.max(0, Math.round(tookMs)), ...(text && { reason: text, comment: text }) }
}

/** What was ruled: "reviewer2's: Pit", "Nuisance". */
export function rulingWords({ verdict, class_code: code, of }, nameOf) {
  const what = verdict === "nuisance" ? "Nuisance" : nameOf(code)
  return of ? `${of}’s: ${what}` : what
}
