"""Frames of a camera or a video as photos, and which files are videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resnet_viz.images.decoding import check_size
from resnet_viz.images.photo import Photo, Stream

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm", ".wmv"}
)
"""How the names of videos end."""

LONGEST_FRAME = 960
"""Pixels of a frame's longer side at most: even half of it is more than the networks look at."""


def is_video(path: Path) -> bool:
    """True if the file's name ends like a video's."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def frame_size(width: int, height: int) -> tuple[int, int]:
    """The width and the height that a frame is reduced to, so that it is quickly dealt with."""
    factor = min(1.0, LONGEST_FRAME / max(width, height, 1))
    return max(1, round(width * factor)), max(1, round(height * factor))


def frame(stream: Stream, pixels: np.ndarray, seconds: float | None = None) -> Photo:
    """A photo of ``pixels``, (H, W, 3) uint8 sRGB, not copied.

    ``seconds`` is the place in a video, for its name.

    Raises:
        PhotoError: it is smaller than 8×8 pixels.
    """
    check_size(pixels.shape[1], pixels.shape[0], stream.name)
    where = "" if seconds is None else f" at {seconds:.1f} s"
    return Photo(stream.name + where, pixels, stream=stream)
