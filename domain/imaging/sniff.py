"""What a file is, by its first bytes. Names and declared types are never believed."""

from __future__ import annotations

from domain.imaging.refusal import ImageRefused

_EXPORT = "Export it as PNG or TIFF and upload that."

# First bytes, at an offset, and what to call such a file. Order matters only where one prefix begins another.
_STRANGERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (0, b"GIF8", "a GIF image"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (4, b"ftypavi", "an AVIF image"),
    (4, b"ftyphei", "an HEIF image"),
    (4, b"ftypmif1", "an HEIF image"),
    (4, b"ftyp", "a video"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"8BPB", "a Photoshop document"),
    (0, b"\x00\x00\x01\x00", "a Windows icon"),
    (0, b"\x00\x00\x02\x00", "a Windows cursor or a Targa image"),
    (0, b"icns", "an Apple icon"),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (0, b"#?RADIANCE", "a Radiance HDR image"),
    (0, b"#?RGBE", "a Radiance HDR image"),
    (0, b"SIMPLE  =", "a FITS image"),
    (0, b"\x59\xa6\x6a\x95", "a Sun raster image"),
    (0, b"\x01\xda", "an SGI image"),
    (4, b"\x11\xaf", "a FLI animation"),
    (4, b"\x12\xaf", "a FLC animation"),
    (0, b"\x8bJNG\r\n\x1a\n", "a JNG image"),
    (0, b"\x8aMNG\r\n\x1a\n", "a MNG animation"),
    (0, b"qoif", "a QOI image"),
    (0, b"BPG\xfb", "a BPG image"),
    (0, b"DDS ", "a DirectDraw texture"),
    (0, b"gimp xcf", "a GIMP project"),
    (0, b"GIMP Gradient", "a GIMP gradient"),
    (128, b"DICM", "a DICOM file"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (0, b"GRIB", "a GRIB weather file"),
    (0, b"CDF", "a NetCDF file"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ", "an xz archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"OggS", "an audio or video file"),
    (0, b"ID3", "an audio file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"#!", "a script"),
    (0, b"FileVersion", "a KLARF file"),
)


def sniff(data: bytes) -> str:
    """The format of an image file we read: "png", "jpeg", "webp", "bmp" or "tiff".

    Raises:
        ImageRefused: it is something else; the message says what, where that can be told.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if (data.startswith(b"BM") and len(data) >= 26 and data[6:10] == bytes(4)) or _is_bitmap(data):
        return "bmp"
    raise _refusal(data)


def _is_bitmap(data: bytes) -> bool:
    """BM and a believable size of the second header, where reserved bytes were filled."""
    return data.startswith(b"BM") and data[15:18] == bytes(3) and data[14:15] in b"\x0c\x10\x28\x34\x38\x40\x6c\x7c"


def _refusal(data: bytes) -> ImageRefused:
    for at, magic, name in _STRANGERS:
        if data[at : at + len(magic)] == magic:
            return ImageRefused("unsupported_format", f"This is {name}. {_EXPORT}")
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return ImageRefused("unsupported_format", f"This is an SVG drawing. {_EXPORT}")
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<")):
        return ImageRefused("not_an_image", f"This is a web page or an XML file, not an image. {_EXPORT}")
    if len(data) > 2 and data[:1] == b"P" and data[1:2] in b"1234567Ff" and data[2:3].isspace():
        return ImageRefused("unsupported_format", f"This is a PNM image. {_EXPORT}")
    if data.startswith(b"RIFF"):
        return ImageRefused("unsupported_format", f"This is an audio or video file. {_EXPORT}")
    if not data[:512].strip(b"\0"):
        return ImageRefused(
            "not_an_image", "This file contains only zeros at its start, as after a failed copy. Copy it again."
        )
    if all(32 <= byte < 127 or byte in b"\t\r\n\f" for byte in data[:512]):
        return ImageRefused("not_an_image", f"This is a text file, not an image. {_EXPORT}")
    return ImageRefused(
        "not_an_image",
        "This is not an image Waferdeck reads: PNG, JPEG, WebP, BMP and TIFF are. " + _EXPORT,
    )
