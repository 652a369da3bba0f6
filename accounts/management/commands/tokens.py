"""List the API tokens, or revoke one whose text is lost."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.models import ApiToken
from accounts.selectors import tokens, tokens_named
from core.actors import CONSOLE
from core.clock import now


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="Only the tokens of this account.")
        parser.add_argument("--revoke", metavar="TOKEN", help="The name of a token, or how its text begins.")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["revoke"]
        if wanted == "":
            raise CommandError("Say which token is to be revoked.")
        found = tokens() if wanted is None else tokens_named(wanted)
        if options["user"] is not None:
            found = found.filter(user__username=options["user"])
        if wanted is None:
            for token in found:
                self.stdout.write(_line(token))
        else:
            self._revoke(list(found), wanted=wanted)

    def _revoke(self, found: list[ApiToken], *, wanted: str) -> None:
        if not found:
            raise CommandError(f"There is no token {wanted}.")
        if len(found) > 1:
            lines = "\n".join(_line(token) for token in found)
            raise CommandError(f"{len(found)} tokens are meant by {wanted}; say how the text of one begins:\n{lines}")
        (token,) = found
        services.revoke_token(token=token, actor=CONSOLE, now=now())
        self.stdout.write(f"Revoked: {_line(token)}")


def _line(token: ApiToken) -> str:
    ends = "for ever" if token.expiry is None else f"until {token.expiry:%Y-%m-%d}"
    return f"{token.token_key}  {token.user.username}  {token.name}  {'+'.join(token.scopes)}  {ends}"
