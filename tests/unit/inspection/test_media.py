"""Names that originals leave under."""

import pytest

from inspection.api.media import download_name

DIGEST = "0123456789abcdef" * 4


class TestDownloadName:
    @pytest.mark.parametrize(
        ("case", "file_name", "format", "expected"),
        [
            ("a name that fits stays", "W07.png", "png", "W07.png"),
            ("as it was written", "W07.PNG", "png", "W07.PNG"),
            ("either suffix of a format fits", "W07.tiff", "tiff", "W07.tiff"),
            ("what a browser would run is no page any more", "a.html", "png", "a.png"),
            ("nor a program", "a.png.exe", "png", "a.png.png"),
            ("of two suffixes the last is the one that counts", "a.html.jpeg", "jpeg", "a.html.jpeg"),
            ("a name without a suffix gets one", "W07", "bmp", "W07.bmp"),
            ("letters of all scripts stay", "\u6676\u5706 7.png", "webp", "\u6676\u5706 7.webp"),
            ("a path is a label", "../../a.html", "png", "a.png"),
            ("marks that turn a name around are gone", "a\u202egnp.html", "png", "agnp.png"),
            ("a hidden file is shown", ".html", "png", "html.png"),
            ("without a name it is the digest", "", "jpeg", "0123456789ab.jpg"),
            ("as of dots alone", "..", "png", "0123456789ab.png"),
        ],
    )
    def test_is_the_senders_with_the_suffix_of_what_it_is(self, case, file_name, format, expected):
        assert download_name(file_name, format=format, sha256=DIGEST) == expected
