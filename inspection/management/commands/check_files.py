"""Say whether every image has its file, and whether the file is still what it was. Brings back what was put aside."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inspection.services import stored_files

MOST_NAMED = 20


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--digests", action="store_true", help="read every file and compare its SHA-256, too")

    def handle(self, *args: Any, **options: Any) -> None:
        found = stored_files.compare(with_digests=options["digests"])
        for key in found.missing[:MOST_NAMED]:
            self.stderr.write(f"missing: {key}")
        for key in found.changed[:MOST_NAMED]:
            self.stderr.write(f"changed: {key}")
        if not found.is_whole:
            raise CommandError(
                f"Of {found.images} images {len(found.missing)} have no file and {len(found.changed)} another one. "
                "Bring the files back from a backup of the store under the keys named here."
            )
        compared = "its file, unchanged" if options["digests"] else "its file"
        self.stdout.write(f"Each of {found.images} images has {compared}. Files that no image names: {found.spare}.")
