"""Sockets: who may open which, what they hear, and when they are closed."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import OperationalError, connection, transaction
from django.utils.module_loading import import_string

from accounts import consumers as account_sockets
from accounts import services as accounts
from accounts.models import ApiToken
from accounts.selectors import actor_for_user
from audit.models import AuditEvent
from config.routing import sockets
from core import live_socket, policy, realtime
from core.admission import gate
from core.clock import now
from core.errors import Overloaded
from core.origins import OwnOriginValidator
from core.roles import Role
from inspection import consumers, events
from outbox import services as outbox
from outbox.models import OutboxEvent
from tests.factories import make_inspected, make_site, make_user, token_of
from tests.socket_client import SocketClient

pytestmark = pytest.mark.django_db(transaction=True)
RULES = [rule for rule in policy.rules() if rule.kind == "ws"]
HOST = (b"host", b"127.0.0.1")
FROM_THERE = (b"x-forwarded-for", b"192.0.2.1")
application = OwnOriginValidator(sockets)


def path_of(rule_name, things):
    return rule_name.replace("<uuid:wafer_id>", str(things.wafer.pk)).replace("<uuid:job_id>", str(things.job.pk))


def socket(path, *, user=None, session=None, headers=(), query=b"", scopes=("read", "write")):
    sent = [HOST, *headers]
    if user is not None:
        sent.append((b"authorization", f"Token {token_of(user, scopes=scopes)}".encode()))
    if session is not None:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
        sent += [(b"cookie", cookie), (b"origin", b"http://127.0.0.1")]
    return SocketClient(application, path, headers=sent, query=query)


def session_of(user):
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store


@pytest.fixture
def site():
    return make_site("fab")


@pytest.fixture
def inspected(site):
    return make_inspected(site)


@pytest.fixture
def foreign():
    return make_inspected(make_site("elsewhere"))


@pytest.fixture
def often(monkeypatch):
    """Look again at once, not after 15 s."""
    monkeypatch.setattr(live_socket, "CHECK_EVERY_S", 0.2)


class TestWhoMayOpen:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    @pytest.mark.parametrize("role", list(Role))
    async def test_is_who_the_table_says(self, rule, role, site, inspected):
        user = await sync_to_async(make_user)(role, site=site)
        opened = await sync_to_async(socket)(path_of(rule.name, inspected), user=user)

        assert await opened.connect()
        if rule.admits({role}):
            assert (await opened.frame())["type"] == "hello"
            await opened.disconnect()
        else:
            assert await opened.close_code() == 4403

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    @pytest.mark.parametrize("session", [None, "made0up0session0key", '"ab\\000cdefgh"'])
    async def test_is_nobody_without_an_account(self, rule, session, inspected):
        headers = [(b"origin", b"http://127.0.0.1")] if session is None else []
        opened = socket(path_of(rule.name, inspected), session=session, headers=headers)

        await opened.connect()

        assert await opened.close_code() == 4401

    @pytest.mark.parametrize("rule", [rule for rule in RULES if "<" in rule.name], ids=lambda rule: rule.name)
    async def test_is_nobody_of_another_site(self, rule, site, foreign):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        theirs = await sync_to_async(socket)(path_of(rule.name, foreign), user=user)
        path = path_of(rule.name, foreign).replace(str(foreign.wafer.pk)[:8], "00000000")
        nobodys = await sync_to_async(socket)(path.replace(str(foreign.job.pk)[:8], "00000000"), user=user)

        for opened in (theirs, nobodys):
            await opened.connect()
            assert await opened.close_code() == 4404

    @pytest.mark.parametrize("path", ["/ws/", "/ws/live", "/ws/everything/", "/ws/wafers/1/", "/"])
    async def test_paths_that_are_none_are_refused(self, path, site):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        opened = await sync_to_async(socket)(path, user=user)

        assert not await opened.connect()


class TestOrigin:
    @pytest.mark.parametrize(
        "origin",
        [
            b"http://evil.example", b"null", b"http://127.0.0.1.evil.example", b"http://127.0.0.1:81", b"", b"//x",
            b"https://127.0.0.1", b"ws://127.0.0.1", b"http://127.0.0.1/",
        ],
    )  # fmt: skip
    async def test_of_others_is_refused_even_with_a_good_session(self, origin, site):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        session = await sync_to_async(session_of)(user)
        cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()
        opened = SocketClient(application, "/ws/live/", headers=[HOST, (b"cookie", cookie), (b"origin", origin)])

        assert not await opened.connect()

    async def test_of_our_pages_behind_a_proxy_that_is_trusted_is_as_the_proxy_says(self, site, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        session = await sync_to_async(session_of)(user)
        cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode())
        opened = []
        for origin in (b"https://127.0.0.1", b"http://127.0.0.1"):
            headers = [HOST, cookie, (b"origin", origin), (b"x-forwarded-proto", b"https")]
            one = SocketClient(application, "/ws/live/", headers=headers)
            opened.append(await one.connect())
            if opened[-1]:
                await one.disconnect()

        assert opened == [True, False]

    async def test_missing_is_refused_without_a_token(self, site):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        session = await sync_to_async(session_of)(user)
        cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()
        opened = SocketClient(application, "/ws/live/", headers=[HOST, (b"cookie", cookie)])

        assert not await opened.connect()

    async def test_missing_is_refused_beside_a_cookie_and_a_header_that_is_no_token(self, site):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        session = await sync_to_async(session_of)(user)
        cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()
        headers = [HOST, (b"cookie", cookie), (b"authorization", b"Basic eDp5")]

        assert not await SocketClient(application, "/ws/live/", headers=headers).connect()

    async def test_of_our_own_page_is_let_in_with_its_session(self, site):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        session = await sync_to_async(session_of)(user)
        opened = socket("/ws/live/", session=session.session_key)

        assert await opened.connect()
        assert (await opened.frame())["type"] == "hello"
        await opened.disconnect()


@sync_to_async
def refusals():
    """What the trail says of refusals: path, who, how they proved it, and why."""
    events_ = AuditEvent.objects.filter(action="access.refuse").order_by("id")
    return [(event.object_id, event.actor["id"], event.actor["auth"], event.reason) for event in events_]


class TestRefusalsInTheTrail:
    async def test_are_one_for_a_role_that_does_not_allow_it(self, site):
        user = await sync_to_async(make_user)(Role.AUDITOR, site=site)
        asking = await sync_to_async(socket)("/ws/stream/", user=user)
        await asking.connect()
        await asking.close_code()

        assert await refusals() == [("/ws/stream/", user.pk, "token", "your role does not allow this")]

    async def test_are_one_for_a_scope_that_does_not_allow_it(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        asking = await sync_to_async(socket)("/ws/stream/", user=user, scopes=("read",))
        await asking.connect()
        await asking.close_code()

        assert await refusals() == [("/ws/stream/", user.pk, "token", "this token may not write")]

    async def test_are_one_for_a_foreign_origin_with_a_good_session_or_token(self, site):
        user = await sync_to_async(make_user)(Role.LEAD, site=site)
        session = await sync_to_async(session_of)(user)
        cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode())
        foreign = (b"origin", b"http://evil.example")
        with_session = SocketClient(application, "/ws/live/", headers=[HOST, cookie, foreign])
        with_token = await sync_to_async(socket)("/ws/live/", user=user, headers=[foreign])

        assert [await one.connect() for one in (with_session, with_token)] == [False, False]
        assert await refusals() == [
            ("/ws/live/", user.pk, auth, "the origin is foreign") for auth in ("session", "token")
        ]

    async def test_are_none_of_strangers(self, site):
        foreign = (b"origin", b"http://evil.example")
        unknown = (b"cookie", f"{settings.SESSION_COOKIE_NAME}=made0up0session0key".encode())
        token = (b"authorization", b"Token " + b"0" * 64)
        for headers in ([HOST, foreign], [HOST, foreign, unknown], [HOST, foreign, token], [HOST]):
            assert not await SocketClient(application, "/ws/live/", headers=headers).connect()
        asking = socket("/ws/live/", session="made0up0session0key")
        await asking.connect()
        await asking.close_code()

        assert await refusals() == []

    async def test_hold_while_the_trail_cannot_be_written(self, site, monkeypatch):
        def away(*_, **__):
            raise OperationalError("away")

        user = await sync_to_async(make_user)(Role.AUDITOR, site=site)
        by_role = await sync_to_async(socket)("/ws/stream/", user=user)
        by_origin = await sync_to_async(socket)("/ws/live/", user=user, headers=[(b"origin", b"http://evil.example")])
        monkeypatch.setattr("accounts.services.audit.record", away)

        assert not await by_origin.connect()
        await by_role.connect()
        assert await by_role.close_code() == 1013

    @pytest.mark.parametrize(
        ("taken", "path", "reason"),
        [
            ("groups", "/ws/live/", "your role does not allow this"),
            ("sites", "/ws/wafers/{0.wafer.pk}/", "this belongs to another site"),
        ],
    )
    async def test_are_one_for_a_right_that_is_lost_meanwhile(self, site, inspected, taken, path, reason):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        opened = await opened_by(user, path.format(inspected))

        await getattr(user, taken).aclear()
        await sync_to_async(accounts.announce_account_change)(user_id=user.pk, now=now())
        await opened.close_code(within_s=2)

        assert await refusals() == [(path.format(inspected), user.pk, "token", reason)]


@sync_to_async
def announce(topics, at=None, **payload):
    return outbox.announce(type=events.RUN_DONE, topics=topics, payload=payload, now=at or now())


async def opened_by(user, path="/ws/live/"):
    opened = await sync_to_async(socket)(path, user=user)
    assert await opened.connect()
    hello = await opened.frame()
    assert hello["type"] == "hello"
    assert hello["data"] == {"live": True}
    return opened


class TestWhatIsHeard:
    async def test_is_what_was_committed_for_the_own_site(self, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        seq = await announce([events.site_topic(site.pk + 1)], run="theirs")
        seq = await announce([events.site_topic(site.pk)], run="ours")

        heard = await opened.frame(events.RUN_DONE)
        assert heard["data"] == {"run": "ours"}
        assert heard["seq"] == seq
        await opened.disconnect()

    @pytest.mark.parametrize("path", ["/ws/wafers/{0.wafer.pk}/", "/ws/jobs/{0.job.pk}/"])
    async def test_is_about_the_one_thing_asked_for(self, path, site, inspected):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        opened = await opened_by(user, path.format(inspected))

        await announce([events.site_topic(site.pk)], run="another")
        await announce([events.wafer_topic(inspected.wafer.pk), events.job_topic(inspected.job.pk)], run="this")

        assert (await opened.frame(events.RUN_DONE))["data"] == {"run": "this"}
        await opened.disconnect()

    async def test_comes_within_a_quarter_of_a_second(self, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))
        loop = asyncio.get_running_loop()
        waits_s = []
        for _ in range(10):
            await announce([events.site_topic(site.pk)])
            started_s = loop.time()
            await opened.frame(events.RUN_DONE)
            waits_s.append(loop.time() - started_s)

        assert sorted(waits_s)[5] < 0.25
        await opened.disconnect()


class TestWhoComesBack:
    async def opened_after(self, user, last_seq):
        opened = await sync_to_async(socket)("/ws/live/", user=user, query=f"last_seq={last_seq}".encode())
        assert await opened.connect()
        assert (await opened.frame())["type"] == "hello"
        return opened

    async def test_hears_what_came_meanwhile_in_order(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        heard = await announce([events.site_topic(site.pk)], run="heard")
        await announce([events.site_topic(site.pk + 1)], run="theirs")
        missed = [await announce([events.site_topic(site.pk)], run=f"missed {number}") for number in range(3)]

        opened = await self.opened_after(user, heard)

        frames = [await opened.frame(events.RUN_DONE) for _ in range(4)]
        assert [frame["seq"] for frame in frames] == [heard, *missed]
        assert frames[-1]["data"] == {"run": "missed 2"}
        await opened.disconnect()

    async def test_hears_what_was_numbered_before_and_committed_after_what_it_heard_last(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        topics, long_ago = [events.site_topic(site.pk)], now() - timedelta(hours=1)
        settled = await announce(topics, at=long_ago, run="settled")
        written, may_commit = threading.Event(), threading.Event()

        def slow_transaction():
            try:
                with transaction.atomic():
                    slow = outbox.announce(type=events.RUN_DONE, topics=topics, payload={"run": "slow"}, now=long_ago)
                    written.set()
                    assert may_commit.wait(20)
                return slow
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=1) as threads:
            committing = threads.submit(slow_transaction)
            assert await asyncio.to_thread(written.wait, 20)
            passing = [await announce(topics, run=str(number)) for number in range(100)]
            may_commit.set()
            slow = await asyncio.to_thread(committing.result, 20)
        assert settled < slow < passing[0]

        opened = await self.opened_after(user, passing[-1])

        first = await opened.frame(events.RUN_DONE)
        assert (first["seq"], first["data"]) == (slow, {"run": "slow"})
        await opened.disconnect()

    async def test_of_an_event_that_is_forgotten_is_told_to_ask_for_the_present(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        heard = await announce([events.site_topic(site.pk)])
        await announce([events.site_topic(site.pk)])
        await OutboxEvent.objects.filter(seq=heard).adelete()

        opened = await self.opened_after(user, heard)

        assert (await opened.frame())["type"] == "gap"
        await opened.disconnect()

    async def test_having_heard_nothing_hears_all_there_is(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        only = await announce([events.site_topic(site.pk)])

        opened = await self.opened_after(user, 0)

        assert (await opened.frame(events.RUN_DONE))["seq"] == only
        await opened.disconnect()

    async def test_after_too_much_is_told_to_ask_for_the_present(self, site, monkeypatch):
        monkeypatch.setattr(account_sockets, "MOST_MISSED", 2)
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        heard = await announce([events.site_topic(site.pk)])
        for _ in range(3):
            await announce([events.site_topic(site.pk)])

        opened = await self.opened_after(user, heard)

        assert (await opened.frame())["type"] == "gap"
        await opened.disconnect()

    @pytest.mark.parametrize("last_seq", ["", "x", "-1", "9" * 19, "\u0661", "1%00"])
    async def test_with_a_number_that_is_none_is_refused(self, last_seq, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)

        opened = await self.opened_after(user, last_seq)

        assert await opened.close_code() == 1008


class TestWhatIsSaid:
    async def test_a_ping_is_answered(self, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        await opened.send_text('{"type": "ping"}')

        assert (await opened.frame("pong"))["data"] == {}
        await opened.disconnect()

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("hello", 1008),
            ("{", 1008),
            ("[" * 60_000, 1008),
            ('{"type": "run.done"}', 1008),
            ("[]", 1008),
            ("x" * 65_537, 1009),
        ],
        ids=lambda value: str(value)[:20],
    )
    async def test_anything_else_ends_it(self, text, code, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        await opened.send_text(text)

        assert await opened.close_code() == code

    async def test_bytes_end_it(self, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        await opened.send_bytes(b"\x00")

        assert await opened.close_code() == 1008

    async def test_too_many_a_second_end_it(self, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        for _ in range(120):
            await opened.send_text('{"type": "ping"}')

        assert await opened.close_code() == 1008

    async def test_forty_a_second_are_fine(self, site):
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        for _ in range(40):
            await opened.send_text('{"type": "ping"}')
        pongs = [await opened.frame("pong") for _ in range(40)]

        assert len(pongs) == 40
        await opened.disconnect()


class TestScopes:
    @pytest.mark.parametrize(
        ("path", "scopes", "is_open"),
        [
            ("/ws/live/", ("read",), True),
            ("/ws/live/", ("write",), False),
            ("/ws/stream/", ("write",), True),
            ("/ws/stream/", ("read",), False),
        ],
    )
    async def test_a_token_opens_what_its_scopes_are_good_for(self, site, path, scopes, is_open):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        asking = await sync_to_async(socket)(path, user=user, scopes=scopes)
        await asking.connect()

        if is_open:
            await asking.frame("hello")
            await asking.disconnect()
        else:
            assert await asking.close_code() == 4403


class TestHowMany:
    async def test_not_even_when_all_are_opened_at_the_same_moment(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        asking = [await sync_to_async(socket)("/ws/live/", user=user) for _ in range(24)]
        await asyncio.gather(*(one.connect() for one in asking))

        async def is_let_in(one):
            message = await one.receive_output(10)
            return message["type"] == "websocket.send"

        let_in = await asyncio.gather(*(is_let_in(one) for one in asking))

        assert sum(let_in) == 20
        for one, is_in in zip(asking, let_in, strict=True):
            if is_in:
                await one.disconnect()

    async def test_one_address_has_its_share_of_those_whom_nobody_knows_yet(self, site, settings):
        settings.TRUSTED_PROXIES = 1
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        door = gate("sockets")
        with ExitStack() as asking:
            with pytest.raises(Overloaded):
                while True:
                    asking.enter_context(door.reading("192.0.2.1"))
            refused = await sync_to_async(socket)("/ws/live/", user=user, headers=[FROM_THERE])
            await refused.connect()

            assert await refused.close_code() == 4429
            of_another = await opened_by(user)
        let_in = await sync_to_async(socket)("/ws/live/", user=user, headers=[FROM_THERE])
        await let_in.connect()

        assert (await let_in.frame())["type"] == "hello"
        for opened in (of_another, let_in):
            await opened.disconnect()

    async def test_twenty_of_an_account_and_no_more(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        several = [await opened_by(user) for _ in range(20)]

        refused = await sync_to_async(socket)("/ws/live/", user=user)
        await refused.connect()

        assert await refused.close_code() == 4429
        await several[0].disconnect()
        again = await opened_by(user)
        for opened in [again, *several[1:]]:
            await opened.disconnect()


class TestWhatIsTakenAway:
    async def test_a_disabled_account_is_closed(self, site, often):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        session = await sync_to_async(session_of)(user)
        opened = socket("/ws/live/", session=session.session_key)
        await opened.connect()

        user.is_active = False
        await user.asave()

        assert await opened.close_code() == 4401

    async def test_a_logout_closes_at_once(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        session = await sync_to_async(session_of)(user)
        opened = socket("/ws/live/", session=session.session_key)
        await opened.connect()
        await opened.frame("hello")

        await sync_to_async(session.delete)()
        actor = await sync_to_async(actor_for_user)(user)
        await sync_to_async(accounts.record_logout)(user=user, actor=actor, now=now())

        assert await opened.close_code(within_s=2) == 4401

    async def test_a_token_that_is_revoked_closes_at_once(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        opened = await opened_by(user)

        actor = await sync_to_async(actor_for_user)(user)
        token = await ApiToken.objects.aget(user=user)
        await sync_to_async(accounts.revoke_token)(token=token, actor=actor, now=now())

        assert await opened.close_code(within_s=2) == 4401

    async def test_a_role_that_is_gone_closes_at_once_when_it_is_said(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        opened = await opened_by(user)

        await user.groups.aset([])
        await sync_to_async(accounts.announce_account_change)(user_id=user.pk, now=now())

        assert await opened.close_code(within_s=2) == 4403

    async def test_a_site_that_is_gone_closes_what_was_about_its_wafer(self, site, inspected):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        opened = await opened_by(user, f"/ws/wafers/{inspected.wafer.pk}/")

        await user.sites.aclear()
        await sync_to_async(accounts.announce_account_change)(user_id=user.pk, now=now())

        assert await opened.close_code(within_s=2) == 4403

    async def test_a_site_that_is_gone_is_not_heard_any_more(self, site):
        user = await sync_to_async(make_user)(Role.OPERATOR, site=site)
        other = await sync_to_async(make_site)("other")
        opened = await opened_by(user)

        await user.sites.aset([other])
        await sync_to_async(accounts.announce_account_change)(user_id=user.pk, now=now())
        # Said after every look at the account, once its topics are the new ones.
        await opened.frame("heartbeat")
        await announce([events.site_topic(site.pk)], run="gone")
        await announce([events.site_topic(other.pk)], run="new")

        assert (await opened.frame(events.RUN_DONE))["data"] == {"run": "new"}
        await opened.disconnect()


class TestSlowReaders:
    async def test_get_a_gap_for_what_they_missed_and_hold_no_more_than_their_share(self):
        reader = realtime.Subscriber(limit=8)

        for number in range(100):
            reader.offer(json.dumps({"type": "run.done", "seq": number}))

        frames = [json.loads(await reader.next_frame()) for _ in range(reader.waiting)]
        assert len(frames) <= 8
        assert frames[0] == {"type": "gap"}
        assert frames[-1]["seq"] == 99

    async def test_hold_a_mebibyte_at_most(self):
        reader = realtime.Subscriber(limit=1000)

        for _ in range(50):
            reader.offer("x" * 100_000)

        frames = [await reader.next_frame() for _ in range(reader.waiting)]
        assert sum(map(len, frames)) <= 2**20

    async def test_that_do_not_read_at_all_are_dropped(self, monkeypatch):
        monkeypatch.setattr(live_socket, "SLOW_READER_S", 0.1)

        async def never_writable(message):
            await asyncio.sleep(60)

        reader = live_socket.LiveSocket({"headers": []}, None, never_writable)

        with pytest.raises(live_socket.Closed) as end:
            await reader.send_text("{}")
        assert end.value.code == 1008


class TestStream:
    async def test_an_image_at_work_keeps_its_place_when_its_socket_is_gone(self, site, monkeypatch):
        begun, may_end = threading.Event(), threading.Event()

        def predict(self, data, values):
            begun.set()
            may_end.wait(5)
            return {}

        monkeypatch.setattr(consumers.StreamSocket, "_predict", predict)
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site), "/ws/stream/")
        await opened.send_text('{"type": "start"}')
        await opened.send_bytes(b"an image")
        await asyncio.to_thread(begun.wait, 5)

        await opened.send_input({"type": "websocket.disconnect", "code": 1000})
        await asyncio.sleep(0.2)
        inside = [gate("predict").inside]
        may_end.set()
        await opened.wait(5)

        assert [*inside, gate("predict").inside] == [1, 0]


class TestSystemWatch:
    async def test_tells_open_pages_when_the_state_changes(self, site, monkeypatch):
        states = iter([("ok", None), ("degraded", "Triton does not answer."), ("degraded", "Triton does not answer.")])

        async def look(self):
            return next(states, ("ok", None))

        monkeypatch.setattr(consumers, "SYSTEM_EVERY_S", 0.1)
        monkeypatch.setattr(consumers.SystemWatch, "_look", look)
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        heard = [(await opened.frame(events.SYSTEM_CHANGED))["data"]["state"] for _ in range(3)]

        assert heard == ["ok", "degraded", "ok"]
        await opened.disconnect()

    async def test_goes_on_after_a_look_that_broke(self, site, monkeypatch):
        faults = iter([ValueError("garbage")])

        async def look(self):
            for fault in faults:
                raise fault
            return "ok", None

        monkeypatch.setattr(consumers, "SYSTEM_EVERY_S", 0.1)
        monkeypatch.setattr(consumers.SystemWatch, "_look", look)
        opened = await opened_by(await sync_to_async(make_user)(Role.OPERATOR, site=site))

        assert (await opened.frame(events.SYSTEM_CHANGED))["data"]["state"] == "ok"
        await opened.disconnect()
