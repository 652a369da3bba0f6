"""What Triton says over HTTP: its metrics page, and whether it lives when gRPC does not answer."""

import http.client
import urllib.error
import urllib.request

from serving.errors import BadAnswer, ServingError, TritonUnavailable


def read(url: str, *, deadline_s: float, most_bytes: int) -> bytes:
    """The body of a page.

    Raises:
        TritonUnavailable: it cannot be read in time.
        BadAnswer: it is larger than it may be, or no HTTP.
    """
    if not url.startswith(("http://", "https://")):
        raise TritonUnavailable(f"{url!r} is not an HTTP address")
    try:
        with urllib.request.urlopen(url, timeout=deadline_s) as response:  # noqa: S310 - scheme checked above
            body: bytes = response.read(most_bytes + 1)
    except (OSError, urllib.error.URLError) as fault:
        raise TritonUnavailable(f"{url} cannot be read: {fault}") from fault
    except http.client.HTTPException as fault:
        raise BadAnswer(f"{url} does not answer in HTTP: {type(fault).__name__}") from fault
    if len(body) > most_bytes:
        raise BadAnswer(f"{url} is larger than {most_bytes} bytes")
    return body


def is_live(http_url: str, *, deadline_s: float) -> bool:
    """Whether the server's process answers at all over HTTP."""
    try:
        read(f"{http_url.rstrip('/')}/v2/health/live", deadline_s=deadline_s, most_bytes=4096)
    except ServingError:
        return False
    return True
