"""The ASGI application: HTTP to Django, websockets to Channels behind an origin check and the session."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from config.routing import sockets  # noqa: E402
from core.origins import OwnOriginValidator  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": OwnOriginValidator(AuthMiddlewareStack(sockets))})
