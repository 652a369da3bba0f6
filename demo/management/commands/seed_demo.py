"""Make the demonstration fab: people, product, recipes and the shipped model. Safe to repeat."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from core.clock import now
from demo import book
from demo import site as demo_site


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        site = demo_site.make_people(password=settings.DEMO_PASSWORD, now=now())
        demo_site.make_catalogue(site=site, now=now())
        demo_site.make_queues(site=site, now=now())
        book.write_book(site=site, actor=demo_site.ACTOR, now=now())
        call_command("ship_models", stdout=self.stdout)
