/** Does once what many events ask for within `waitMs`. Not put off by each of them: a steady stream would never let it come. */
export function soon(run, waitMs) {
  let timer = null
  return () => {
    timer ??= setTimeout(() => {
      timer = null
      run()
    }, waitMs)
  }
}
