"""Data sets: what freezing, exporting and importing cost, beside nothing else.

    python -m runtime exec --scratch --var var/bench/datasets --only postgres,redis -- python -m bench.datasets

Rows are written past the services: images that were inspected, without files. CPU is that of this process and of
PostgreSQL together; the machine may do other things meanwhile, so rates by the clock are lower bounds.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

SIDE_PX = 1024
MOST_IMAGES_OF_FILE = 10_000
_SEED = """
WITH lots AS (
    INSERT INTO lot (site_id, code, product_id, created_at)
    SELECT %(site)s, 'L' || n, %(product)s, now() FROM generate_series(1, 100) n RETURNING id, code
), wafers AS (
    INSERT INTO wafer (id, site_id, lot_id, code, slot, created_at)
    SELECT gen_random_uuid(), %(site)s, id, 'W1', 1, now() FROM lots RETURNING id
), numbered AS (SELECT id, row_number() OVER () AS number FROM wafers), images AS (
    INSERT INTO inspection_image (id, site_id, wafer_id, layer_id, sha256, pixel_sha256, bytes, width_px, height_px,
        bit_depth, channels, format, file_name, store_key, thumbnail_key, pixel_um, quality, notes, received_at,
        received_from)
    SELECT gen_random_uuid(), %(site)s, numbered.id, %(layer)s, encode(sha256(n::text::bytea), 'hex'),
        encode(sha256(n::text::bytea), 'hex'), 1, %(side)s, %(side)s, 8, 1, 'png', n || '.png', 'none', 'none', 1, '{}',
        '[]', now(), 'bench'
    FROM generate_series(1, %(images)s) n JOIN numbered ON numbered.number = 1 + n %% 100 RETURNING id, wafer_id
), runs AS (
    INSERT INTO inspection_run (id, site_id, wafer_id, layer_id, recipe_version_id, state, waiting_for, priority,
        attempt, failures, lease_owner, use_cache, requested_by, queued_at, finished_at, revision, band,
        detection_count, summary, timings_ms, provenance, is_cached, is_degraded, error_code, error_detail)
    SELECT id, %(site)s, wafer_id, %(layer)s, %(version)s, 'done', '', 1, 1, 0, '', true, 'bench', now(), now(), 1,
        'accept', 0, '{}', '{}', '{}', false, false, '', ''
    FROM images RETURNING id
)
INSERT INTO run_image (run_id, image_id, ordinal) SELECT runs.id, runs.id, 0 FROM runs
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.datasets", description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--boxes", type=int, default=20, help="On each image.")
    parser.add_argument(
        "--write", type=Path, help="Only write this manifest as COCO, and say how much memory that took."
    )
    arguments = parser.parse_args()
    if arguments.write:
        print(json.dumps(written_as_coco(arguments.write)))
        return 0
    subprocess.run([sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"], check=True)
    print(json.dumps(measured(images=arguments.images, boxes=arguments.boxes), indent=2))
    return 0


def measured(*, images: int, boxes: int) -> dict[str, Any]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from accounts.models import User
    from annotations import services
    from annotations.models import DatasetExport
    from core import image_store
    from core.actors import Actor
    from core.clock import now
    from domain.datasets.formats import Format

    site = seed(images)
    user = User.objects.create_user(username="bench")
    actor = Actor(user_id=user.pk, username="bench", site_ids=frozenset({site.pk}))
    files = [
        labels(range(first, min(first + MOST_IMAGES_OF_FILE, images + 1)), boxes)
        for first in range(1, images + 1, MOST_IMAGES_OF_FILE)
    ]
    report: dict[str, Any] = {"images": images, "boxes": images * boxes, "file_bytes": sum(map(len, files))}

    def brought_in(*, is_dry_run: bool) -> int:
        return sum(
            services.import_labels(
                file=io.BytesIO(file), format=Format.COCO, site=site, is_dry_run=is_dry_run, skips_faults=False,
                actor=actor, now=now(),
            ).written
            for file in files
        )  # fmt: skip

    report["import_dry_run"] = cost(lambda: brought_in(is_dry_run=True))
    report["import"] = cost(lambda: brought_in(is_dry_run=False))
    assert report["import"]["outcome"] == images * boxes
    accept_all()
    snapshot, _ = services.freeze_dataset(site=site, code="BENCH", actor=actor, now=now())
    report["freeze"] = cost(lambda: services.build_datasets(budget_s=600))
    snapshot.refresh_from_db()
    assert snapshot.state == "ready", snapshot.error_detail
    for format in (Format.COCO, Format.YOLO, Format.VOC, Format.CSV, Format.LABEL_STUDIO):
        services.export_dataset(dataset_id=snapshot.pk, format=format, with_images=False, actor=actor, now=now())
        report[f"export_{format}"] = cost(lambda: services.build_exports(budget_s=600))
    report["bytes"] = {row.format: row.bytes for row in DatasetExport.objects.all()}
    with image_store.opened(snapshot.manifest_key) as manifest:
        header, *lines = manifest.readlines()
    report["coco_memory"] = [memory(header, lines, times=times) for times in (0.1, 1, 4)]
    return report


def accept_all() -> None:
    """What leads would have said over weeks, by one statement that takes longer than any may of the product."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; UPDATE review_task SET state = 'accepted'; RESET statement_timeout")


def seed(images: int) -> Any:
    from django.db import connection

    from accounts.models import Site
    from inspection.models import DefectClass, Layer, Product, Recipe, RecipeVersion

    site = Site.objects.create(code="bench", name="Bench")
    product = Product.objects.create(site=site, code="P")
    layer = Layer.objects.create(site=site, code="M1")
    for at, code in enumerate(("scratch", "pit", "particle"), start=1):
        DefectClass.objects.get_or_create(
            code=code, defaults={"name": code, "colour": "#e69f00", "severity": "major", "key": str(at)}
        )
    from django.utils.timezone import now

    recipe = Recipe.objects.create(site=site, code="R", created_at=now())
    version = RecipeVersion.objects.create(
        recipe=recipe, number=1, preprocessing={}, preprocessing_sha256="0" * 64, created_at=now(), created_by="bench"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _SEED,
            {"site": site.pk, "product": product.pk, "layer": layer.pk, "version": version.pk, "images": images,
             "side": SIDE_PX},
        )  # fmt: skip
        cursor.execute("ANALYZE")
    return site


def labels(images: range, boxes: int) -> bytes:
    """COCO as others write it."""
    return json.dumps(
        {
            "images": [{"id": n, "file_name": f"{n}.png", "width": SIDE_PX, "height": SIDE_PX} for n in images],
            "categories": [{"id": 1, "name": "scratch"}, {"id": 2, "name": "pit"}, {"id": 3, "name": "particle"}],
            "annotations": [
                {"id": n * boxes + at, "image_id": n, "category_id": 1 + at % 3,
                 "bbox": [at * 50 + 0.25, (n * 37 + at) % 900 + 0.5, 20.5, 30.25]}
                for n in images
                for at in range(boxes)
            ],
        }
    ).encode()  # fmt: skip


def cost(work: Callable[[], Any]) -> dict[str, Any]:
    """Seconds by the clock and on processors: ours and PostgreSQL's."""
    before, started_s = processors_s(), time.perf_counter()
    outcome = work()
    taken_s = time.perf_counter() - started_s
    after = processors_s()
    return {
        "wall_s": round(taken_s, 2),
        "cpu_s": round(after[0] - before[0], 2),
        "postgres_cpu_s": round(after[1] - before[1], 2),
        "outcome": outcome,
    }


def processors_s() -> tuple[float, float]:
    """CPU seconds of this process, and of the server process of its connection."""
    from django.db import connection

    own = time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        times = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return own, times.user + times.system


def memory(header: bytes, lines: list[bytes], *, times: float) -> dict[str, Any]:
    """Write a manifest of so many times the images in a process of its own."""
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"bench-{os.getpid()}.jsonl"
    whole = lines * int(times) if times >= 1 else lines[: int(len(lines) * times)]
    path.write_bytes(header + b"".join(whole))
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "bench.datasets", "--write", str(path)], check=True, capture_output=True, text=True
        )
        return {"images": len(whole), **json.loads(answer.stdout)}
    finally:
        path.unlink()


def written_as_coco(path: Path) -> dict[str, float]:
    from domain.datasets.formats import coco
    from domain.datasets.manifest import header_of, images_of

    idle_mib = peak_mib()
    started_s = time.process_time()
    with (
        path.open("rb") as manifest,
        Path(os.devnull).open("wb") as out,
        path.with_suffix(".spare").open("w+b") as spare,
    ):
        header = header_of(manifest.readline())
        coco.write(images_of(manifest), header=header, links="/{image}/", out=out, spare=spare)
    path.with_suffix(".spare").unlink()
    return {
        "cpu_s": round(time.process_time() - started_s, 2),
        "idle_mib": round(idle_mib, 1),
        "peak_mib": round(peak_mib(), 1),
    }


def peak_mib() -> float:
    """The most memory this process has ever held; what it was forked from does not count."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    sys.exit(main())
