"""The demonstration fab: sites, people, product, tools and recipes, all through the services."""

from datetime import datetime

from accounts import services as accounts
from accounts.models import Site
from annotations import services as annotations
from annotations.choices import QueueOrder
from annotations.selectors import Selection
from core.actors import Actor, service_account
from core.roles import Role
from inspection import services as inspection
from inspection.choices import Band

ACTOR: Actor = service_account("demo")
SITE, OTHER_SITE = "FAB1", "FAB2"
PRODUCT, LAYERS, TOOLS = "LOGIC-7", ("M1", "M2", "M3"), ("BF-01", "BF-02", "SEM-01")
# Okay to reach by eye on a 300 mm wafer map: dies of 12 x 10 mm.
GEOMETRY = {
    "wafer_diameter_um": 300_000.0,
    "edge_exclusion_um": 3_000.0,
    "die_pitch_x_um": 12_000.0,
    "die_pitch_y_um": 10_000.0,
    "grid_centre_x_um": 6_000.0,
    "grid_centre_y_um": 5_000.0,
}
PIXEL_UM = 0.5


def make_people(*, password: str, now: datetime) -> Site:
    """The two sites and a user per role, named after it; a second reviewer and lead, and one of the other site."""
    site = accounts.create_site(code=SITE, name="Fab 1 · Line A", actor=ACTOR, now=now)
    other = accounts.create_site(code=OTHER_SITE, name="Fab 2", actor=ACTOR, now=now)
    people = [(role.value, role, site) for role in Role]
    people += [("reviewer2", Role.REVIEWER, site), ("lead2", Role.LEAD, site), ("other", Role.REVIEWER, other)]
    for username, role, home in people:
        accounts.create_user(
            username=username,
            password=password,
            roles=[role],
            sites=[home],
            full_name=username.replace("_", " ").title(),
            actor=ACTOR,
            now=now,
        )
    return site


def make_catalogue(*, site: Site, now: datetime) -> None:
    """Classes, product, layers, tools and recipes of the demo fab; the other site gets a recipe of its own."""
    inspection.ensure_defect_classes(actor=ACTOR, now=now)
    inspection.create_product(site=site, code=PRODUCT, name="Logic 7 nm test vehicle", actor=ACTOR, now=now, **GEOMETRY)
    for step, code in enumerate(LAYERS, start=1):
        inspection.create_layer(site=site, code=code, step=step * 10, actor=ACTOR, now=now)
    for code in TOOLS:
        inspection.create_tool(site=site, code=code, cadence_s=120, actor=ACTOR, now=now)
    for place in (site, Site.objects.get(code=OTHER_SITE)):
        inspection.create_recipe(site=place, code="DEFAULT", name="Any image, full resolution", actor=ACTOR, now=now)
    inspection.create_recipe(
        site=site, code="BF-M3", name="Brightfield, 0.5 µm", pixel_um=PIXEL_UM, actor=ACTOR, now=now
    )
    inspection.create_recipe(
        site=site,
        code="FAST-HALF",
        name="Half resolution, for quick looks",
        preprocessing={"scale": 0.5},
        actor=ACTOR,
        now=now,
    )


def make_queues(*, site: Site, now: datetime) -> None:
    """What the demo fab's reviewers look at."""
    for code, name, order, bands in (
        ("DOUBTFUL", "Neither sure nor harmless", QueueOrder.WORTH, (Band.REVIEW,)),
        ("REJECTS", "What would cost a wafer", QueueOrder.SEVERITY, (Band.REJECT,)),
    ):
        # A little of all that can be mixed in: one image in ten is audited, one item in twenty each is a check.
        annotations.create_queue(
            site=site, code=code, name=name, order=order, selection=Selection(bands=bands),
            audit_rate=0.1, audit_share=0.1, gold_rate=0.05, repeat_rate=0.05, actor=ACTOR, now=now,
        )  # fmt: skip
