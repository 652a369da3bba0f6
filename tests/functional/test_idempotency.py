"""A request that comes again with its key is carried out once and answered the same."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import services
from accounts.errors import StillRunning
from accounts.models import IdempotencyKey
from audit.models import AuditEvent
from core.clock import now
from core.idempotency import Answer
from core.roles import Role
from tests.factories import make_user

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


class TestClaim:
    def claim(self, user, *, at, fingerprint="f"):
        return services.claim_idempotency_key(user_id=user.pk, key=KEY, fingerprint=fingerprint, now=at)

    def test_of_a_request_under_way_is_refused(self):
        user, at = make_user(), now()
        assert self.claim(user, at=at) is None

        with pytest.raises(StillRunning):
            self.claim(user, at=at + timedelta(minutes=1))

    def test_of_a_request_whose_process_died_is_taken_over(self):
        user, at = make_user(), now()
        self.claim(user, at=at)

        assert self.claim(user, at=at + timedelta(minutes=4)) is None

    def test_keeps_status_place_and_text(self):
        user, at = make_user(), now()
        self.claim(user, at=at)
        given = Answer(status=202, body='{"b": 1, "a": 2}', location="/api/v1/inference/jobs/1/")

        services.store_idempotent_answer(user_id=user.pk, key=KEY, answer=given)

        assert self.claim(user, at=at) == given
