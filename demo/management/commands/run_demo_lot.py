"""Feed the demonstration lot to the line, wafer by wafer, as a tool would, after some lots that are reviewed and frozen
already. Wafers already there are left out."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Site
from core.clock import now
from demo import book, earlier, golden, lot
from demo.site import ACTOR, PRODUCT, SITE
from inspection import services as inspection
from inspection.models import Wafer

_PATIENCE_S = 60


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every-s", type=float, default=4.0, help="Seconds between wafers.")
        parser.add_argument("--wafers", type=int, default=lot.WAFERS, help="How many of the 25 wafers.")

    def handle(self, *args: Any, **options: Any) -> None:
        self._feed_earlier()
        self._feed(**options)
        self._freeze_earlier()
        self._measure()
        put_in = book.fill_book(site=Site.objects.get(code=SITE), actor=ACTOR, now=now())
        self.stdout.write(f"{put_in} items put into the defect book")

    def _feed_earlier(self) -> None:
        """What came before: it waits for nobody to watch it."""
        if Wafer.objects.filter(site__code=SITE, lot__code__in=earlier.LOTS).exists():
            return
        for code, wafer in earlier.draw_wafers():
            upload = _upload(code, wafer)
            inspection.queue_wafer(images=wafer.images, upload=upload, actor=ACTOR, now=now())
        for wafer in golden.draw_wafers():
            upload = _upload(golden.LOT, wafer)
            inspection.queue_wafer(images=wafer.images, upload=upload, actor=ACTOR, now=now())

    def _freeze_earlier(self) -> None:
        _wait_while(earlier.is_awaited)
        count = earlier.settle(now=now())
        self.stdout.write(f"{count} findings of earlier lots accepted; {earlier.freeze(now=now())}")

    def _measure(self) -> None:
        """A golden set, and what it says of the versions that ship."""
        _wait_while(golden.is_awaited)
        count = golden.settle(now=now())
        golden.freeze(now=now())
        _wait_while(lambda: not golden.is_frozen())
        golden_set = golden.register(now=now())
        runs = golden.validate(golden_set, now=now())
        self.stdout.write(f"{count} words on the golden lot; {golden_set}; {len(runs)} validations")

    def _feed(self, **options: Any) -> None:
        there = set(Wafer.objects.filter(site__code=SITE, lot__code=lot.LOT).values_list("slot", flat=True))
        for slot in range(1, min(options["wafers"], lot.WAFERS) + 1):
            if slot in there:
                continue
            wafer = lot.draw_wafer(slot)
            upload = _upload(lot.LOT, wafer)
            run = inspection.queue_wafer(images=wafer.images, upload=upload, actor=ACTOR, now=now())
            self.stdout.write(f"W{slot:02d}: {len(wafer.images)} images, run {run.pk}")
            time.sleep(options["every_s"])


def _wait_while(is_so: Callable[[], bool]) -> None:
    for _ in range(_PATIENCE_S):
        if not is_so():
            return
        time.sleep(1)


def _upload(code: str, wafer: lot.DemoWafer) -> inspection.Upload:
    return inspection.Upload(
        site=SITE, lot=code, slot=wafer.slot, product=PRODUCT, layer=wafer.layer, tool=wafer.tool, recipe="BF-M3"
    )
