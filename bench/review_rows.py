"""Detections, tasks and queues in numbers nobody could wait for, written past the product as the tables' owner.

Django must be set up before this is imported.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import models
from knox.crypto import hash_token

from annotations.models import ReviewQueue, ReviewTask
from inspection import models as inspection

QUEUES = 30
SLICE = 2_000
"""Tasks in each queue but the first two, which have all of them and a tenth."""
PER_IMAGE = 20
IMAGES_PER_WAFER = 25
TOKEN_KEY_LENGTH = 15
DAY_MS = 86_400_000
MANY_IMAGES = 1_000_000 // PER_IMAGE
"""So many fill the days of `Rows`."""

# A version 7 key: the milliseconds of its time, then what is drawn from a name.
_KEY = """
CREATE OR REPLACE FUNCTION pg_temp.bench_key(ms bigint, name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(md5(name), 1, 3) || '8' || substr(md5(name), 4, 15))::uuid
$$;
CREATE TEMP TABLE bench_image (number int PRIMARY KEY, ms bigint, run uuid, image uuid, wafer uuid, wafer_number int);
CREATE TEMP TABLE bench_defect (place int PRIMARY KEY, ordinal int, detection uuid, task uuid, of_image int)
"""
# One after the other, as they come.
_IMAGES = """
INSERT INTO bench_image
SELECT number, ms, pg_temp.bench_key(ms, 'run' || number), pg_temp.bench_key(ms, 'image' || number),
    pg_temp.bench_key(%(began_ms)s, 'wafer' || number / %(per_wafer)s), number / %(per_wafer)s
FROM generate_series(%(first)s::int, %(last)s::int) number,
    LATERAL (SELECT %(began_ms)s + number::bigint * %(step_ms)s AS ms)
"""
_DEFECTS = """
INSERT INTO bench_defect
SELECT number * %(per_image)s + ordinal, ordinal, pg_temp.bench_key(ms, 'detection' || number || ':' || ordinal),
    pg_temp.bench_key(ms, 'task' || number || ':' || ordinal), number
