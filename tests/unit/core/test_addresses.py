"""Addresses put together here are those Django would give."""

from uuid import UUID

import pytest
from django.urls import NoReverseMatch, reverse, set_script_prefix

from core.addresses import address_of

KEY = UUID("0192f000-0000-7000-8000-000000000000")


class TestAddressOf:
    @pytest.mark.parametrize(
        "name", ["inspection:wafer", "inspection:job", "api:image", "api:image_thumbnail", "api:run"]
    )
    @pytest.mark.parametrize("key", [KEY, str(KEY)], ids=["uuid", "text"])
    def test_is_what_django_says(self, name, key):
        assert address_of(name, key) == reverse(name, args=[KEY])

    def test_keeps_the_prefix_the_site_is_served_under(self):
        set_script_prefix("/fab/")
        try:
            assert address_of("api:image", KEY) == f"/fab/api/v1/images/{KEY}/"
        finally:
            set_script_prefix("/")
        assert address_of("api:image", KEY) == f"/api/v1/images/{KEY}/"

    def test_of_nothing_is_a_fault(self):
        with pytest.raises(NoReverseMatch):
            address_of("api:unheard_of", KEY)
