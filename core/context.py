"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.roles import roles_of


def page(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"version": settings.WAFERDECK_VERSION}
    return {
        "version": settings.WAFERDECK_VERSION,
        "roles": roles_of(request),
        "sites": list(user.sites.all()),
        "theme": request.COOKIES.get("theme", "dark"),
        "density": request.COOKIES.get("density", "comfortable"),
    }
