"""Every odd, broken or malicious image there is at hand is shown right or refused with a reason, and nothing dies.

The collection lies outside the project (see `WAFERDECK_DATA_DIR`); without it the same paths are tried by
`tests/unit/domain/imaging` with files of our own.
"""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.image_decoder import ImageDecoder, ImageRefused
from tests import image_files as files

DATA_DIR = Path(os.environ.get("WAFERDECK_DATA_DIR") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
HOSTILE = sorted((DATA_DIR / "hostile" / "files").glob("*"))
PROFILE = {"depth": "shift"}
"""The only way from 16 bits to 8 that another program can be held against."""
LOSSY = ("JPEG", "MPO", "WEBP")
READ = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "WEBP": "webp", "BMP": "bmp", "TIFF": "tiff"}

pytestmark = pytest.mark.skipif(not HOSTILE, reason=f"no collection of hostile images under {DATA_DIR}")


@pytest.fixture(scope="module")
def decoder():
    with ImageDecoder(workers=1) as pool:
        pool.ingest(files.encoded(files.texture(), "png"), profile={})
        before = pool.status()["pids"]
        yield pool
        assert pool.status()["pids"] == before, "a file of the collection killed its decoder"


def upright(path: Path) -> tuple[str, Image.Image] | None:
    """The first picture as Pillow shows it; None where Pillow cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as picture:
                kind = picture.format
                picture.load()
                return kind, ImageOps.exif_transpose(picture)
        except Exception:
            return None


def grey_levels(picture: Image.Image) -> np.ndarray:
    """(H, W) grey bytes, transparent parts black."""
    if picture.mode.startswith("I"):
        return (np.asarray(picture).astype(np.int64) >> 8).astype(np.uint8)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        black = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        black.alpha_composite(picture)
        picture = black
    return np.asarray(picture.convert("RGB").convert("L"))


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.name[:40])
def test_is_shown_right_or_refused_with_a_reason(decoder, path):
    try:
        image = decoder.ingest(path.read_bytes(), profile=PROFILE)
    except ImageRefused as refused:
        assert len(refused.message) > 40
        assert refused.message.rstrip(".").count(".") >= 1, "says what is wrong and what to do"
        assert refused.code not in ("decoder_died", "decode_timeout")
        return
    peer = upright(path)
    if peer is None:
        return
    kind, picture = peer
    expected = grey_levels(picture)
    difference = np.abs(image.grey.astype(int) - expected) if image.grey.shape == expected.shape else None

    assert image.format == READ[kind]
    assert difference is not None, f"{image.grey.shape} instead of {expected.shape}"
    assert difference.max() <= (3 if kind in LOSSY else 1)


# What is good must be taken: a decoder that refuses everything would pass the test above.
GOOD = (
    "005",
    "007",
    "009",
    "011",
    "015",
    "017",
    "019",
    "021",
    "023",
    "027",
    "029",
    "038",
    "042",
    "052",
    "058",
    "060",
    "064",
    "066",
    "070",
    "076",
    "078",
    "080",
    "082",
    "084",
    "086",
    "088",
    "090",
    "092",
    "094",
    "096",
    "100",
    "102",
    "106",
    "110",
    "156",
    "171",
    "173",
    "175",
    "177",
    "179",
    "181",
    "183",
    "185",
    "187",
    "189",
    "191",
    "193",
    "213",
    "215",
    "217",
    "219",
    "221",
    "223",
    "225",
    "227",
    "229",
    "233",
    "253",
    "255",
    "257",
    "288",
    "290",
    "305",
    "307",
    "309",
    "311",
    "313",
    "315",
    "321",
    "329",
    "338",
)


@pytest.mark.parametrize("number", GOOD)
def test_a_good_image_is_taken(decoder, number):
    paths = [path for path in HOSTILE if path.name.startswith(number + "_")]
    if not paths:
        pytest.skip("not in this collection")

    assert decoder.ingest(paths[0].read_bytes(), profile=PROFILE).width_px > 0


def test_the_decoder_has_not_grown(decoder):
    for path in HOSTILE:
        try:
            decoder.ingest(path.read_bytes(), profile=PROFILE)
        except ImageRefused:
            continue
    (pid,) = decoder.status()["pids"]
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        kib = {line.split(":")[0]: int(line.split()[1]) for line in status if line.startswith(("VmRSS", "VmHWM"))}

    assert kib["VmRSS"] < 160 << 10
    assert kib["VmHWM"] < 512 << 10
