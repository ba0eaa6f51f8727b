"""JPEG files whose end is missing, as after a download that was cut."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

_MOST = 0.2  # share of the picture that may be missing
_SCAN = 0xDA


class Truncated(ValueError):
    """Too much is missing; its text is the end of a sentence."""


def without_its_end(data: bytes, size: tuple[int, int]) -> tuple[Image.Image, str]:
    """What is there of a cut JPEG, loaded at about ``size``, and a sentence on what is missing.

    libjpeg fills what does not come with mid-grey, and of a progressive file it shows what came.

    Raises:
        Truncated: more than a fifth of the picture is missing, or the file is broken otherwise.
    """
    if data.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise Truncated("its data are damaged")
    image = Image.open(io.BytesIO(data + 8 * b"\xff\xd9"), formats=("JPEG",))
    progressive = "progressive" in image.info
    image.draft(None, size)
    try:
        image.load()
    except OSError as error:
        raise Truncated("its end is missing") from error
    if progressive:
        last = list(_scans(data))[-1:]
        # Low bit 0: the scans that refine a finished picture, ITU-T T.81 (1992), G.1.1.1.
        if not last or last[0] & 0x0F or not last[0] >> 4:
            raise Truncated("its end is missing")
        return image, "The end of the file is missing: the picture is a little coarser than it was."
    missing = _grey_share(np.asarray(image.convert("L")))
    if missing > _MOST:
        raise Truncated(f"the last {100 * missing:.0f} % of the picture are missing")
    return image, (
        f"The end of the file is missing: the last {max(100 * missing, 1):.0f} % of the picture "
        "are grey."
    )


def _grey_share(grey: np.ndarray) -> float:
    """The share of the pixels after the last one that is not mid-grey, in blocks of 8×8."""
    height, width = grey.shape
    rows, columns = -(-height // 8), -(-width // 8)
    padded = np.full((rows * 8, columns * 8), 128, np.uint8)
    padded[:height, :width] = grey
    known = (padded.reshape(rows, 8, columns, 8) != 128).any(axis=(1, 3)).ravel()
    there = np.flatnonzero(known)
    return 1.0 - (int(there[-1]) + 1) / len(known) if len(there) else 1.0


def _scans(data: bytes) -> Iterator[int]:
    """The successive approximation of each scan that begins in ``data``: high and low bit."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            place += 1
            continue
        kind = data[place + 1]
        if kind in (0x00, 0x01, 0xFF) or 0xD0 <= kind <= 0xD9:
            place += 1 if kind == 0xFF else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        end = place + 2 + length
        if kind == _SCAN and end <= len(data):
            yield data[end - 1]
        place = end
