"""Make an account with its roles and sites. The password is asked for, or read from a line of standard input."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.models import Site, User
from core.actors import CONSOLE
from core.clock import now
from core.roles import Role


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", action="append", required=True, choices=[role.value for role in Role])
        parser.add_argument("--site", action="append", required=True, metavar="CODE", help="A site it may see.")
        parser.add_argument("--full-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        if User.objects.filter(username=username).exists():
            raise CommandError(f"There is an account called {username} already.")
        sites = list(Site.objects.filter(code__in=options["site"]))
        if unknown := set(options["site"]) - {site.code for site in sites}:
            raise CommandError(f"There is no site {', '.join(sorted(unknown))}: make it with add_site.")
        password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, User(username=username, first_name=options["full_name"]))
            services.create_user(
                username=username,
                password=password,
                roles=[Role(role) for role in options["role"]],
                sites=sites,
                full_name=options["full_name"],
                actor=CONSOLE,
                now=now(),
            )
        except ValidationError as fault:
            raise CommandError("; ".join(fault.messages)) from fault
        self.stdout.write(f"{username} may sign in.")