FROM bench_image, generate_series(0, %(per_image)s - 1) ordinal
"""
_OF_IMAGE = "(SELECT * FROM bench_image ORDER BY number) one"
# In the order of their keys, which is how they come, and what indexes take best.
_OF_DEFECT = "(SELECT * FROM bench_defect JOIN bench_image image ON image.number = of_image ORDER BY ms, ordinal) one"
_CATALOGUE = {
    "site_id": "%(site)s::bigint",
    "layer_id": "(SELECT min(id) FROM layer WHERE site_id = %(site)s)",
    "tool_id": "(SELECT min(id) FROM tool WHERE site_id = %(site)s)",
}
_FOUND = {
    "confidence": "0.5",
    "severity": "'major'",
    "band": "'review'",
    "x_px": "40 * ordinal",
    "y_px": "40 * ordinal",
    "width_px": "30",
    "height_px": "30",
    "defect_class_id": "1 + ordinal %% 8",
    "run_id": "run",
    "image_id": "image",
    "wafer_id": "wafer",
}


def _inserts(of_task: dict[str, str]) -> list[str]:
    """Everything from lots to tasks, in the order in which it refers to each other."""
    return [
        insert(
            inspection.Lot,
            "(SELECT DISTINCT wafer_number / 25 AS lot FROM bench_image) one",
            {
                "code": "'BENCH-' || lot",
                "created_at": "now()",
                "site_id": "%(site)s::bigint",
                "product_id": "(SELECT min(id) FROM product WHERE site_id = %(site)s)",
            },
        ),
        insert(
            inspection.Wafer,
            "(SELECT DISTINCT wafer, wafer_number FROM bench_image) one",
            {
                "id": "wafer",
                "code": "'W' || wafer_number %% 25 + 1",
                "slot": "wafer_number %% 25 + 1",
                "created_at": "now()",
                "lot_id": "(SELECT id FROM lot WHERE code = 'BENCH-' || wafer_number / 25 AND site_id = %(site)s)",
                "site_id": "%(site)s::bigint",
            },
        ),
        insert(
            inspection.InspectionImage,
            _OF_IMAGE,
            {
                **_CATALOGUE,
                "id": "image",
                "wafer_id": "wafer",
                "sha256": "md5(image::text) || md5(number::text)",
                "pixel_sha256": "md5(image::text) || md5(number::text)",
                "bytes": "836000",
                "width_px": "1024",
                "height_px": "1024",
                "bit_depth": "8",
                "channels": "1",
                "format": "'png'",
                "file_name": "number || '.png'",
                "store_key": "'original/' || number",
                "thumbnail_key": "'thumbnail/' || number",
                "pixel_um": "1",
                "received_at": "now()",
                "received_from": "'bench'",
            },
        ),
        insert(
            inspection.InspectionRun,
            _OF_IMAGE,
            {
                **_CATALOGUE,
                "id": "run",
                "wafer_id": "wafer",
                "state": "'done'",
                "requested_by": "'bench'",
                "queued_at": "now()",
                "finished_at": "now()",
                "band": "'review'",
                "detection_count": "%(per_image)s",
                "model_version_id": "(SELECT min(id) FROM model_version)",
                "recipe_version_id": "(SELECT min(version.id) FROM recipe_version version JOIN recipe"
                " ON recipe.id = recipe_id WHERE site_id = %(site)s)",
            },
        ),
        insert(inspection.RunImage, _OF_IMAGE, {"ordinal": "0", "image_id": "image", "run_id": "run"}),
        insert(
            inspection.Detection,
            _OF_DEFECT,
            {
                **_FOUND,
                "id": "detection",
                "ordinal": "ordinal",
                "raw_score": "0.5",
                "top3_class_ids": "'{1,2,3}'::smallint[]",
                "top3_confidences": "'{0.5,0.3,0.2}'::float8[]",
                "size_um": "30",
                "embedding": "array_fill(0.125::real, ARRAY[64])::halfvec(64)",
            },
        ),
        insert(
            ReviewTask,
            _OF_DEFECT,
            {
                **_FOUND,
                "id": "task",
                "kind": "'detection'",
                "detection_id": "detection",
                "site_id": "%(site)s::bigint",
                "worth": "random()",
                "made_at": "now()",
                **of_task,
            },
        ),
    ]


def insert(model: type[models.Model], source: str, given: dict[str, str]) -> str:
    """INSERT … SELECT of rows of a model; fields that are not given have the model's defaults."""
    values = dict(given)
    for own in model._meta.concrete_fields:
        if own.column not in given and not isinstance(own, models.AutoField):
            prepared = own.get_default()
            as_text = json.dumps(prepared) if isinstance(prepared, dict | list) else prepared
            values[own.column] = psycopg.sql.Literal(as_text).as_string().replace("%", "%%")
    table, columns = model._meta.db_table, ", ".join(f'"{column}"' for column in values)
    return f"INSERT INTO {table} ({columns}) SELECT {', '.join(values.values())} FROM {source} ON CONFLICT DO NOTHING"


_ENTRIES = """
INSERT INTO review_queue_entry (queue_id, task_id, generation, rank, is_open, is_audit)
SELECT %(queue)s, task, 1, random(), of_image >= %(settled)s, false FROM bench_defect
WHERE place %% %(every)s = %(offset)s AND place / %(every)s < %(most)s ORDER BY place
"""
TABLES = ("lot", "wafer", "inspection_image", "inspection_run", "run_image", "detection", "review_task",
          "review_queue_entry", "review_hold", "review_queue")  # fmt: skip


@dataclass(frozen=True)
class Reviewer:
    """An account that may review, with a token of its own."""

    username: str
    token: str


