"""The digits that come with scikit-learn, enlarged."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from resnet_viz.images import digits


def test_every_digit_is_there_as_a_grey_picture_of_the_networks_size() -> None:
    data = digits.load()
    assert data.images.shape == (1797, 32, 32, 3)
    assert data.images.dtype == np.uint8
    assert data.labels.dtype == np.int64
    assert data.labels.tolist() == load_digits().target.tolist()
    assert (data.images[..., 0] == data.images[..., 1]).all()
    assert (data.images[..., 0] == data.images[..., 2]).all()


def test_the_enlarged_picture_shows_the_small_one() -> None:
    images = digits.load().images[..., 0].astype(float)
    means = images.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4))
    small = load_digits().images * 255 / 16
    # Bicubic enlargement blurs across the edges of the small pixels.
    assert np.abs(means - small).mean() < 16
    for number in (0, 100, 1796):
        assert np.corrcoef(means[number].ravel(), small[number].ravel())[0, 1] > 0.97
    assert images.max() == 255
    assert images.min() == 0
