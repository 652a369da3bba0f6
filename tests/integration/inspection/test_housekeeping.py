"""Chores: each for itself, and nothing kept that nobody will ask for."""

import hashlib
import os
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts import services as accounts
from accounts.models import ApiToken, IdempotencyKey
from core import image_store
from core.clock import now
from inspection.models import InspectionImage
from inspection.services import housekeeping, stored_files
from outbox import services as outbox
from outbox.models import OutboxEvent
from tests.factories import AT, make_inspected, make_user, token_of
from tests.guards import unguarded

pytestmark = pytest.mark.django_db


class TestKeepHouse:
    @pytest.fixture
    def due_now(self):
        """A moment, and a picture of no image that is looked at then; other tests leave such behind at times."""
        at = now()
        digest = f"{int(at.timestamp() // 3600) % 24:02x}" + "5" * 62
        image_store.put_at(image_store.key_for(digest, kind="thumbnail", suffix=".jpg"), b"picture")
        return at

    def test_does_every_chore(self, due_now):
        done = housekeeping.keep_house(now=due_now)

        assert set(done) == set(housekeeping.CHORES)
        assert None not in done.values()

    def test_clears_away_pictures_in_any_kind_of_store(self, due_now):
        assert stored_files.forget_orphans(now=due_now + timedelta(hours=48)) >= 1

    def test_a_chore_that_fails_harms_no_other(self, monkeypatch):
        outbox.announce(type="a.b", topics=["site:1"], payload={}, now=AT - timedelta(days=8))

        def fails(**_):
            with transaction.atomic():
                OutboxEvent.objects.raw("SELECT 1 FROM nowhere")[0]

        monkeypatch.setitem(housekeeping.CHORES, "partitions of audit_event", fails)
        done = housekeeping.keep_house(now=AT)

        assert (done["partitions of audit_event"], done["events"]) == (None, 1)


class TestWhatHasRunOut:
    def test_sessions_go(self):
        for key, lasts in (("ended", -1), ("open", 60)):
            Session.objects.create(session_key=key, session_data="", expire_date=AT + timedelta(seconds=lasts))

        assert accounts.forget_ended_sessions(now=AT) == 1

        assert Session.objects.get().session_key == "open"

    def test_tokens_go_after_a_week(self):
        user = make_user()
        for days in (-8, -6, 1):
            token_of(user, expiry=None)
            ApiToken.objects.filter(expiry=None).update(expiry=AT + timedelta(days=days))
        token_of(user, expiry=None)

        assert accounts.forget_expired_tokens(now=AT) == 1

        assert ApiToken.objects.filter(expiry=None).count() == 1
        assert ApiToken.objects.count() == 3

    def test_idempotency_keys_go_after_two_days(self):
        user = make_user()
        for hours in (49, 47):
            IdempotencyKey.objects.create(
                user=user, key=f"key-{hours}", fingerprint="f", created_at=AT - timedelta(hours=hours)
            )

        assert accounts.forget_old_keys(now=AT) == 1

        assert IdempotencyKey.objects.get().key == "key-47"


