/** Pictures that could not be loaded while the server was away are asked for again when it is back. */

export function startPictures() {
  // Loading and failing do not bubble, but are seen on their way down.
  document.addEventListener("error", ({ target }) => { if (target instanceof HTMLImageElement) target.dataset.broken = "yes" }, { capture: true })
  document.addEventListener("load", ({ target }) => { if (target instanceof HTMLImageElement) delete target.dataset.broken }, { capture: true })
  document.addEventListener("live:resync", loadAgain)
}

function loadAgain() {
  if (document.documentElement.dataset.link !== "on") return
  for (const image of document.querySelectorAll("img[data-broken]")) image.src = image.getAttribute("src")
}
