"""Videos made by the tests: photos, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest


def make_video(path: Path, pictures: Sequence[np.ndarray], each: int = 10, rate: int = 10) -> Path:
    """An AVI of JPEG pictures, (H, W, 3) uint8, of which each is shown for so many frames.

    Skips the test where PyAV, which writes it, is not installed.
    """
    av = pytest.importorskip("av", reason="the video of this test is written with PyAV")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p"
        for picture in pictures:
            for _ in range(each):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path
