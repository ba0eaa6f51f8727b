"""TIFF of kinds that Pillow reads wrongly or not at all, through tifffile."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

MOST_BYTES = 2**30
"""Pictures that take more memory than this once they are decoded are refused before."""

_DEFLATE = (8, 32946)
_READABLE = (1, 32773, *_DEFLATE)  # none, PackBits: tifffile needs another package for the rest


class TiffError(ValueError):
    """What cannot be read, as the end of a sentence."""


@dataclass(frozen=True)
class DeepTiff:
    """``values`` (H, W, C) of any number type; ``alpha`` is the index of the channel of opacity,
    or None; ``inverted`` where the least value is white; ``bits`` those that are used."""

    values: np.ndarray
    alpha: int | None
    inverted: bool
    bits: int
    profile: bytes | None
    orientation: int


def read(stream: BinaryIO, most_pixels: int) -> DeepTiff:
    """The first picture of a TIFF.

    Raises:
        TiffError: it is of a kind that cannot be read, or too large.
        Exception: it is broken; tifffile may raise almost anything.
    """
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page = file.pages.first
        if not isinstance(page, tifffile.TiffPage) or page.dtype is None:
            raise TiffError("its numbers are of an unknown kind")
        pixels = page.imagewidth * page.imagelength
        if pixels > most_pixels:
            raise TiffError(f"it has {pixels / 1e6:,.0f} megapixels")
        size = page.dtype.itemsize
        for length in page.shape:
            size *= length
        if size > MOST_BYTES:
            raise TiffError(f"it takes {size / 2**30:.1f} GiB when it is decoded")
        if int(page.compression) not in _READABLE:
            name = getattr(page.compression, "name", page.compression)
            raise TiffError(f"its compression {name} cannot be read with numbers of this kind")
        if int(page.photometric) not in (0, 1, 2):
            name = getattr(page.photometric, "name", page.photometric)
            raise TiffError(f"its colours are {name}")
        if int(page.compression) in _DEFLATE:
            _check_deflated(page, stream)
        values = page.asarray(maxworkers=1)
        values = values.reshape((-1, *values.shape[-3:]))[0] if values.ndim > 3 else values
        if values.ndim == 2:
            values = values[..., None]
        elif int(page.planarconfig or 1) == 2:
            values = np.moveaxis(values, 0, -1)
        if (
            values.shape[:2] != (page.imagelength, page.imagewidth)
            or values.dtype.kind not in "iuf"
        ):
            raise TiffError("its numbers are of an unknown kind")
        if values.shape[2] < (3 if int(page.photometric) == 2 else 1):
            raise TiffError(f"it has {values.shape[2]} channels where colours need three")
        extra = [int(kind) for kind in page.extrasamples]
        alphas = [place for place, kind in enumerate(extra) if kind in (1, 2)]
        profile, orientation = page.tags.get(34675), page.tags.get(274)
        return DeepTiff(
            values,
            values.shape[2] - len(extra) + alphas[0] if alphas else None,
            int(page.photometric) == 0,
            int(page.bitspersample),
            bytes(profile.value) if profile else None,
            int(orientation.value) if orientation else 1,
        )


def _check_deflated(page: object, stream: BinaryIO) -> None:
    """A strip that grows beyond what its page has room for is a bomb."""
    room = page.dtype.itemsize  # type: ignore[attr-defined]
    for length in page.chunks:  # type: ignore[attr-defined]
        room *= length
    places = zip(page.dataoffsets, page.databytecounts, strict=True)  # type: ignore[attr-defined]
    for offset, count in places:
        stream.seek(offset)
        if len(zlib.decompressobj().decompress(stream.read(count), room + 1)) > room:
            raise TiffError("its compressed data are larger than the picture")
