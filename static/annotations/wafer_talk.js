/** Comments on the images of a wafer. The page of the wafer says when its picture is there, and knows nothing of comments. */
import { startTalk } from "./talk_start.js"

document.addEventListener("waferdeck:picture", ({ detail: { zoom, subject } }) => startTalk(zoom, document.querySelector("#viewer"), subject), { once: true })
