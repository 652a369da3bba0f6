"""Tokens for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.selectors import actor_for_user
from accounts.serializers import CredentialsIn, TokenOut
from core.clock import now
from core.requests import source_of


class TokenView(APIView):
    """A token for a user name and password."""

    authentication_classes = ()

    @extend_schema(request=CredentialsIn, responses={200: TokenOut})
    def post(self, request: Request) -> Response:
        credentials = CredentialsIn(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = services.sign_in(
            request=request._request, source=source_of(request._request), now=now(), **credentials.validated_data
        )
        token, text = services.issue_token(
            user=user, name="api", scopes=["read", "write"], actor=actor_for_user(user, auth="password"), now=now()
        )
        return Response({"token": text, "expiry": token.expiry})
