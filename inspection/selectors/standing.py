"""A wafer's standing at a layer: what is known of it by all of its images together, not by the last one alone.

Of each image the newest finished run has the word; a newer run of the same image takes the place of an older one's.
The band is the worst of the images' bands, the counts are sums over the images; an image with a flaw is for a person.
The state says what is still under way or went wrong: the gravest of the images' newest runs. A cancelled run says
nothing about an image that was judged, and a re-run for comparison nothing at all.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, QuerySet
from django.db.models.expressions import RawSQL

from core.addresses import address_of
from inspection.choices import UNDER_WAY, Band, RunState
from inspection.models import Detection, InspectionImage, InspectionRun
from inspection.selectors.access import with_cards, with_model_names
from inspection.selectors.flaws import flaws_in_words

Key = tuple[UUID, int]
"""Ids of a wafer and a layer."""

# Gravest first, as a person has to hear of them.
_STATES: list[str] = [RunState.FAILED, RunState.RUNNING, RunState.QUEUED, RunState.CANCELLED, RunState.DONE]
_BANDS: list[str] = [Band.REJECT, Band.REVIEW, Band.ACCEPT]
_SEVERITIES = ("critical", "major", "minor", "nuisance")

# Every image of a wafer at a layer: its newest run, and the newest that judged it. Ids of runs sort by time.
_IMAGES = """
SELECT c.image_id,
       (array_agg(r.id ORDER BY r.state = 'cancelled', r.id DESC))[1] AS latest_id,
       (array_agg(r.id ORDER BY r.id DESC) FILTER (WHERE r.state = 'done'))[1] AS judged_id
FROM inspection_run r JOIN run_image c ON c.run_id = r.id
WHERE r.wafer_id = {wafer} AND r.layer_id = {layer} AND r.counts
GROUP BY c.image_id
"""
# What one finding makes of its image: `domain.detection.grade.image_band`.
_WORST_FOUND = """
coalesce(max(CASE WHEN d.band = 'reject' AND d.severity IN ('critical', 'major') THEN 2
                  WHEN d.band <> 'accept' AND d.severity <> 'nuisance' THEN 1 ELSE 0 END), 0)
"""
_OF_WAFERS = f"""
SELECT asked.wafer_id, asked.layer_id, i.image_id, i.latest_id, l.state, l.waiting_for, l.error_detail, i.judged_id
FROM unnest(%(wafers)s::uuid[], %(layers)s::int8[]) AS asked(wafer_id, layer_id)
CROSS JOIN LATERAL ({_IMAGES.format(wafer="asked.wafer_id", layer="asked.layer_id")}) i
JOIN inspection_run l ON l.id = i.latest_id
ORDER BY i.image_id
"""  # noqa: S608 - our own names
_OF_RUNS = """
SELECT r.id, r.band, r.detection_count, r.summary->'counts_by_class', r.summary->'counts_by_severity',
       r.summary->'image', r.summary->'flaws', (SELECT count(*) FROM run_image c WHERE c.run_id = r.id)
FROM inspection_run r WHERE r.id = ANY(%(runs)s)
"""
_OF_PARTS = f"""
SELECT d.run_id, k.code, d.severity, count(*), {_WORST_FOUND}
FROM unnest(%(runs)s::uuid[], %(images)s::uuid[]) AS part(run_id, image_id)
JOIN detection d ON d.run_id = part.run_id AND d.image_id = part.image_id
JOIN defect_class k ON k.id = d.defect_class_id
GROUP BY d.run_id, k.code, d.severity
"""  # noqa: S608 - our own names
_NEWEST_LAYER = """
(SELECT n.layer_id FROM inspection_run n WHERE n.wafer_id = wafer.id AND n.counts ORDER BY n.id DESC LIMIT 1)
"""
_IMAGES_OF_ROW = _IMAGES.format(wafer="wafer.id", layer=_NEWEST_LAYER)
_IS_FLAWED = "coalesce(jsonb_exists(j.summary->'flaws', i.image_id::text), false)::int"
_BAND_OF_ROW = f"""
(SELECT word.band FROM ({_IMAGES_OF_ROW}) i JOIN inspection_run j ON j.id = i.judged_id
 CROSS JOIN LATERAL (SELECT CASE
     WHEN (SELECT count(*) FROM run_image c WHERE c.run_id = j.id) = 1 THEN j.band
     ELSE (SELECT (ARRAY['accept', 'review', 'reject'])[1 + greatest({_WORST_FOUND}, {_IS_FLAWED})] FROM detection d
           WHERE d.run_id = j.id AND d.image_id = i.image_id) END AS band) word
 ORDER BY array_position(%s::text[], word.band::text) LIMIT 1)
