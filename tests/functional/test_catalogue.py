"""The fab's own words: each is made once, whoever says it first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.urls import reverse

from audit.models import AuditEvent
from core.roles import Role
from inspection import services
from tests.factories import AT
from tests.integration.inspection.conftest import SYSTEM
from tests.locks import until_others_wait

KINDS = {
    "api:products": (services.create_product, "product.create"),
    "api:tools": (services.create_tool, "tool.create"),
    "api:layers": (services.create_layer, "layer.create"),
    "api:recipes": (services.create_recipe, "recipe.create"),
}


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    """Of all who say a new word at the same moment, one has made it."""

    @pytest.fixture
    def post(self, client_as):
        client = client_as(Role.MODEL_ENGINEER)

        def post(kind):
            try:
                return client.post(reverse(kind), {"code": "X1"}, format="json").status_code
            finally:
                connection.close()

        return post

    @pytest.mark.parametrize("kind", KINDS)
    def test_who_comes_second_is_told_that_it_is_known(self, kind, post, site):
        create, recorded_as = KINDS[kind]
        with ThreadPoolExecutor(max_workers=4) as threads:
            with transaction.atomic():
                create(site=site, code="X1", actor=SYSTEM, now=AT)
                # None of them sees the row before this commits; they wait at the index.
                answers = [threads.submit(post, kind) for _ in range(4)]
                until_others_wait(4)

            assert [answer.result(20) for answer in answers] == [200] * 4

        assert AuditEvent.objects.filter(action=recorded_as).count() == 1
