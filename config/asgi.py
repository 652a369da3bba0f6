"""The ASGI application: HTTP to Django through the gates of its lanes, websockets behind an origin check."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter  # noqa: E402

from config.routing import sockets  # noqa: E402
from core.handler import AdmittingHandler  # noqa: E402
from core.origins import OwnOriginValidator  # noqa: E402

application = ProtocolTypeRouter({"http": AdmittingHandler(), "websocket": OwnOriginValidator(sockets)})