"""  # noqa: S608 - our own names
_STATE_OF_ROW = f"""
(SELECT l.state FROM ({_IMAGES_OF_ROW}) i JOIN inspection_run l ON l.id = i.latest_id
 ORDER BY array_position(%s::text[], l.state::text) LIMIT 1)
"""  # noqa: S608 - our own names


@dataclass(frozen=True)
class Known:
    """What is known of one image: its newest run, and the newest run that judged it, if any has."""

    image_id: UUID
    latest_id: UUID
    state: str
    why: str
    judged_id: UUID | None


@dataclass(frozen=True)
class Word:
    """What a run says of the images for which it is the newest that judged them.

    Attributes:
        image: the one its card shows, if it is among them.
        flaws: codes of what is wrong with those that have a flaw, by their ids.
    """

    run_id: UUID
    band: str
    counts_by_class: dict[str, int]
    counts_by_severity: dict[str, int]
    detection_count: int
    image: dict[str, Any] | None
    flaws: dict[str, list[str]]


@dataclass(frozen=True)
class Current:
    """A standing with what it is made of.

    Attributes:
        images: in the order they arrived.
        runs: those that have the word about an image, newest first, with what their cards show.
        detections: with the names of the models that judged, as `access.detections_visible_to` reads them.
    """

    standing: dict[str, Any]
    images: list[tuple[Known, InspectionImage]]
    runs: list[InspectionRun]
    detections: list[Any]


def standings_of(runs: Iterable[InspectionRun], *, with_pictures: bool = True) -> dict[UUID, dict[str, Any]]:
    """The standing of the wafer and layer of each of these runs, by the run's id. Four queries at most.

    Args:
        with_pictures: False where nobody will see them; it saves a query.

    Returns:
        What cards show. `picture` is that of the image with the gravest findings, with the run that has the word
        about it; None where that is the run itself.
    """
    runs = list(runs)
    known = images_known({(run.wafer_id, run.layer_id) for run in runs})
    words = _words(known)
    gravest = {key: _gravest(said) for key, said in words.items()}
    pictures = _pictures([word for word in gravest.values() if word], own={run.pk for run in runs}, asked=with_pictures)
    standings = {key: _standing(images, words=words[key], gravest=gravest[key]) for key, images in known.items()}
    found = {}
    for run in runs:
        key = (run.wafer_id, run.layer_id)
        word = gravest.get(key)
        is_other = word is not None and word.run_id != run.pk
        # A run over no image is not part of any standing; it can only speak for itself.
        standing = standings.get(key) or standing_alone(run)
        found[run.pk] = {**standing, "picture": pictures.get(word.run_id) if word is not None and is_other else None}
    return found


def current_of(run: InspectionRun) -> Current:
    """Everything that makes the standing of a run's wafer at its layer. Five queries and one per table of cards."""
    known = images_known([(run.wafer_id, run.layer_id)]).get((run.wafer_id, run.layer_id), [])
    images = InspectionImage.objects.in_bulk([one.image_id for one in known])
    judged = {one.judged_id for one in known if one.judged_id is not None}
    return Current(
        standing=standings_of([run])[run.pk],
        images=[(one, images[one.image_id]) for one in known],
        runs=list(with_cards(InspectionRun.objects.filter(pk__in=judged)).order_by("-id")),
        detections=list(_current_detections(known)),
    )


def images_known(keys: Collection[Key]) -> dict[Key, list[Known]]:
    """Every image of some wafers at their layers, in the order they arrived. One query."""
    values: Any = {"wafers": [wafer_id for wafer_id, _ in keys], "layers": [layer_id for _, layer_id in keys]}
    found: dict[Key, list[Known]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OF_WAFERS, values)
        for wafer_id, layer_id, image_id, latest_id, state, waiting_for, error, judged_id in cursor.fetchall():
            one = Known(image_id, latest_id, state, why=error or waiting_for, judged_id=judged_id)
            found.setdefault((wafer_id, layer_id), []).append(one)
    return found


