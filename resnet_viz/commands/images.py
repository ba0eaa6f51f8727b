"""The images that a command was given: files, folders, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from resnet_viz.images.photo import (
    Photo,
    PhotoError,
    Sought,
    decode_photo,
    load_photo,
    look_for_photos,
)

STDIN = "-"
MOST_BYTES = 2**30
"""More than this is not read from standard input: no photo of 200 megapixels has more."""


def sought(paths: Sequence[str]) -> list[Sought]:
    """All images in ``paths``, in order, and what is wrong with those that are not there."""
    return [one for path in paths for one in _sought(path)]


def _sought(path: str) -> list[Sought]:
    return [Sought(path)] if path == STDIN else look_for_photos(path)


def opened(one: Sought | str) -> Photo:
    """The photo; of "-", what comes on standard input.

    Raises:
        PhotoError: there is none.
    """
    one = Sought(one) if isinstance(one, str) else one
    if one.problem:
        raise PhotoError(one.problem)
    if one.path != STDIN:
        return load_photo(one.path)
    if sys.stdin is None:
        raise PhotoError("Standard input is closed; give it an image, as in: … - < photo.jpg")
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"Standard input cannot be read ({error.strerror or error}).") from None
    if len(data) > MOST_BYTES:
        raise PhotoError(
            f"Standard input does not end within {MOST_BYTES >> 30} GB; choose a smaller image."
        )
    return decode_photo(data, "standard input")


def stem(one: Sought) -> str:
    """What to call the files about an image."""
    return "standard-input" if one.path == STDIN else Path(one.path).stem
