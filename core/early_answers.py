"""Refusals from before Django has looked at a request: pages for people, documents for programs, headed as all answers.

They are put together on the event loop and may come in floods.
"""

from django.http import HttpRequest, HttpResponse

from core import problems
from core.errors import WaferdeckError
from core.middleware import with_headers
from core.requests import is_api


class EarlyAnswers:
    """Made once, like the middlewares whose headers it gives."""

    def __init__(self) -> None:
        self._answered = with_headers(_answer)

    def to(self, request: HttpRequest, *, refusal: WaferdeckError) -> HttpResponse:
        """The whole answer to a request that is refused; of it only the head is read."""
        request.refusal = refusal  # type: ignore[attr-defined]
        answer = self._answered(request)
        answer["Content-Length"] = str(len(answer.content))
        return answer


def _answer(request: HttpRequest) -> HttpResponse:
    refusal: WaferdeckError = request.refusal  # type: ignore[attr-defined]
    if not is_api(request) and "text/html" in request.headers.get("Accept", ""):
        return problems.as_page(refusal, request=request, is_plain=True)
    return problems.as_document(refusal, request=request)
