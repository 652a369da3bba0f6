"""How many images an account or an address may send within a minute; what is too much is refused whole."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connections
from django.urls import reverse

from config.routing import sockets
from core import throttling
from core.errors import TooMuch
from core.origins import OwnOriginValidator
from core.roles import Role
from core.throttling import Limit, spend
from inspection.models import InspectionImage, InspectionJob
from inspection.services import batches
from tests.factories import make_recipe, make_user, token_of
from tests.live_stack import wafer_png
from tests.socket_client import SocketClient

AT = datetime(2026, 11, 21, 12, 0, 15, tzinfo=UTC)
THREE = Limit(kind="test", most=3, window_s=60)


@pytest.fixture(autouse=True)
def _nothing_counted():
    throttling.forget_counts()
    yield
    throttling.forget_counts()


@pytest.fixture(autouse=True)
def clock():
    """Stands still a quarter into a minute."""
    with time_machine.travel(AT, tick=False) as moved:
        yield moved


@pytest.fixture
def at_most(settings):
    def limited(*, account=12_000, address=60_000):
        settings.IMAGES_PER_ACCOUNT, settings.IMAGES_PER_ADDRESS = account, address

    return limited


def again(client, inspected, *, images=1, **headers):
    """Ask for stored images to be inspected again."""
    ids = [str(inspected.image.pk)] * images
    return client.post(reverse("api:batch"), {"ids": ids}, format="json", headers=headers)


def png(number):
    return SimpleUploadedFile(f"{number}.png", wafer_png(number, side_px=64), content_type="image/png")


@pytest.mark.django_db
class TestImagesOfAnAccount:
    def test_beyond_its_share_wait_for_the_next_minute(self, at_most, operator, inspected, clock):
        at_most(account=3)
        statuses = [again(operator, inspected).status_code for _ in range(3)]

        refused = again(operator, inspected)
        clock.shift(timedelta(seconds=int(refused.headers["Retry-After"])))

        assert statuses == [202] * 3
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "45")
        assert (refused.json()["code"], refused.json()["retry_after_s"]) == ("too_much", 45)
        assert "send this again in 45 s" in refused.json()["detail"]
        assert again(operator, inspected).status_code == 202

    def test_that_are_refused_leave_nothing_and_do_not_count(self, at_most, operator, inspected):
        at_most(account=3)
        files = {"images": [png(number) for number in range(4)]}

        refused = operator.post(reverse("api:batch"), files, format="multipart")

        assert refused.status_code == 429
        assert (InspectionJob.objects.count(), InspectionImage.objects.count()) == (1, 1), "the fixture's own"
        assert [again(operator, inspected).status_code for _ in range(4)] == [202, 202, 202, 429]

    def test_go_on_with_their_idempotency_key(self, at_most, operator, inspected, clock):
        at_most(account=0)
        first = again(operator, inspected, **{"Idempotency-Key": "12345678"})
        at_most(account=1)

        second = again(operator, inspected, **{"Idempotency-Key": "12345678"})
        replayed = again(operator, inspected, **{"Idempotency-Key": "12345678"})

        assert [one.status_code for one in (first, second, replayed)] == [429, 202, 202]
        assert replayed.headers["Idempotent-Replayed"] == "true"

    def test_do_not_count_again_where_the_first_answer_is_repeated(self, at_most, site, operator):
        make_recipe(site)
        at_most(account=1)
        key = {"Idempotency-Key": "12345678"}

        answers = [
            operator.post(reverse("api:predict"), {"image": png(1)}, format="multipart", headers=key) for _ in range(2)
        ]

        assert [one.status_code for one in answers] == [202, 202]
        assert answers[1].headers["Idempotent-Replayed"] == "true"

    def test_do_not_count_again_where_a_batch_that_broke_off_is_gone_on_with(
        self, at_most, site, operator, monkeypatch
    ):
        make_recipe(site)
        at_most(account=2)

        def send():
            files = {"images": [png(number) for number in range(2)]}
            headers = {"Idempotency-Key": "12345678"}
            return operator.post(reverse("api:batch"), files, format="multipart", headers=headers)

        def away(*_, **__):
            raise OperationalError("server closed the connection unexpectedly")

        with monkeypatch.context() as broken:
            broken.setattr(batches, "_take_item", away)
            broken_off = send()

        assert (broken_off.status_code, send().status_code) == (503, 202)

    def test_are_counted_one_by_one(self, at_most, operator):
        at_most(account=0)

        assert operator.post(reverse("api:predict"), {"image": png(1)}, format="multipart").status_code == 429

    def test_of_a_benchmark_count(self, at_most, client_as):
        at_most(account=19)

        answer = client_as(Role.MODEL_ENGINEER).post(reverse("api:benchmark"), {"images": 20}, format="json")

        assert answer.status_code == 429

    def test_are_not_those_of_another(self, at_most, client_as, inspected):
        at_most(account=1)

        assert [again(client_as(Role.OPERATOR), inspected).status_code for _ in range(2)] == [202, 202]

    def test_leave_room_for_batches_of_a_hundred(self, operator, settings):
        assert settings.IMAGES_PER_ACCOUNT >= 100 * 100


@pytest.mark.django_db
class TestImagesOfAnAddress:
    def test_are_those_of_all_its_accounts(self, at_most, client_as, inspected):
        at_most(address=2)

        assert [again(client_as(Role.OPERATOR), inspected).status_code for _ in range(3)] == [202, 202, 429]

    def test_are_counted_behind_the_trusted_proxy(self, at_most, settings, operator, inspected):
        at_most(address=1)
        settings.TRUSTED_PROXIES = 1
        of = [again(operator, inspected, **{"X-Forwarded-For": chain}).status_code for chain in (
            "192.0.2.1", "192.0.2.2", "198.51.100.9, 192.0.2.1",
        )]  # fmt: skip

        assert of == [202, 202, 429], "what the caller writes himself makes no other address of his"


@pytest.mark.django_db(transaction=True)
class TestImagesOfAStream:
    async def test_are_refused_one_by_one_and_the_stream_goes_on(self, site, settings):
        settings.IMAGES_PER_ACCOUNT = 0
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        token = await sync_to_async(token_of)(user)
        headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Token {token}".encode())]
        stream = SocketClient(OwnOriginValidator(sockets), "/ws/stream/", headers=headers)
        await stream.connect()
        await stream.send_text('{"type": "start"}')

        await stream.send_bytes(wafer_png(1, side_px=64))
        refused = await stream.frame("refused")
        await stream.send_text('{"type": "ping"}')

        assert (refused["n"], refused["data"]["code"], refused["data"]["retry_after_s"]) == (1, "too_much", 45)
        assert await stream.frame("pong")
        await stream.disconnect()
        await sync_to_async(connections.close_all)()


class TestSpending:
    def test_at_the_same_moment_passes_no_limit(self):
        def attempt(_):
            try:
                spend([(THREE, "olga")], amount=1, what="images", now=AT)
            except TooMuch:
                return False
            return True

        with ThreadPoolExecutor(12) as threads:
            assert sum(threads.map(attempt, range(24))) == 3

    def test_is_refused_whole(self):
        spend([(THREE, "olga")], amount=2, what="images", now=AT)
        with pytest.raises(TooMuch, match="More than 3 images within 60 s"):
            spend([(THREE, "olga")], amount=2, what="images", now=AT)

        spend([(THREE, "olga")], amount=1, what="images", now=AT)

    def test_is_counted_while_redis_is_away(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        spend([(THREE, "olga")], amount=3, what="images", now=AT)
        with pytest.raises(TooMuch):
            spend([(THREE, "olga")], amount=1, what="images", now=AT)

        spend([(THREE, "otto")], amount=3, what="images", now=AT)

    def test_waits_for_a_redis_that_hangs_but_once(self, settings):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            for _ in range(3):
                spend([(THREE, "olga"), (THREE, "10.0.0.1")], amount=1, what="images", now=AT)
            silent.setblocking(False)
            silent.accept()[0].close()
            with pytest.raises(BlockingIOError):
                silent.accept()
