"""Pictures are drawn anew and kept; originals leave as they came, and nothing opens them."""

import cv2
import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from tests.guards import unguarded

pytestmark = pytest.mark.django_db

PICTURES = {
    "image_thumbnail": {},
    "image_view": {},
    "image_tile": {"level": 6, "col": 0, "row": 0},
}


def address(name, image):
    return reverse(f"api:{name}", kwargs={"image_id": image.pk, **PICTURES.get(name, {})})


class TestPictures:
    @pytest.mark.parametrize("name", PICTURES)
    def test_are_jpegs_of_the_image(self, operator, inspected, name):
        answer = operator.get(address(name, inspected.image))

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", "only our own pages show it"
        drawn = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert drawn.shape == (64, 64)

    @pytest.mark.parametrize("name", PICTURES)
    def test_are_sent_once_to_who_has_them(self, operator, inspected, name):
        first = operator.get(address(name, inspected.image))

        again = operator.get(address(name, inspected.image), headers={"if-none-match": first.headers["ETag"]})

        assert again.status_code == 304
        assert again.content == b""
        assert "private" in first.headers["Cache-Control"]
        assert "immutable" in first.headers["Cache-Control"]

    @pytest.mark.parametrize("accept", ["image/avif,image/webp,image/*", "text/html", "*/*", ""])
    def test_are_jpegs_whatever_a_browser_would_rather_have(self, operator, inspected, accept):
        answer = operator.get(address("image_view", inspected.image), headers={"accept": accept})

        assert answer.headers["Content-Type"] == "image/jpeg"

    def test_are_drawn_once(self, operator, inspected, monkeypatch):
        operator.get(address("image_tile", inspected.image))
        monkeypatch.setattr("inspection.services.pictures.draw_tile", None)

        assert operator.get(address("image_tile", inspected.image)).status_code == 200

    def test_tell_a_viewer_their_size(self, operator, inspected):
        answer = operator.get(address("image_dzi", inspected.image))

        assert answer.headers["Content-Type"] == "application/xml"
        assert 'Width="64"' in answer.content.decode()


class TestOriginals:
    def test_leave_as_they_came(self, operator, inspected):
        with default_storage.open(inspected.image.store_key) as file:
            stored = file.read()

        answer = operator.get(address("image_file", inspected.image))

        assert b"".join(answer) == stored

    def test_are_kept_not_opened(self, operator, inspected):
        headers = operator.get(address("image_file", inspected.image)).headers

        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"

    @pytest.mark.parametrize("name", ['a"b\r\nSet-Cookie: x=1 \u00e9.png', "a\r\nSet-Cookie: x=1", "../../a.png"])
    def test_names_are_labels(self, operator, inspected, name):
        with unguarded("inspection_image"):
            inspected.image.file_name = name
            inspected.image.save()

        headers = operator.get(address("image_file", inspected.image)).headers

        assert "\n" not in headers["Content-Disposition"]
        assert "Set-Cookie" not in headers

    def test_that_are_lost_are_said_to_be(self, operator, inspected):
        default_storage.delete(inspected.image.store_key)

        answer = operator.get(address("image_file", inspected.image))

        assert answer.status_code == 404
        assert "missing" in answer.json()["detail"]
