"""Videos made by the tests: photos as JPEG, one after the other in an AVI file."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

_HAS_INDEX, _KEY_FRAME = 0x10, 0x10


def make_video(path: Path, pictures: Sequence[np.ndarray], each: int = 10, rate: int = 10) -> Path:
    """``pictures``, (H, W, 3) uint8, each for so many frames, of which ``rate`` are in a second."""
    height, width = pictures[0].shape[:2]
    frames = [jpeg for jpeg in map(_jpeg, pictures) for _ in range(each)]
    most = max(map(len, frames))
    avih = struct.pack(
        "<14I", 1_000_000 // rate, most * rate, 0, _HAS_INDEX, len(frames), 0, 1, most,
        width, height, 0, 0, 0, 0,
    )  # fmt: skip
    strh = struct.pack(
        "<4s4sIHHIIIIIIiI4H", b"vids", b"MJPG", 0, 0, 0, 0, 1, rate, 0, len(frames), most, -1, 0,
        0, 0, width, height,
    )  # fmt: skip
    strf = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", most, 0, 0, 0, 0)
    movi, index = b"movi", b""
    for jpeg in frames:
        index += struct.pack("<4sIII", b"00dc", _KEY_FRAME, len(movi), len(jpeg))
        movi += _chunk(b"00dc", jpeg)
    stream = _chunk(b"LIST", b"strl" + _chunk(b"strh", strh) + _chunk(b"strf", strf))
    header = _chunk(b"LIST", b"hdrl" + _chunk(b"avih", avih) + stream)
    whole = b"AVI " + header + _chunk(b"LIST", movi) + _chunk(b"idx1", index)
    path.write_bytes(_chunk(b"RIFF", whole))
    return path


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _jpeg(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=92)
    return stream.getvalue()