class TestForgetOrphans:
    @pytest.fixture(autouse=True)
    def store(self, settings, tmp_path):
        backend = "core.image_store.DurableFileSystemStorage"
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}},
        }
        return tmp_path

    def drawn(self, sha256, *, days_old):
        """A thumbnail, a view and two tiles of an image."""
        keys = [
            image_store.key_for(sha256, kind=kind, suffix=suffix)
            for kind, suffix in (
                ("thumbnail", ".jpg"), ("view", "-512.jpg"), ("tile", "/0/0_0.jpg"), ("tile", "/1/0_1.jpg"),
            )
        ]  # fmt: skip
        for key in keys:
            image_store.put_at(key, b"picture")
            self.age(default_storage.path(key), days_old)
        return keys

    def age(self, path, days_old):
        at_s = (now() - timedelta(days=days_old)).timestamp()
        os.utime(path, (at_s, at_s))

    def after_a_day(self):
        return sum(stored_files.forget_orphans(now=now() + timedelta(hours=hour)) for hour in range(24))

    def test_pictures_of_no_image_go_with_their_folders(self, store):
        keys = self.drawn("ab" * 32, days_old=3)

        assert self.after_a_day() == 4

        assert not any(image_store.exists(key) for key in keys)
        assert not (store / "tile" / "ab" / "ab" / ("ab" * 32)).exists()

    def test_pictures_of_an_image_stay(self):
        image = make_inspected().image
        keys = self.drawn(image.sha256, days_old=3)

        assert self.after_a_day() == 0

        assert all(image_store.exists(key) for key in [*keys, image.store_key])

    def test_pictures_of_an_image_about_to_be_stored_stay(self):
        keys = self.drawn("cd" * 32, days_old=0)

        assert stored_files.forget_orphans(now=now()) == 0
        assert all(image_store.exists(key) for key in keys)

    def test_what_a_writer_that_died_left_behind_goes(self, store):
        self.drawn("ef" * 32, days_old=3)
        left = store / "view" / "ef" / "ef" / ".part-x7"
        left.write_bytes(b"half a pic")
        self.age(left, 3)

        self.after_a_day()

        assert not left.exists()

    def original(self, *, days_old):
        content = b"an upload whose row was never written"
        key = image_store.put(content, kind="original", suffix=".png")
        self.age(default_storage.path(key), days_old)
        return key, content

    def test_an_original_of_no_image_is_aside_for_a_day_and_then_gone(self, store):
        key, _ = self.original(days_old=3)

        assert self.after_a_day() == 1
        assert not image_store.exists(key)
        assert self.after_a_day() == 0, "it was put aside just now"
        self.age(store / "aside" / key, 3)
        assert self.after_a_day() == 1
        with pytest.raises(FileNotFoundError):
            image_store.get_or_bring_back(key)

    def test_an_original_is_back_for_whoever_reads_it(self):
        key, content = self.original(days_old=3)
        self.after_a_day()

        assert image_store.get_or_bring_back(key) == content
        assert image_store.exists(key)

    def test_an_original_is_back_when_its_row_came_late(self, store):
        key, _ = self.original(days_old=3)
        self.after_a_day()
        image = make_inspected().image
        with unguarded("inspection_image"):
            InspectionImage.objects.filter(pk=image.pk).update(sha256=key.split("/")[-1].removesuffix(".png"))

        self.after_a_day()

        assert image_store.exists(key)
        assert not (store / "aside" / key).exists()

    def test_an_original_about_to_get_its_row_stays(self):
        key, _ = self.original(days_old=0)

        assert stored_files.forget_orphans(now=now()) == 0
        assert image_store.exists(key)


class TestCheckFiles:
    @pytest.fixture
    def image(self):
        content = b"the bytes of an image"
        key = image_store.put(content, kind="original", suffix=".png")
        image = make_inspected().image
        sha256 = hashlib.sha256(content).hexdigest()
        with unguarded("inspection_image"):
            InspectionImage.objects.filter(pk=image.pk).update(store_key=key, sha256=sha256)
        image.store_key = key
        yield image
        default_storage.delete(key)

    def test_says_that_every_image_has_its_file(self, image, capsys):
        call_command("check_files", "--digests")

        assert "Each of 1 images has its file, unchanged" in capsys.readouterr().out

    def test_fails_on_a_file_that_is_missing(self, image, capsys):
        default_storage.delete(image.store_key)

        for arguments in ([], ["--digests"]):
            with pytest.raises(CommandError, match="1 have no file and 0"):
                call_command("check_files", *arguments)
        assert f"missing: {image.store_key}" in capsys.readouterr().err

    def test_fails_on_a_file_that_was_changed(self, image, capsys):
        default_storage.delete(image.store_key)
        image_store.put_at(image.store_key, b"other bytes")

        call_command("check_files")
        with pytest.raises(CommandError, match="0 have no file and 1 another"):
            call_command("check_files", "--digests")
        assert f"changed: {image.store_key}" in capsys.readouterr().err
