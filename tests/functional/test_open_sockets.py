"""Prometheus is told how many sockets are open."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.urls import reverse

from config.routing import sockets
from core.origins import OwnOriginValidator
from core.roles import Role
from tests.factories import client_of, make_site, make_user, token_of
from tests.socket_client import SocketClient

pytestmark = pytest.mark.django_db(transaction=True)


async def test_are_told_while_they_are_open():
    user = await sync_to_async(make_user)(Role.OPERATOR, site=await sync_to_async(make_site)("fab"))
    client = await sync_to_async(client_of)(user)
    token = await sync_to_async(token_of)(user)
    headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Token {token}".encode())]
    socket = SocketClient(OwnOriginValidator(sockets), "/ws/live/", headers=headers)

    async def told():
        page = (await sync_to_async(client.get)(reverse("metrics"))).content.decode()
        return float(re.search(r"^waferdeck_open_sockets (\S+)$", page, re.MULTILINE)[1])

    before = await told()
    await socket.connect()
    await socket.frame()
    during = await told()
    await socket.disconnect()

    after = await told()
    await sync_to_async(connections.close_all)()

    assert (during - before, after - before) == (1, 0)
