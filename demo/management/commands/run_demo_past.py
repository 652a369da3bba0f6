"""Give the demonstration fab a past: a lot of the last weeks that several people have reviewed. Takes minutes."""

import os
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.models import Site
from annotations.models import ReviewQueue
from core.clock import now
from demo import past, past_rulings
from demo.site import SITE
from inspection.choices import RunState
from inspection.models import InspectionRun, Wafer

WAIT_S = 600
LEFT_TO_THE_LEAD = 5


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        # Whoever looks at the pages meanwhile comes first.
        os.nice(10)
        site = Site.objects.get(code=SITE)
        people = past.make_people(site=site, password=settings.DEMO_PASSWORD, now=now())
        past.make_queue(site=site, now=now())
        queue = ReviewQueue.objects.get(site=site, code=past.QUEUE)
        there = set(Wafer.objects.filter(site=site, lot__code=past.LOT).values_list("slot", flat=True))
        for phase in past.PHASES:
            for slot in phase:
                if slot not in there:
                    past.feed(slot, now=now())
            self._wait()
            said = sum(past.give_opinions(queue.pk, people, now=now()))
            is_last = phase == past.PHASES[-1]
            ruled = past_rulings.rule(people["lead"], keep_open=LEFT_TO_THE_LEAD, now=now())
            known = 0 if is_last else past_rulings.know(people["lead"], now=now())
            self.stdout.write(f"{said} opinions, {ruled} rulings, {known} known answers")
        self.stdout.write(f"{past_rulings.contest(people, now=now())} appeals")

    def _wait(self) -> None:
        """Until every run is done, and what they found has flowed into the queue."""
        open_runs = InspectionRun.objects.filter(
            wafer__lot__code=past.LOT, state__in=[RunState.QUEUED, RunState.RUNNING]
        )
        end_s = time.monotonic() + WAIT_S
        while open_runs.exists() and time.monotonic() < end_s:
            time.sleep(1)
        time.sleep(5)
