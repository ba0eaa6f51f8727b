"""HEIC, the photos of telephones, through pillow-heif where it is installed."""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def is_heic(start: bytes) -> bool:
    """True if a file that begins so says that it is HEIC (ISO/IEC 23008-12)."""
    return start[4:8] == b"ftyp" and start[8:12] in _BRANDS


def open_heic(stream: BinaryIO) -> Image.Image:
    """As Pillow's ``open``: nothing is decoded yet.

    Raises:
        ImportError: pillow-heif is not installed.
        Exception: the file is broken.
    """
    import pillow_heif

    pillow_heif.options.THUMBNAILS = False
    pillow_heif.register_heif_opener()
    stream.seek(0)
    return Image.open(stream, formats=("HEIF",))
