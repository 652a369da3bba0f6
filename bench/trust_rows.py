"""Half a year of words in numbers nobody could wait for: opinions, rulings, the random audit, checks.

Django must be set up before this is imported.
"""

from annotations import models as annotations
from bench.review_rows import MANY_IMAGES, Rows, insert

OPEN_IMAGES = 2_000
"""The newest, of which nobody has said anything yet."""
KNOWN = 200
"""Tasks with a known answer; each is asked of everybody, and everybody is asked as many of their own once more."""
# Every tenth image is seen by three, and of its first finding a lead has the last word.
_SEEN_BY = "CASE WHEN number >= %(settled)s THEN 1 WHEN number %% 10 = 0 THEN 3 ELSE 1 END"
_RULED = "number %% 10 = 0 AND ordinal = 0 AND number < %(settled)s"
_SAID = f"CASE WHEN number >= %(settled)s THEN 0 ELSE ({_SEEN_BY}) + ({_RULED})::int END"
# Nobody is always right: one word in ten is of another class, one in seven calls it a nuisance.
_SLIPS = "((place * 31 + n * 17) %% 10 = 0)"
_IS_NUISANCE = f"((place %% 7 = 0) <> ({_SLIPS} AND place %% 3 = 0))"
_PEOPLE = "(SELECT array_agg(id ORDER BY id) FROM account WHERE username LIKE 'bench%%')"
_WORD = {
    "verdict": f"CASE WHEN {_IS_NUISANCE} THEN 'nuisance' ELSE 'defect' END",
    "change": "'confirmed'",
    "defect_class_id": f"CASE WHEN {_IS_NUISANCE} THEN NULL ELSE 1 + (ordinal + {_SLIPS}::int) %% 8 END",
    **{
        f"{side}_px": f"CASE WHEN {_IS_NUISANCE} THEN NULL ELSE {value} END"
        for side, value in {"x": "40 * ordinal + n", "y": "40 * ordinal", "width": "30", "height": "30"}.items()
    },
    "took_ms": "700 + (place * 37) %% 3000",
}
_AUTHOR = "people[1 + (of_image + n * (1 + of_image %% 23)) %% cardinality(people)]"
_WORDS = insert(
    annotations.Annotation,
    f"""(
        SELECT place, ordinal, task, of_image, ms + 3600000 + n * 600000 AS said_ms, n, people, seen_by
        FROM bench_defect JOIN bench_image image ON image.number = of_image,
            LATERAL (SELECT {_SEEN_BY} AS seen_by, {_SAID} AS said) counts, LATERAL generate_series(1, said) n,
            (SELECT {_PEOPLE} AS people) accounts
        ORDER BY ms, ordinal
    ) one""",
    {
        **_WORD,
        "id": "pg_temp.bench_key(said_ms, 'word' || place || ':' || n)",
        "task_id": "task",
        "number": "n",
        "author_id": f"CASE WHEN n > seen_by THEN (SELECT id FROM account WHERE username = 'lead') ELSE {_AUTHOR} END",
        "layer": "CASE WHEN n > seen_by THEN 'adjudication' ELSE 'opinion' END",
        "made_at": "to_timestamp(said_ms / 1000.0)",
    },
)
_AUDITED_IMAGES = "(SELECT * FROM bench_image WHERE number %% 5 = 0 AND number < %(settled)s ORDER BY number) one"
_AUDITED = [
    insert(
        annotations.AuditedImage,
        _AUDITED_IMAGES,
        {"id": "pg_temp.bench_key(ms, 'audited' || number)", "site_id": "%(site)s::bigint", "run_id": "run",
         "image_id": "image", "inclusion": "0.2", "drawn_at": "to_timestamp(ms / 1000.0)"},
    ),
    insert(
        annotations.ReviewTask,
        _AUDITED_IMAGES,
        {"id": "pg_temp.bench_key(ms, 'whole' || number)", "site_id": "%(site)s::bigint", "kind": "'image'",
         "run_id": "run", "image_id": "image", "wafer_id": "wafer", "x_px": "0", "y_px": "0", "width_px": "1024",
         "height_px": "1024", "state": "'accepted'", "seats_taken": "1", "made_at": "to_timestamp(ms / 1000.0)"},
    ),
]  # fmt: skip
_GOLD = insert(
    annotations.GoldItem,
    f"""(
        SELECT place, ordinal, task, ms, 2 AS n FROM bench_defect JOIN bench_image image ON image.number = of_image
        WHERE of_image < %(settled)s AND of_image >= %(settled)s - {KNOWN} AND ordinal = 3
    ) one""",
    {
        **{name: value for name, value in _WORD.items() if name not in ("change", "took_ms")},
        "id": "pg_temp.bench_key(ms + 7200000, 'gold' || place)",
        "task_id": "task",
        "number": "1",
        "site_id": "%(site)s::bigint",
        "made_by_id": "(SELECT id FROM account WHERE username = 'lead')",
        "made_at": "to_timestamp((ms + 7200000) / 1000.0)",
    },
)
_ASKED = f"""(
    SELECT place, ordinal, detection, task, run, image, wafer, kind, asked, 1 + asked %% 3 AS n,
        ms + 86400000 + asked AS said_ms
    FROM bench_defect JOIN bench_image image ON image.number = of_image,
        (SELECT unnest(people) AS asked, people FROM (SELECT {_PEOPLE} AS people) accounts) everybody,
        (VALUES ('gold'), ('repeat')) kinds (kind)
    WHERE of_image < %(settled)s AND CASE kind
        WHEN 'gold' THEN ordinal = 3 AND of_image >= %(settled)s - {KNOWN}
        ELSE ordinal = 5 AND of_image >= %(settled)s - {KNOWN} * cardinality(people)
            AND of_image %% 10 <> 0 AND people[1 + (of_image + 1 + of_image %% 23) %% cardinality(people)] = asked END
    ORDER BY ms, ordinal
) one"""
_CHECKS = [
    insert(
        annotations.ReviewTask,
        _ASKED,
        {"id": "pg_temp.bench_key(said_ms, kind || place || ':' || asked)", "site_id": "%(site)s::bigint",
         "kind": "kind", "detection_id": "detection", "run_id": "run", "image_id": "image", "wafer_id": "wafer",
         "original_id": "task", "asked_id": "asked", "defect_class_id": "1 + ordinal %% 8", "confidence": "0.5",
         "severity": "'major'", "band": "'review'", "x_px": "40 * ordinal", "y_px": "40 * ordinal", "width_px": "30",
         "height_px": "30", "state": "'decided'", "seats_taken": "1", "revision": "2", "annotation_number": "1",
         "made_at": "to_timestamp(said_ms / 1000.0)"},
    ),
    insert(
        annotations.Annotation,
        _ASKED,
        {**_WORD, "id": "pg_temp.bench_key(said_ms, 'answer' || kind || place || ':' || asked)",
         "task_id": "pg_temp.bench_key(said_ms, kind || place || ':' || asked)", "number": "1", "author_id": "asked",
         "made_at": "to_timestamp(said_ms / 1000.0)"},
    ),
]  # fmt: skip


class TrustRows(Rows):
    """What `Rows` has, decided: every tenth image by three, every fifth drawn by the audit."""

    SETTLED = MANY_IMAGES - OPEN_IMAGES
    OF_TASK = {
        "state": "CASE WHEN number >= %(settled)s THEN 'open' WHEN ordinal = 19 THEN 'decided' ELSE 'accepted' END",
        "wants": _SEEN_BY,
        "seats_taken": f"CASE WHEN number >= %(settled)s THEN 0 ELSE {_SEEN_BY} END",
        "annotation_number": _SAID,
        "revision": f"1 + {_SAID}",
        "confidence": "0.3 + (number %% 60) / 100.0",
    }

    def add_words(self) -> dict[str, int]:
        """Everything that was said of the tasks that are there. Returns how many rows there are of what."""
        values = {"site": self._site, "settled": self.SETTLED}
        with self._connection.transaction():
            self._connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in (_WORDS, *_AUDITED, _GOLD, *_CHECKS):
                self._connection.execute(statement, values)
        tables = ("annotation", "review_task", "review_audited_image", "review_gold")
        for table in tables:
            self._connection.execute(f"VACUUM (ANALYZE) {table}")
        return {table: self._one(f"SELECT count(*) FROM {table}") for table in tables}
