"""Make a site with what inspection needs there: the classes of defects and the recipe DEFAULT. Safe to repeat."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import services as accounts
from core.actors import CONSOLE
from core.clock import now
from inspection import services as inspection


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="Letters, digits, - and _: FAB1.")
        parser.add_argument("--name", default="", help="As people call it (default: its code).")

    def handle(self, *args: Any, **options: Any) -> None:
        code, name = options["code"], options["name"] or options["code"]
        try:
            site = accounts.create_site(code=code, name=name, actor=CONSOLE, now=now())
        except ValidationError as fault:
            raise CommandError("; ".join(fault.messages)) from fault
        inspection.ensure_defect_classes(actor=CONSOLE, now=now())
        inspection.create_recipe(site=site, code="DEFAULT", name="Any image, full resolution", actor=CONSOLE, now=now())
        self.stdout.write(f"{site.code} is there, with the recipe DEFAULT.")
