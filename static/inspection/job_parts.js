/** Pieces that the list of jobs and the page of a job share. */
import { h, icon, setAttribute, svg } from "../shared/dom.js"
import { durationText, percentText } from "../shared/formats.js"
import { leftMs, shares } from "./job_state.js"

const PARTS = ["done", "failed", "cancelled"]

export function createBar(job) {
  const bar = svg("svg", { class: "jobbar", viewBox: "0 0 1000 10", preserveAspectRatio: "none", role: "img" }, PARTS.map((part) => svg("rect", { class: `jobbar__${part}`, height: 10, y: 0 })))
  updateBar(bar, job)
  return bar
}

export function updateBar(bar, job) {
  const part = shares(job)
  let x = 0
  PARTS.forEach((name, at) => {
    setAttribute(bar.children[at], "x", (x * 1000).toFixed(1))
    setAttribute(bar.children[at], "width", (part[name] * 1000).toFixed(1))
    x += part[name]
  })
  setAttribute(bar, "aria-label", `${percentText(job.progress)} ended: ${job.done} done, ${job.failed} failed, ${job.cancelled} cancelled of ${job.total}`)
}

/** Time left while it runs, time taken when it is over. */
export function timeText(job, { now, away }) {
  if (job.state === "running") {
    const left = leftMs(job, { now, away })
    return left === null ? "time left unknown" : `${left < 60_000 ? `${Math.max(1, Math.ceil(left / 1000))} s` : durationText(left)} left`
  }
  return job.finished_at ? `took ${durationText(Date.parse(job.finished_at) - Date.parse(job.created_at))}` : ""
}

export function stateElement(job) {
  const sign = job.state === "running" ? "circle-dashed" : job.state === "cancelled" ? "ban" : job.failed ? "triangle-alert" : "circle-check"
  return h("span", { class: "state", "data-state": job.failed && job.state !== "cancelled" ? "degraded" : "ok" }, icon(sign, "small"))
}
