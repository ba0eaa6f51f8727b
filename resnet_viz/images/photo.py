"""Photos: decoding, orientation, cropping, and what the network sees of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Crop:
    """A square on a photo, in the photo's pixels: top left corner and side, all may be fractions."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright photo. ``pixels`` is (H, W, 3) uint8 sRGB; ``name`` is shown to the user;
    ``path`` is the file it came from, or None for a sample, a paste or a camera.

    Photos are compared by identity: opening a file twice gives two photos.
    """

    name: str
    pixels: np.ndarray
    path: str | None = None

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])
