"""Addresses of the sockets, as each says itself; `core/policy.csv` names the same ones."""

from django.urls import path

from inspection.consumers import JobSocket, LiveWall, StreamSocket, WaferSocket

websocket_urlpatterns: list = [
    path(socket.route.removeprefix("/"), socket.as_asgi())
    for socket in (LiveWall, WaferSocket, JobSocket, StreamSocket)
]
