/** Answers may overtake each other. Who asks takes a turn; an answer counts unless one of a later turn has been used. */
export function turns() {
  let taken = 0
  let latest = 0
  return {
    take() {
      taken += 1
      return taken
    },
    /** Asked once, when the answer, or the news that there is none, has come. */
    counts(turn) {
      if (turn < latest) return false
      latest = turn
      return true
    },
  }
}
