"""PNG of 16 bits in colour or with transparency, whose low bytes Pillow leaves out."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY_ALPHA = 4


@dataclass(frozen=True)
class Header:
    """What a PNG says of its samples: their bits, the type of colour, the bits that were measured
    (sBIT), and the one grey that is transparent (tRNS); None where it says nothing."""

    depth: int
    colour: int
    significant: int | None = None
    transparent: int | None = None


def header(stream: BinaryIO) -> Header | None:
    """The header of a PNG, or None where it is broken; see PNG (third edition), 11.2 and 11.3."""
    stream.seek(0)
    start = stream.read(26)
    if len(start) < 26 or not start.startswith(_SIGNATURE):
        return None
    depth, colour = start[24], start[25]
    significant = transparent = None
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind in (b"IDAT", b"IEND"):
            break
        if kind == b"sBIT" and 1 <= length <= 4:
            colours = stream.read(length)[: 1 if colour in (0, 4) else 3]
            significant = max(colours, default=0) or None
            length = 0
        elif kind == b"tRNS" and colour == 0 and length == 2:
            transparent = int.from_bytes(stream.read(2), "big")
            length = 0
        stream.seek(length + 4, 1)
    return Header(depth, colour, significant, transparent)


def grey_and_alpha(image: Image.Image) -> Image.Image | None:
    """``image``, not yet loaded, as a picture of whole numbers: 65,536 · grey + alpha.

    Pillow's decoder hands over the four bytes of a pixel as one number when it is asked to; None
    where this Pillow doesn't. The sign bit is the highest of the grey.
    """
    return _read_as(image, "LA;16B", "I;32B", "I")


def low_bytes(image: Image.Image) -> Image.Image | None:
    """The low bytes of ``image``, not yet loaded, of 16-bit colours; None where that can't be.

    Read with the bytes of each sample taken in the other order, the low byte is the high one.
    """
    return _read_as(image, "RGB;16B", "RGB;16L", "RGB") or _read_as(
        image, "RGBA;16B", "RGBA;16L", "RGBA"
    )


def _read_as(image: Image.Image, stored: str, wanted: str, mode: str) -> Image.Image | None:
    tiles: Any = getattr(image, "tile", ())
    if len(tiles) != 1 or tiles[0][3] != stored:
        return None
    image.tile = [tiles[0]._replace(args=wanted)]  # type: ignore[attr-defined]
    image._mode = mode
    image.load()
    return image


def unpacked(pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grey and alpha, uint16 both, from what `grey_and_alpha` gave."""
    whole = pair.astype(np.int64) & 0xFFFFFFFF
    return (whole >> 16).astype(np.uint16), (whole & 0xFFFF).astype(np.uint16)
