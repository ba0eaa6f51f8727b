"""Colour profiles: any picture in sRGB."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from PIL import Image, ImageCms


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """``image`` in sRGB, from its ICC ``profile`` unless that is broken or does not fit."""
    if profile:
        # Which errors littleCMS's wrapper raises for a broken profile is not documented.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            change = ImageCms.buildTransform(source, srgb, image.mode, "RGB")
            if image.mode == "RGB" and _changes_nothing(change):
                return image
            converted = ImageCms.applyTransform(image, change)
            if converted is not None:
                return converted
    return image.convert("RGB")


def _changes_nothing(change: ImageCms.ImageCmsTransform) -> bool:
    """True if no colour moves by more than 2 of 255: most cameras' files are in sRGB.

    A profile's description does not tell: "sRGB linear" is another. Converting 12 megapixels to
    what they are takes half a second.
    """
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    moved = ImageCms.applyTransform(Image.fromarray(cube), change)
    if moved is None:
        return False
    return int(np.abs(np.asarray(moved).astype(int) - cube).max()) <= 2
