"""Feed the demonstration lot to the line, wafer by wafer, as a tool would. Wafers already there are left out."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.clock import now
from demo import lot
from demo.site import ACTOR, PRODUCT, SITE
from inspection import services as inspection
from inspection.models import Wafer


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every-s", type=float, default=4.0, help="Seconds between wafers.")
        parser.add_argument("--wafers", type=int, default=lot.WAFERS, help="How many of the 25 wafers.")

    def handle(self, *args: Any, **options: Any) -> None:
        there = set(Wafer.objects.filter(site__code=SITE, lot__code=lot.LOT).values_list("slot", flat=True))
        for slot in range(1, min(options["wafers"], lot.WAFERS) + 1):
            if slot in there:
                continue
            wafer = lot.draw_wafer(slot)
            upload = inspection.Upload(
                site=SITE,
                lot=lot.LOT,
                slot=slot,
                product=PRODUCT,
                layer=wafer.layer,
                tool=wafer.tool,
                recipe="BF-M3",
            )
            run = inspection.queue_wafer(images=wafer.images, upload=upload, actor=ACTOR, now=now())
            self.stdout.write(f"W{slot:02d}: {len(wafer.images)} images, run {run.pk}")
            time.sleep(options["every_s"])