def standing_alone(run: InspectionRun) -> dict[str, Any]:
    """The standing of a wafer and layer that no other run has covered: what the run says."""
    images = int(run.summary.get("images", 1))
    is_done = run.state == RunState.DONE
    return {
        "state": run.state,
        "verdict": _verdict(run.state, run.band if is_done else None, why=run.waiting_for),
        "band": run.band or None if is_done else None,
        "why": run.error_detail or run.waiting_for or _flawed(run.summary.get("flaws", {}), images=images),
        "counts_by_class": run.summary.get("counts_by_class", {}),
        "counts_by_severity": run.summary.get("counts_by_severity", {}),
        "detection_count": run.detection_count,
        "images": images,
        "under_way": images if run.state in UNDER_WAY else 0,
        "picture": None,
    }


def that_may_stand(wafers: QuerySet[Any], *, state: str = "", band: str = "") -> QuerySet[Any]:
    """Those of the wafers, found by an index, of which alone `with_standing` may be true: some run of theirs says so.

    Whatever is common needs no index: to find some of many, it is enough to look.
    """
    runs = InspectionRun.objects.all()
    if state and state != RunState.DONE:
        return wafers.filter(pk__in=runs.filter(state=state).values("wafer"))
    if band and band != Band.ACCEPT:
        # A run over many images says the worst of all, which may be another's than that it has the word about.
        as_bad = _BANDS[: _BANDS.index(band) + 1]
        return wafers.filter(pk__in=runs.filter(band__in=as_bad).values("wafer"))
    return wafers


def with_standing(wafers: QuerySet[Any], *, state: str = "", band: str = "") -> QuerySet[Any]:
    """The wafers whose standing, at the layer that was inspected last, is of that state and that band.

    Each is looked at by itself: meant for some tens of wafers, not for all.
    """
    if band:
        wafers = wafers.alias(standing_band=_of_row(_BAND_OF_ROW, _BANDS)).filter(standing_band=band)
    if state:
        wafers = wafers.alias(standing_state=_of_row(_STATE_OF_ROW, _STATES)).filter(standing_state=state)
    return wafers


def _current_detections(known: Iterable[Known]) -> Iterator[Any]:
    """What was found on images by the runs that have the word about them, as lists show it. One query."""
    judged = {(one.judged_id, one.image_id) for one in known if one.judged_id is not None}
    found = with_model_names(Detection.objects.filter(run_id__in={run_id for run_id, _ in judged}))
    return (row for row in found.order_by("run_id", "ordinal") if (row.run_id, row.image_id) in judged)


def _words(known: dict[Key, list[Known]]) -> dict[Key, list[Word]]:
    """What the runs that have a word say, by wafer and layer. Two queries at most."""
    spoken: dict[Key, dict[UUID, list[UUID]]] = {key: defaultdict(list) for key in known}
    for key, images in known.items():
        for one in images:
            if one.judged_id is not None:
                spoken[key][one.judged_id].append(one.image_id)
    about = {run_id: images for runs in spoken.values() for run_id, images in runs.items()}
    said = _said(about)
    return {key: [said[run_id] for run_id in runs] for key, runs in spoken.items()}


def _said(about: dict[UUID, list[UUID]]) -> dict[UUID, Word]:
    if not about:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_OF_RUNS, {"runs": list(about)})
        rows = cursor.fetchall()
    words, partial = {}, set()
    for run_id, band, count, by_class, by_severity, image, flaws, covered in rows:
        counts = _read(by_class) or {}, _read(by_severity) or {}
        words[run_id] = Word(run_id, band, *counts, count, _read(image), _read(flaws) or {})
        if covered > len(about[run_id]):
            partial.add(run_id)
    return words | _said_in_part({run_id: about[run_id] for run_id in partial}, whole=words)


