"""Tokens for programs."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import ApiToken
from accounts.selectors import actor_for_user, actor_of
from accounts.serializers import TokenIn, TokenOut
from core.authentication import ScopedTokenAuthentication
from core.clock import now
from core.errors import Invalid
from core.requests import source_of
from core.rest import RestView
from core.shapes import checked


class TokenView(RestView):
    """A token for a user name and password, and its end."""

    authentication_classes = (ScopedTokenAuthentication,)
    # Whoever finds a token that only reads must be able to end it, too.
    methods_of_every_scope = frozenset({"DELETE"})
    # The first thing anybody tries is `curl -d`, which sends a form.
    parser_classes = (*RestView.parser_classes, FormParser)

    @extend_schema(request=TokenIn, responses={200: TokenOut}, auth=[])
    def post(self, request: Request) -> Response:
        """A new token. It works for 90 days and is shown this once."""
        wanted = checked(TokenIn, request.data)
        source = source_of(request._request)
        user = services.sign_in(
            request=request._request,
            username=wanted["username"],
            password=wanted["password"],
            source=source,
            now=now(),
        )
        token, text = services.issue_token(
            user=user,
            name=wanted["name"],
            scopes=wanted["scope"].split(),
            actor=actor_for_user(user, auth="password", source=source),
            now=now(),
        )
        return Response({"token": text, "expiry": token.expiry, "scope": wanted["scope"]})

    @extend_schema(request=None, responses={204: OpenApiResponse(description="It is revoked.")})
    def delete(self, request: Request) -> Response:
        """Revoke the token that this request carries."""
        if not isinstance(request.auth, ApiToken):
            raise Invalid("This request carries no token.")
        services.revoke_token(token=request.auth, actor=actor_of(request), now=now())
        return Response(status=204)
