"""Addresses of the sockets, as each says itself; `core/policy.csv` names the same ones."""

from django.urls import path

from annotations.consumers import ReviewSocket

websocket_urlpatterns: list = [path(ReviewSocket.route.removeprefix("/"), ReviewSocket.as_asgi())]
