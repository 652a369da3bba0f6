"""The defect book of the demonstration fab: what each class is, and items of the demonstration lot that show it."""

from datetime import datetime

from accounts.models import Site
from annotations import selectors
from annotations import services as annotations
from annotations.choices import ExampleKind
from annotations.models import ReviewTask
from core.actors import Actor
from core.ids import derived_uuid7
from inspection.choices import Band

WORDS = {
    "scratch": (
        "A groove that something hard has drawn across the surface: long, narrow, with one direction.",
        "Ends that taper. The same depth along its way. It crosses lines of the pattern without following them.",
    ),
    "particle": (
        "Foreign matter that lies on the surface. It can be above the pattern or under a film.",
        "A bright rim on one side and a shadow on the other. The pattern goes on beneath it.",
    ),
    "pit": (
        "A hole in the film or the substrate: material is missing.",
        "Round, darker than what is around it, without a rim of light. Often alone.",
    ),
    "stain": (
        "A residue of a liquid or a resist that was not rinsed away. It changes the film's colour, hardly its height.",
        "A soft outline and a grey that differs little from the ground. The pattern is seen through it.",
    ),
    "crack": (
        "A break in the film or the substrate. It grows with every thermal step: the wafer is held.",
        "A thin, jagged line that turns in sharp angles and branches. Never straight for long.",
    ),
    "edge_chip": (
        "Material that has broken away at the edge of the wafer or of a die.",
        "One side lies on the edge. The other is shell-shaped.",
    ),
    "bridge": (
        "Two conductors that are to be apart are joined: a short.",
        "Metal between two lines, as bright as they are. A residue that is greyer is no bridge.",
    ),
    "open": (
        "A conductor that is interrupted.",
        "A line that ends and goes on. Both ends are blunt. A line that is merely narrower is no open.",
    ),
}
LOOKALIKES = {
    "scratch": "crack", "crack": "scratch", "pit": "particle", "particle": "pit", "stain": "particle", "bridge": "open",
    "open": "bridge",
}  # fmt: skip
EXAMPLES, COUNTERS, BORDERLINE = 4, 2, 3
REASONS = {
    ExampleKind.EXAMPLE: "",
    ExampleKind.COUNTER: "Looks alike at first sight",
    ExampleKind.BORDERLINE: "The model was not sure, either",
}


def write_book(*, site: Site, actor: Actor, now: datetime) -> None:
    """Say what each class is, where nobody has said it yet."""
    written = {page["class_code"]: page["version"] for page in selectors.book_of(site.pk)}
    for code, (definition, look_for) in WORDS.items():
        if written.get(code) == 0:
            annotations.write_page(
                site=site, class_code=code, definition=definition, look_for=look_for, seen_version=0, actor=actor,
                now=now,
            )  # fmt: skip


def fill_book(*, site: Site, actor: Actor, now: datetime) -> int:
    """Put items of the lot into the book, where it has none of their class.

    Returns:
        How many were put in.
    """
    count = 0
    for page in selectors.book_of(site.pk):
        code = page["class_code"]
        if page["examples"]:
            continue
        for kind, tasks in _items_for(code, site=site, actor=actor).items():
            for task in tasks:
                annotations.add_to_book(
                    example_id=derived_uuid7(parent=task.pk, label=f"book {code} {kind}"), task_id=task.pk,
                    class_code=code, kind=kind, why=REASONS[kind], actor=actor, now=now,
                )  # fmt: skip
                count += 1
    return count


def _items_for(code: str, *, site: Site, actor: Actor) -> dict[ExampleKind, list[ReviewTask]]:
    tasks = selectors.tasks_visible_to(actor).filter(site=site, wants=1)
    own = tasks.filter(defect_class__code=code)
    alike = tasks.filter(defect_class__code=LOOKALIKES.get(code, ""))
    return {
        ExampleKind.EXAMPLE: list(own.filter(confidence__gte=0.9).order_by("-confidence", "id")[:EXAMPLES]),
        ExampleKind.COUNTER: list(alike.order_by("confidence", "id")[:COUNTERS]),
        ExampleKind.BORDERLINE: list(own.filter(band=Band.REVIEW).order_by("confidence", "id")[:BORDERLINE]),
    }
