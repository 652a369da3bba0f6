/** What a person should know about an image: why it is not judged by what was found on it, then how it was read. No DOM. */
export function remarksOf(image) {
  return [...(image?.flaws ?? []).map(({ text }) => text), ...(image?.notes ?? [])]
}
