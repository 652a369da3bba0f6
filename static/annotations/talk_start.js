/** Comments on a page whose picture lies under deep zoom: its keys, its buttons, and the picture as something to pin to. */
import { bind, sayKey } from "../shared/keys.js"
import { Talk } from "./talk.js"

/** A picture under deep zoom as a surface to pin things to. */
function zoomSurface(zoom, host) {
  const { viewer } = zoom
  return {
    host,
    placement: () => zoom.placement(),
    size: () => [viewer.container.clientWidth, viewer.container.clientHeight],
    image: () => zoom.image,
    show: (box) => { if (zoom.item) { zoom.isWhole = false; zoom.zoomTo(box) } },
    onMoved: (run) => { for (const name of ["update-viewport", "resize", "open"]) viewer.addHandler(name, run) },
  }
}

/** Keys of comments, the same on every page. */
function bindTalk(comments) {
  bind({ action: "talk.begin", keys: ["C"], label: "Comment pinned to a place of the picture", group: "Comments", isOnce: true, run: () => comments.begin() })
  bind({ action: "talk.next", keys: ["J"], label: "The next comment on this picture", group: "Comments", run: () => comments.step() })
  bind({ keys: ["Escape"], label: "Close the comments", group: "Comments", when: () => comments.panel.isOpen, run: () => comments.close() })
  const buttons = [...document.querySelectorAll("[data-talk]")]
  for (const button of buttons) button.addEventListener("click", () => comments.begin())
  sayKey("talk.begin", buttons)
}

/** @param {DeepZoom} zoom @param {HTMLElement} host that it fills @param {() => ?{task: ?string, box: ?number[]}} subject what a new comment is about @returns {Talk} */
export function startTalk(zoom, host, subject) {
  const comments = new Talk(zoomSurface(zoom, host), { me: document.body.dataset.user, mayTalk: Boolean(host.dataset.mayTalk), subject })
  bindTalk(comments)
  return comments
}
