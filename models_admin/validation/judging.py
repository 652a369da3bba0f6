"""Asking a version about every image of a golden set, through the real server, as in production."""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.image_decoder import ImageDecoder
from domain.datasets.records import ImageRecord
from domain.detection.types import Detections
from models_admin.validation.golden_images import image_bytes
from models_admin.validation.reading import Reading
from serving.client import TritonClient
from serving.detector import Detector, ask, find, findings, opinions

ASKED_AT_ONCE = 2
SAID_EVERY = 8
# Of what lies below every threshold so many are kept of an image: more are not counted either.
MOST_KEPT = 100
_LONGEST_MEASURED_S = 20.0

Say = Callable[[int], None]


@dataclass(frozen=True)
class Answer:
    """What a version found on one image: rows of class index, x, y, w, h in original pixels and confidence.

    Attributes:
        reported: under the thresholds in force.
        all: everything that the model has an opinion of, the most confident first.
    """

    reported: list[list[float]]
    all: list[list[float]]


@dataclass(frozen=True, eq=False)
class Asking:
    """Who is asked, and through what."""

    detector: Detector
    reading: Reading
    client: TritonClient
    decoder: ImageDecoder


def judge_all(images: Sequence[ImageRecord], asking: Asking, *, say: Say) -> list[Answer]:
    """The answer to each image, in their order.

    Args:
        say: called now and then with how many are done; what it raises ends the judging.

    Raises:
        serving.errors.ServingError: the model did not answer, or not as it promised.
        core.image_decoder errors: an image cannot be decoded now.
        FileNotFoundError: an image is not in the store any more.
    """
    answers: list[Answer] = []
    with ThreadPoolExecutor(max_workers=ASKED_AT_ONCE) as threads:
        for start in range(0, len(images), SAID_EVERY):
            some = images[start : start + SAID_EVERY]
            answers += threads.map(lambda image: judge_one(image_bytes(image), asking), some)
            say(len(answers))
    return answers


def judge_one(data: bytes, asking: Asking) -> Answer:
    """Decode and preprocess a file, ask about it once, and read the answer twice."""
    decoded = asking.decoder.ingest(data, profile=dict(asking.reading.preprocessing))
    answered = ask(
        decoded.grey,
        width_px=decoded.width_px,
        height_px=decoded.height_px,
        detector=asking.detector,
        client=asking.client,
    )
    reported = findings(answered, detector=asking.detector)
    everything = opinions(answered, detector=asking.detector)
    return Answer(reported=_rows(reported), all=_rows(everything)[:MOST_KEPT])


@dataclass(frozen=True)
class Speed:
    """How long images took, from the file to the findings.

    Attributes:
        clients: how many were asked about at once.
        latencies_ms: of each image.
        wall_s: from the first to the last.
    """

    clients: int
    latencies_ms: tuple[float, ...]
    wall_s: float

    def as_dict(self) -> dict[str, Any]:
        p50, p95, p99 = np.percentile(self.latencies_ms, (50, 95, 99))
        return {
            "clients": self.clients,
            "images": len(self.latencies_ms),
            "mean_ms": round(float(np.mean(self.latencies_ms)), 2),
            "p50_ms": round(float(p50), 2),
            "p95_ms": round(float(p95), 2),
            "p99_ms": round(float(p99), 2),
            "images_per_s": round(len(self.latencies_ms) / self.wall_s, 2),
        }


def measure_speed(files: Sequence[bytes], asking: Asking, *, clients: int, images: int) -> Speed:
    """Ask about files again and again, so many images in all or for 20 s at most, and time each.

    Raises:
        as `judge_all`.
    """
    end_s = time.monotonic() + _LONGEST_MEASURED_S

    def timed(number: int) -> float | None:
        if time.monotonic() > end_s:
            return None
        started_s = time.perf_counter()
        decoded = asking.decoder.ingest(files[number % len(files)], profile=dict(asking.reading.preprocessing))
        find(
            decoded.grey,
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            detector=asking.detector,
            client=asking.client,
        )
        return (time.perf_counter() - started_s) * 1000

    # What happens at first use only is nobody's latency.
    timed(0)
    began_s = time.perf_counter()
    with ThreadPoolExecutor(max_workers=clients) as threads:
        taken = [spent_ms for spent_ms in threads.map(timed, range(images)) if spent_ms is not None]
    return Speed(clients=clients, latencies_ms=tuple(taken), wall_s=time.perf_counter() - began_s)


def packed(answers: Sequence[Answer]) -> bytes:
    """Answers as bytes for the store: the same answers give the same bytes."""
    rows = [[one.reported, one.all] for one in answers]
    return gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0)


def unpacked(content: bytes) -> list[Answer]:
    """What `packed` made."""
    return [Answer(reported=reported, all=every) for reported, every in json.loads(gzip.decompress(content))]


def _rows(found: Detections) -> list[list[float]]:
    return list(_each(found))


def _each(found: Detections) -> Iterator[list[float]]:
    for index, box, confidence in zip(found.class_index, found.boxes_px, found.confidence, strict=True):
        yield [int(index), *(round(float(side), 2) for side in box), round(float(confidence), 5)]
