"""What networks of other than three channels get of a photo."""

from __future__ import annotations

import numpy as np

_NAMES = ("red", "green", "blue")


def grey(picture: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 in shades of grey, with the luma weights of ITU-R BT.601."""
    luma = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat(np.rint(luma).astype(np.uint8)[:, :, None], 3, axis=2)


def planes(picture: np.ndarray, channels: int) -> np.ndarray:
    """(S, S, 3) uint8 sRGB → (S, S, ``channels``): grey for one or two, else the colours in turn.

    A network of more channels that began with the weights of one of three repeated them in turn.

    Raises:
        ValueError: ``channels`` is less than 1.
    """
    if channels < 1:
        raise ValueError(f"a network has at least one channel, not {channels}")
    shown = grey(picture) if channels < 3 else picture
    return np.ascontiguousarray(shown[:, :, np.arange(channels) % 3])


def planes_in_words(channels: int) -> str:
    """A sentence on what `planes` gives beside a photo's three colours; "" for three."""
    if channels == 3:
        return ""
    if channels == 1:
        return "The network sees one channel: the photo in grey."
    if channels == 2:
        return "The network has 2 channels: both got the photo in grey."
    extra = [_NAMES[number % 3] for number in range(3, min(channels, 7))]
    if channels > 7:
        return (
            f"The network has {channels} channels: those after the third got red, green and blue "
            "again, in turn."
        )
    said = extra[0] if len(extra) == 1 else f"{', '.join(extra[:-1])} and {extra[-1]}"
    which = "the fourth" if channels == 4 else f"the fourth to the {_ORDINALS[channels]}"
    return f"The network has {channels} channels: {which} got {said} again."


_ORDINALS = {5: "fifth", 6: "sixth", 7: "seventh"}
