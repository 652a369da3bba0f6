"""Where a request came from: behind as many proxies as are trusted, whatever the caller writes himself."""

import pytest
from django.test import RequestFactory

from core.requests import address_in, client_ip

OURS = "10.0.0.1"


def both_ways(*forwarded):
    """The address found before Django has read the request, and after."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"client": (OURS, 4711), "headers": headers}
    # As Django joins headers of one name.
    read = {"HTTP_X_FORWARDED_FOR": ",".join(forwarded)} if forwarded else {}
    return {address_in(scope), client_ip(RequestFactory().get("/", REMOTE_ADDR=OURS, **read))}


@pytest.mark.parametrize(
    ("case", "proxies", "forwarded", "expected"),
    [
        ("without a proxy nothing that is said counts", 0, ["1.2.3.4"], OURS),
        ("one proxy names its caller", 1, ["192.0.2.7"], "192.0.2.7"),
        ("what the caller says of himself stands before that", 1, ["1.2.3.4, 192.0.2.7"], "192.0.2.7"),
        ("also when the proxy adds a header of its own", 1, ["1.2.3.4", "192.0.2.7"], "192.0.2.7"),
        ("two proxies: the outer one's caller", 2, ["1.2.3.4, 192.0.2.7, 10.9.9.9"], "192.0.2.7"),
        ("a request that came past the proxies", 2, ["1.2.3.4"], OURS),
        ("a request that came past the only one", 1, [], OURS),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(settings, case, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies

    assert both_ways(*forwarded) == {expected}