def _said_in_part(about: dict[UUID, list[UUID]], *, whole: dict[UUID, Word]) -> dict[UUID, Word]:
    """What runs found on some of their images: other runs have the word about the rest."""
    if not about:
        return {}
    pairs = [(run_id, image_id) for run_id, images in about.items() for image_id in images]
    by_class: dict[UUID, Counter[str]] = {run_id: Counter() for run_id in about}
    by_severity: dict[UUID, Counter[str]] = {run_id: Counter(dict.fromkeys(_SEVERITIES, 0)) for run_id in about}
    worst = dict.fromkeys(about, 0)
    with connection.cursor() as cursor:
        cursor.execute(_OF_PARTS, {"runs": [run for run, _ in pairs], "images": [image for _, image in pairs]})
        for run_id, code, severity, count, rank in cursor.fetchall():
            by_class[run_id][code] += count
            by_severity[run_id][severity] += count
            worst[run_id] = max(worst[run_id], rank)
    words = {}
    for run_id, images in about.items():
        shown = whole[run_id].image
        names = set(map(str, images))
        flaws = {name: codes for name, codes in whole[run_id].flaws.items() if name in names}
        rank = max(worst[run_id], 1 if flaws else 0)
        words[run_id] = Word(
            run_id,
            band=str(_BANDS[len(_BANDS) - 1 - rank]),
            counts_by_class=dict(by_class[run_id]),
            counts_by_severity=dict(by_severity[run_id]),
            detection_count=by_class[run_id].total(),
            image=shown if shown and UUID(shown["id"]) in images else None,
            flaws=flaws,
        )
    return words


def _standing(images: list[Known], *, words: list[Word], gravest: Word | None) -> dict[str, Any]:
    states = [one.state for one in images]
    state = min(states, key=_STATES.index)
    why = next((one.why for one in images if one.state == state and one.why), "")
    band = gravest.band if gravest else None
    flaws = {name: codes for word in words for name, codes in word.flaws.items()}
    return {
        "state": state,
        "verdict": _verdict(state, band, why=why),
        "band": band,
        "why": why or _flawed(flaws, images=len(images)),
        "counts_by_class": _summed(word.counts_by_class for word in words),
        "counts_by_severity": _summed(word.counts_by_severity for word in words),
        "detection_count": sum(word.detection_count for word in words),
        "images": len(images),
        "under_way": sum(one in UNDER_WAY for one in states),
    }


def _flawed(flaws: dict[str, list[str]], *, images: int) -> str:
    return flaws_in_words(flaws.values(), images=images)


def _verdict(state: str, band: str | None, *, why: str) -> str:
    """The one word for all: rejected whatever else is, failed, for review; accepted when everything is judged."""
    if band == Band.REJECT or (band == Band.REVIEW and state != RunState.FAILED):
        return str(band)
    if state == RunState.DONE:
        return str(band or "unknown")
    return "waiting" if state == RunState.QUEUED and why else str(state)


def _gravest(words: list[Word]) -> Word | None:
    """The word with the worst band; of those the one with the gravest findings."""

    def gravity(word: Word) -> tuple[Any, ...]:
        counts = [word.counts_by_severity.get(name, 0) for name in _SEVERITIES]
        return (-_BANDS.index(word.band), counts, word.run_id)

    return max(words, key=gravity, default=None)


def _pictures(words: list[Word], *, own: set[UUID], asked: bool) -> dict[UUID, dict[str, Any]]:
    """What cards draw of runs that are not their own. One query, if there are any: boxes are long."""
    images = {word.run_id: shown_image(word.image) for word in words if word.image is not None}
    needed = images.keys() - own if asked else set()
    boxes = InspectionRun.objects.filter(pk__in=needed).values_list("pk", "summary__boxes") if needed else ()
    return {key: {"run": str(key), "image": images[key], "boxes": found or []} for key, found in boxes}


def shown_image(described: dict[str, Any] | None) -> dict[str, Any] | None:
    """The image of a run's summary with the address of its thumbnail."""
    if described is None:
        return None
    return {"file_name": "", **described, "thumbnail": address_of("api:image_thumbnail", described["id"])}


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return total


def _read(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) else text


def _of_row(sql: str, gravest_first: list[str]) -> RawSQL:
    return RawSQL(sql, [[str(one) for one in gravest_first]], output_field=CharField())  # noqa: S611 - no text of users
