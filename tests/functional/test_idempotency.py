"""A request that comes again with its key is carried out once and answered the same."""

import errno
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.urls import reverse

from accounts import services
from accounts.errors import StillRunning
from accounts.models import IdempotencyKey, Site
from audit.models import AuditEvent
from core import idempotency
from core.clock import now
from core.idempotency import CLAIM_LIFETIME, Answer, LostClaim
from core.roles import Role
from inspection.api import catalogue
from inspection.models import InspectionImage, InspectionJob, InspectionRun, Layer
from inspection.services import batches, ingest
from tests.factories import make_recipe, make_user
from tests.live_stack import eventually, wafer_png
from tests.locks import until_others_wait

pytestmark = pytest.mark.django_db
KEY = "5b6f1d0e-2f1c-4a53-9d0e-1f7f5d8c1a11"


def make_layer(client, code="M2", key=KEY, **values):
    return client.post(reverse("api:layers"), {"code": code, **values}, format="json", headers={"idempotency-key": key})


class TestTheSameRequest:
    def test_is_answered_the_same_and_done_once(self, operator):
        first, again = make_layer(operator), make_layer(operator)

        assert first.status_code == again.status_code == 201
        assert first.content == again.content
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert AuditEvent.objects.filter(action="layer.create").count() == 1

    def test_of_somebody_else_is_another(self, client_as):
        first, other = make_layer(client_as(Role.OPERATOR)), make_layer(client_as(Role.OPERATOR))

        assert (first.status_code, other.status_code) == (201, 200)

    def test_after_a_day_is_a_new_one(self, operator):
        make_layer(operator)
        IdempotencyKey.objects.update(created_at=now() - timedelta(days=1, seconds=1))

        assert make_layer(operator).status_code == 200


class TestAnotherRequest:
    def test_with_the_same_key_is_refused(self, operator):
        make_layer(operator)

        answer = make_layer(operator, code="M3")

        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"

    @pytest.mark.parametrize("key", ["short", "x" * 129, "with spaces in it", "\u00e9" * 10])
    def test_with_a_key_that_is_none_is_refused(self, operator, key):
        answer = make_layer(operator, key=key)

        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()["fields"]


class TestARequestThatFailed:
    def test_may_be_tried_again_with_its_key(self, operator):
        assert make_layer(operator, step=-1).status_code == 400

        assert make_layer(operator).status_code == 201


