"""Every socket. Each has a row in `core/policy.csv`."""

from channels.routing import URLRouter

from inspection.routing import websocket_urlpatterns

sockets = URLRouter(websocket_urlpatterns)