class Rows:
    """The rows of one site, which only ever become more: what was found is never deleted.

    A million tasks fill `days`, by default thirty. `OF_TASK` are columns of tasks that are not as they come in, and
    images before number `SETTLED` wait for nobody.
    """

    OF_TASK: dict[str, str] = {}
    SETTLED = 0

    def __init__(self, connection: psycopg.Connection[Any], *, site: str, kept: Path, days: int = 30) -> None:
        self._connection = connection
        self._kept = kept
        self._site: int = self._one("SELECT id FROM site WHERE code = %s", [site])
        self._days = days
        self._began_ms = int(time.time() * 1000) - days * DAY_MS
        self.tasks = 0
        self.queues: list[str] = []
        self.reviewers: list[Reviewer] = []
        connection.execute(_KEY)

    def recall(self) -> None:
        """What an instance that was left up has."""
        values = json.loads(self._kept.read_text())
        self._began_ms, self.tasks, self.queues = values["began_ms"], values["tasks"], values["queues"]
        self.reviewers = [Reviewer(**one) for one in values["reviewers"]]

    def keep(self) -> None:
        """Note what is there, for `recall`."""
        reviewers = [asdict(one) for one in self.reviewers]
        values = {"began_ms": self._began_ms, "tasks": self.tasks, "queues": self.queues, "reviewers": reviewers}
        self._kept.write_text(json.dumps(values))

    def add_queues(self) -> None:
        for number in range(QUEUES):
            # The newest of all, the first one first: they are what a page of thirty shows.
            ms = self._began_ms + (self._days + 1) * DAY_MS - number
            given = {
                "id": "pg_temp.bench_key(%(ms)s, 'queue')",
                "code": "'BENCH-' || %(number)s",
                "created_at": "now()",
                "created_by": "'bench'",
                "site_id": "%(site)s",
            }
            statement = f"{insert(ReviewQueue, '(SELECT) one', given)} RETURNING id::text"
            queue: str = self._one(statement, {"ms": ms, "number": number, "site": self._site})
            self.queues.append(queue)

    def add_reviewers(self, count: int) -> None:
        for number in range(count):
            username, token = f"bench{number}", secrets.token_hex(32)
            account = self._one(
                """
                INSERT INTO account (password, is_superuser, username, first_name, last_name, email, is_staff,
                    is_active, date_joined, is_service)
                VALUES ('!', false, %s, '', '', '', false, true, now(), false) RETURNING id
                """,
                [username],
            )
            self._connection.execute(
                "INSERT INTO account_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = 'reviewer'",
                [account],
            )
            self._connection.execute(
                "INSERT INTO account_sites (user_id, site_id) VALUES (%s, %s)", [account, self._site]
            )
            # As Knox keeps a token: its beginning, and a digest of all of it.
            self._connection.execute(
                "INSERT INTO api_token (digest, token_key, created, name, scopes, user_id)"
                " VALUES (%s, %s, now(), 'bench', '{read,write}', %s)",
                [hash_token(token), token[:TOKEN_KEY_LENGTH], account],
            )
            self.reviewers.append(Reviewer(username=username, token=token))

    def grow_to(self, tasks: int) -> None:
        """As many more as make `tasks` in the first queue and a tenth of that in the second, and fresh statistics."""
        values = {
            "site": self._site,
            "began_ms": self._began_ms,
            "step_ms": self._days * DAY_MS // MANY_IMAGES,
            "first": self.tasks // PER_IMAGE,
            "last": tasks // PER_IMAGE - 1,
            "per_image": PER_IMAGE,
            "per_wafer": IMAGES_PER_WAFER,
            "settled": self.SETTLED,
        }
        slices = [(QUEUES - 2, number, SLICE) for number in range(QUEUES - 2)]
        with self._connection.transaction():
            self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self._connection.execute("TRUNCATE bench_image, bench_defect")
            for statement in (_IMAGES, _DEFECTS, "ANALYZE bench_image, bench_defect", *_inserts(self.OF_TASK)):
                self._connection.execute(statement, values if "%" in statement else None)
            for queue, (every, offset, most) in zip(self.queues, [(1, 0, tasks), (10, 0, tasks), *slices], strict=True):
                place = {"queue": queue, "every": every, "offset": offset, "most": most, "settled": self.SETTLED}
                self._connection.execute(_ENTRIES, place)
        self.tasks = tasks
        for table in TABLES:
            self._connection.execute(f"VACUUM (ANALYZE) {table}")

    def handed_out_twice(self) -> int:
        """Tasks that more reviewers hold or have decided than want them: there must be none."""
        twice: int = self._one(
            """
            SELECT count(*) FROM (
                SELECT FROM review_hold hold JOIN review_task task ON task.id = hold.task_id
                WHERE hold.ending IN ('', 'decided')
                GROUP BY task.id HAVING count(DISTINCT hold.reviewer_id) > task.wants
            ) too_many
            """
        )
        return twice

    def _one(self, statement: str, values: Any = None) -> Any:
        row = self._connection.execute(statement, values).fetchone()
        assert row is not None
        return row[0]
