"""Images on their way to the running product, and what came of them."""

from typing import Any

import cv2
import requests

from demo.synthetic.scene import draw_scene
from tests.live_stack import LiveStack, eventually


def send(stack: LiveStack, session: requests.Session, *, image: bytes, **fields: str) -> dict[str, Any]:
    """Inspect an image and return its run with detections."""
    answer = session.post(
        f"{stack.api}/inference/predict/", files={"image": ("e2e.png", image, "image/png")}, data=fields, timeout=60
    )
    assert answer.status_code in (200, 202), answer.text
    run = answer.json()

    def done() -> dict[str, Any] | None:
        found = session.get(f"{stack.api}/inference/results/{run['id']}/", timeout=10).json()
        return found if found["state"] == "done" else None

    return run if run["state"] == "done" else eventually(done, within_s=60, every_s=0.3, what="the run to be done")


def troubled_png(seed: int, *, side_px: int = 512) -> bytes:
    """A wafer with several gross defects; every seed is another picture."""
    defects = ("scratch", "pit", "stain", "bridge", "crack", "particle", "pit")
    scene = draw_scene(seed=[4711, seed], size_px=(side_px, side_px), defects=defects, look="brightfield", rim=False)
    return bytes(cv2.imencode(".png", scene.pixels)[1])
