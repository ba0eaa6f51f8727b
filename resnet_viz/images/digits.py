"""Handwritten digits that come with scikit-learn: data that need no network.

1,797 images of 8×8 pixels from Alpaydın & Kaynak, "Optical Recognition of Handwritten Digits", UCI
Machine Learning Repository 1998 (the test part), enlarged to 32×32.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from resnet_viz.images.cifar10 import LabelledImages

SIDE = 32
_GREATEST = 16  # scikit-learn's pixels count from 0 to 16


def load() -> LabelledImages:
    """All digits as grey (N, 32, 32, 3) uint8 images, enlarged bicubically; labels are 0 to 9."""
    from sklearn.datasets import load_digits

    small, labels = load_digits(return_X_y=True)
    grey = np.rint(small.reshape(-1, 8, 8) * (255 / _GREATEST)).astype(np.uint8)
    images = np.empty((len(grey), SIDE, SIDE, 3), np.uint8)
    for number, pixels in enumerate(grey):
        large = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        images[number] = np.asarray(large)[:, :, np.newaxis]
    return LabelledImages(images, labels.astype(np.int64))
