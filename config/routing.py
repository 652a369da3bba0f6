"""Every socket. Each has a row in `core/policy.csv`."""

from channels.routing import URLRouter
from django.urls import re_path

from core.origins import refuse_handshake
from inspection.routing import websocket_urlpatterns

# The stubs know views only; Channels routes any ASGI application.
sockets = URLRouter([*websocket_urlpatterns, re_path(r"", refuse_handshake)])  # type: ignore[list-item, arg-type]