class TestAProcessThatDies:
    """Whatever moment it dies at, the request is carried out once, and the next attempt is answered."""

    @pytest.fixture
    def dies(self, monkeypatch):
        """The process dies when it calls `name` of `owner`: nothing after that runs, also no clearing up."""

        def dies(owner, name, *, after_calls=0):
            original, calls = getattr(owner, name), []

            def call(*args, **values):
                calls.append(args)
                if len(calls) > after_calls:
                    patch.setattr(services, "release_idempotency_key", lambda *_: None)
                    raise KeyboardInterrupt
                return original(*args, **values)

            patch.setattr(owner, name, call)

        with monkeypatch.context() as patch:
            dies.undo = patch.undo
            yield dies

    @pytest.fixture
    def next_attempt(self, dies):
        """The same request again, when the dead one's hold on the key has run out."""

        def next_attempt(send):
            with pytest.raises(KeyboardInterrupt):
                send()
            dies.undo()
            assert send().json()["code"] == "still_running"
            IdempotencyKey.objects.update(held_until=now() - timedelta(seconds=1))
            return send()

        return next_attempt

    @pytest.fixture
    def send_batch(self, operator, site):
        make_recipe(site)
        return lambda: operator.post(
            reverse("api:batch"),
            {"images": [SimpleUploadedFile(f"{k}.png", wafer_png(k, side_px=64)) for k in range(3)], "lot": "L"},
            format="multipart",
            headers={"idempotency-key": KEY},
        )

    @pytest.fixture
    def send_image(self, operator, site):
        make_recipe(site)
        return lambda: operator.post(
            reverse("api:predict"),
            {"image": SimpleUploadedFile("1.png", wafer_png(1, side_px=64)), "cache": "false"},
            format="multipart",
            headers={"idempotency-key": KEY},
        )

    def test_before_the_answer_is_kept_has_changed_nothing(self, operator, dies, next_attempt):
        dies(services, "store_idempotent_answer")

        answer = next_attempt(lambda: make_layer(operator))

        assert answer.status_code == 201, "the dead attempt's layer is gone with its answer"
        assert AuditEvent.objects.filter(action="layer.create").count() == 1

    def test_before_its_batch_is_made_has_changed_nothing(self, send_batch, dies, next_attempt):
        dies(services, "note_made")

        assert next_attempt(send_batch).status_code == 202
        assert InspectionJob.objects.count() == 1

    @pytest.mark.parametrize("taken_in", [0, 1, 2])
    def test_in_the_middle_of_a_batch_is_succeeded(self, send_batch, dies, next_attempt, taken_in):
        dies(batches, "_take_item", after_calls=taken_in)

        answer = next_attempt(send_batch)

        job = InspectionJob.objects.get()
        assert (answer.status_code, answer.json()["id"]) == (202, str(job.pk))
        assert [item.run_id is not None for item in job.items.all()] == [True, True, True]
        assert InspectionRun.objects.count() == InspectionImage.objects.count() == 3
        assert AuditEvent.objects.filter(action="run.queue").count() == 3

    def test_after_its_batch_is_taken_in_has_done_it(self, send_batch, dies, next_attempt):
        dies(services, "store_idempotent_answer")

        answer = next_attempt(send_batch)

        assert answer.headers["Location"] == reverse("api:job", args=[InspectionJob.objects.get().pk])
        assert InspectionRun.objects.count() == 3
        assert send_batch().headers["Idempotent-Replayed"] == "true"

    def test_after_its_run_is_made_has_done_it(self, send_image, dies, next_attempt):
        dies(services, "store_idempotent_answer")

        answer = next_attempt(send_image)

        assert (answer.status_code, answer.json()["id"]) == (202, str(InspectionRun.objects.get().pk))

    def test_a_slow_attempt_that_was_taken_over_commits_nothing(self, operator, monkeypatch):
        make = catalogue.services.create_layer

        def slow(**values):
            IdempotencyKey.objects.update(held_until=now() - timedelta(seconds=1))
            monkeypatch.setattr(catalogue.services, "create_layer", make)
            assert make_layer(operator).status_code == 201
            Layer.objects.all().delete()
            return make(**values)

        monkeypatch.setattr(catalogue.services, "create_layer", slow)
        kind = replace(catalogue.LayersView.kind, create=lambda **values: catalogue.services.create_layer(**values))
        monkeypatch.setattr(catalogue.LayersView, "kind", kind)

        answer = make_layer(operator)

        assert (answer.status_code, answer.json()["code"]) == (409, "still_running")
        assert not Layer.objects.exists()

    def test_a_fault_after_something_was_made_does_not_say_that_nothing_was(self, send_batch, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(batches, "close_if_over", self._fails)
            answer = send_batch()

        assert answer.status_code == 503
        assert "may have been carried out" in answer.json()["detail"]
        assert send_batch().json()["id"] == str(InspectionJob.objects.get().pk)

    def test_an_outage_in_the_middle_of_a_batch_is_answered_as_one_and_the_rest_taken_in_later(
        self, send_batch, monkeypatch
    ):
        with monkeypatch.context() as full:
            full.setattr(ingest, "store_files", self._disk_is_full)
            refused = send_batch()
        answer = send_batch()

        job = InspectionJob.objects.get()
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert (answer.status_code, answer.json()["id"]) == (202, str(job.pk))
        assert [item["state"] for item in answer.json()["items"]] == ["waiting"] * 3
        assert InspectionRun.objects.count() == 3

    def _disk_is_full(self, *_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def _fails(self, **_):
        raise OperationalError("server closed the connection unexpectedly")


class TestClaim:
    def claim(self, user, *, at, fingerprint="f"):
        return services.claim_idempotency_key(user_id=user.pk, key=KEY, fingerprint=fingerprint, now=at)

    def test_of_a_request_under_way_is_refused_for_as_long_as_it_is_renewed(self):
        user, at = make_user(), now()
        under_way = self.claim(user, at=at)

        for _ in range(100):
            at += CLAIM_LIFETIME * 0.9
            with pytest.raises(StillRunning):
                self.claim(user, at=at)
            assert services.renew_idempotency_key(under_way, now=at)

    def test_that_ends_too_late_to_be_true_is_of_a_wrong_clock_and_taken_over(self):
        user, at = make_user(), now()
        self.claim(user, at=at + timedelta(hours=1))

        assert self.claim(user, at=at).attempt == 2

    @pytest.mark.parametrize(("lasted_s", "retry_after_s", "left_s"), [(0, 1, 6), (0.2, 1, 6), (3, 3, 3), (5.5, 1, 1)])
    def test_of_a_request_under_way_says_when_asking_again_makes_sense(self, lasted_s, retry_after_s, left_s):
        user, at = make_user(), now()
        self.claim(user, at=at)

        with pytest.raises(StillRunning, match=rf"again in {left_s} s") as refusal:
            self.claim(user, at=at + timedelta(seconds=lasted_s))

        assert refusal.value.retry_after_s == retry_after_s

    def test_of_a_request_whose_process_died_is_taken_over(self):
        user, at = make_user(), now()
        first = self.claim(user, at=at)

        second = self.claim(user, at=at + CLAIM_LIFETIME)

        assert (first.attempt, second.attempt) == (1, 2)

    def test_that_was_taken_over_may_neither_note_nor_answer_nor_renew_nor_let_go(self):
        user, at = make_user(), now()
        lost = self.claim(user, at=at)
        self.claim(user, at=at + CLAIM_LIFETIME)

        for act in (
            lambda: services.note_made(lost, "1"),
            lambda: services.store_idempotent_answer(lost, Answer(200, "")),
        ):
            with pytest.raises(LostClaim):
                act()
        services.release_idempotency_key(lost)

        assert not services.renew_idempotency_key(lost, now=at)
        assert IdempotencyKey.objects.get().held_until == at + 2 * CLAIM_LIFETIME

    def test_that_was_let_go_of_or_answered_is_not_renewed_any_more(self):
        user, at = make_user(), now()
        let_go = self.claim(user, at=at)
        services.note_made(let_go, "the job")
        services.release_idempotency_key(let_go)
        late = services.renew_idempotency_key(let_go, now=at)
        answered = self.claim(user, at=at)
        services.store_idempotent_answer(answered, Answer(200, ""))

        assert not late
        assert not services.renew_idempotency_key(answered, now=at)

    def test_of_a_failed_request_that_made_something_hands_it_on(self):
        user, at = make_user(), now()
        failed = self.claim(user, at=at)
        services.note_made(failed, "the job")
        services.release_idempotency_key(failed)

        assert self.claim(user, at=at).made == "the job"

    def test_keeps_status_place_and_text(self):
        user, at = make_user(), now()
        claim = self.claim(user, at=at)
        given = Answer(status=202, body='{"b": 1, "a": 2}', location="/api/v1/inference/jobs/1/")

        services.store_idempotent_answer(claim, given)

        assert self.claim(user, at=at) == given


@pytest.mark.django_db(transaction=True)
class TestTheHoldOnAKey:
    """It is short, and renewed by the request it stands for."""

    @pytest.fixture
    def slow_layer(self, operator, monkeypatch):
        """Making a layer waits for the event that is given back."""
        monkeypatch.setattr(idempotency, "CLAIM_LIFETIME", timedelta(seconds=0.9))
        monkeypatch.setattr(services, "CLAIM_LIFETIME", timedelta(seconds=0.9))
        go_on = threading.Event()

        def slow(**values):
            assert go_on.wait(20)
            return catalogue.services.create_layer(**values)

        monkeypatch.setattr(catalogue.LayersView, "kind", replace(catalogue.LayersView.kind, create=slow))
        return go_on

    @staticmethod
    def closing(work):
        def run(*arguments):
            try:
                return work(*arguments)
            finally:
                connection.close()

        return run

    def test_lasts_as_long_as_a_slow_request(self, operator, slow_layer):
        with ThreadPoolExecutor(max_workers=1) as threads:
            slow = threads.submit(self.closing(make_layer), operator)
            time.sleep(2)
            meanwhile = make_layer(operator)
            slow_layer.set()

            assert slow.result(20).status_code == 201
        assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "still_running")

    def test_is_let_go_of_when_the_database_is_back(self, operator, monkeypatch):
        release, tries = services.release_idempotency_key, []

        def is_away_at_first(claim):
            tries.append(claim)
            if len(tries) < 3:
                raise OperationalError("server closed the connection unexpectedly")
            release(claim)

        def breaks(**_):
            raise OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(services, "release_idempotency_key", is_away_at_first)
        with monkeypatch.context() as broken:
            broken.setattr(catalogue.LayersView, "kind", replace(catalogue.LayersView.kind, create=breaks))
            assert make_layer(operator).status_code == 503

        eventually(lambda: not IdempotencyKey.objects.exists(), within_s=4, what="the key to be free")
        assert make_layer(operator).status_code == 201


@pytest.mark.django_db(transaction=True)
class TestTwoAttemptsAtOnce:
    """Of two transactions that carry out the same request, one commits."""

    def slowly(self, claim, *, until):
        """Carry out a request in a transaction of its own thread; `until` holds it back before or after its answer."""
        try:
            with transaction.atomic():
                Site.objects.create(code="made-slowly", name="Made slowly")
                until["answer"].wait(20)
                services.store_idempotent_answer(claim, Answer(200, "slow"))
                until["stored"].set()
                until["commit"].wait(20)
        finally:
            connection.close()

    @pytest.fixture
    def until(self):
        return {name: threading.Event() for name in ("answer", "stored", "commit")}

    @pytest.fixture
    def claim(self):
        user, at = make_user(), now()
        return lambda minutes=0: services.claim_idempotency_key(
            user_id=user.pk, key=KEY, fingerprint="f", now=at + timedelta(minutes=minutes)
        )

    def test_a_slow_one_that_was_taken_over_is_undone(self, claim, until):
        with ThreadPoolExecutor(max_workers=1) as threads:
            slow = threads.submit(self.slowly, claim(), until=until)
            claim(minutes=4)
            [event.set() for event in until.values()]

            with pytest.raises(LostClaim):
                slow.result(20)

        assert not Site.objects.filter(code="made-slowly").exists()

    def test_who_takes_over_waits_for_an_answer_about_to_commit(self, claim, until):
        with ThreadPoolExecutor(max_workers=2) as threads:
            slow = threads.submit(self.slowly, claim(), until=until)
            until["answer"].set()
            assert until["stored"].wait(20)
            other = threads.submit(self.closing(claim), minutes=4)
            until_others_wait()
            assert not other.done()
            until["commit"].set()

            slow.result(20)
            assert other.result(20) == Answer(200, "slow")

        assert Site.objects.filter(code="made-slowly").count() == 1

    def closing(self, work):
        def run(**values):
            try:
                return work(**values)
            finally:
                connection.close()

        return run
