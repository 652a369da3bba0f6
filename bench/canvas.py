"""How long the review's canvas takes over a frame with thousands of shapes: `python -m bench.canvas`.

Drives headless Chromium, which has no GPU: every pixel is painted by a processor, so a desk is faster than this. A
frame is measured to where its pixels are there (one of them is read back), not to where its commands are given.
"""

import argparse
import functools
import http.server
import json
import os
import threading
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parents[1] / "static"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FRAME_MS = 1000 / 60
SCREEN = {"width": 1920, "height": 1080}
PAGE = "<!doctype html><title>canvas</title><body><canvas id=c width=1920 height=1080></canvas>"
SCRIPT = """
async ({ count, frames, isFresh }) => {
  const { ShapeLayer } = await import("/annotations/canvas/layer.js")
  const { paintMany } = await import("/annotations/canvas/paint_many.js")
  const { boxOf } = await import("/annotations/canvas/shapes.js")
  const size = { width_px: 8192, height_px: 8192 }
  let seed = 7
  const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647)
  const colours = ["#e4572e", "#5bc0eb", "#9bc53d", "#c3423f", "#fde74c", "#6457a6", "#48a9a6", "#ff9f1c"]
  const shapeAt = (at) => {
    const [x, y, w, h] = [random() * 8000, random() * 8000, 8 + random() * 60, 8 + random() * 60]
    if (at % 4 === 1) return { kind: "rotated", center_px: [x, y], size_px: [w, h], angle_deg: random() * 90 }
    const corner = (_, n) => [x + w * Math.cos(n / 1.91), y + h * Math.sin(n / 1.91)]
    if (at % 4 === 2) return { kind: "polygon", points_px: Array.from({ length: 12 }, corner) }
    if (at % 40 === 3) return { kind: "point", at_px: [x, y] }
    return { kind: "box", bbox_px: [x, y, w, h] }
  }
  const items = Array.from({ length: count }, (_, at) => ({ shape: shapeAt(at), colour: colours[at % 8] }))
  const boxed = items.map((item) => ({ ...item, box: boxOf(item.shape, size) }))
  const context = document.querySelector("canvas").getContext("2d")
  const view = [1920, 1080]
  const middle = (scale, x = 4096, y = 4096) => ({ scale, x: 960 - x * scale, y: 540 - y * scale })
  const ways = {
    "pan, all in sight": (n) => ({ ...middle(0.13), x: middle(0.13).x + n * 2, y: middle(0.13).y + n }),
    "pan, some in sight": (n) => middle(0.6, 3000 + n * 8, 3000 + n * 4),
    "zoom": (n) => middle(0.13 * 1.02 ** n),
  }
  const result = {}
  for (const [name, way] of Object.entries(ways)) {
    const layer = new ShapeLayer(() => {})
    layer.setShapes(items, size, "rgba(0,0,0,.7)")
    const [spent, gaps] = [[], []]
    let last = null
    for (let n = 0; n < frames; n += 1) {
      await new Promise(requestAnimationFrame)
      const begun = performance.now()
      if (last !== null) gaps.push(begun - last)
      last = begun
      context.clearRect(0, 0, 1920, 1080)
      if (isFresh) [...paintMany(context, boxed, way(n), { size, rim: "rgba(0,0,0,.7)" })]
      else layer.draw(context, way(n), view)
      context.getImageData(0, 0, 1, 1)
      spent.push(performance.now() - begun)
    }
    result[name] = { spent, gaps }
  }
  return result
}
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        return


def measured(*, count: int, frames: int, is_fresh: bool) -> dict[str, dict[str, list[float]]]:
    """For each way to move the picture: ms that each frame took, and ms from one frame to the next."""
    from playwright.sync_api import sync_playwright

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport=SCREEN)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        found: dict[str, dict[str, list[float]]] = page.evaluate(
            SCRIPT, {"count": count, "frames": frames, "isFresh": is_fresh}
        )
        browser.close()
    server.shutdown()
    return found


def told(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in ms, and how many took longer than a frame has at 60 a second."""
    ordered = sorted(values)
    at = [ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 1.0)]
    named = dict(zip(("median_ms", "p95_ms", "worst_ms"), (round(value, 1) for value in at), strict=True))
    return {**named, "too_long": sum(value > FRAME_MS for value in values), "of": len(values)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=int, default=5000)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--fresh", action="store_true", help="draw every frame anew, as one would without the sheet")
    arguments = parser.parse_args()
    found = measured(count=arguments.shapes, frames=arguments.frames, is_fresh=arguments.fresh)
    print(
        json.dumps(
            {way: {"frame": told(one["spent"]), "gap": told(one["gaps"])} for way, one in found.items()}, indent=1
        )
    )


if __name__ == "__main__":
    main()
