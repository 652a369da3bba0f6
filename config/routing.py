"""Every socket. Each has a row in `core/policy.csv`."""

from channels.routing import URLRouter
from django.urls import re_path

from annotations.routing import websocket_urlpatterns as annotations_sockets
from core.origins import refuse_handshake
from inspection.routing import websocket_urlpatterns as inspection_sockets

# The stubs know views only; Channels routes any ASGI application.
sockets = URLRouter([*inspection_sockets, *annotations_sockets, re_path(r"", refuse_handshake)])  # type: ignore[list-item, arg-type]
