"""What each channel of a network gets of a photo."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.images.planes import planes, planes_in_words

PICTURE = np.random.default_rng(0).integers(0, 256, (5, 5, 3), dtype=np.uint8)
GREY = np.rint(PICTURE @ np.array([0.299, 0.587, 0.114]))  # ITU-R BT.601


@pytest.mark.parametrize("channels", [1, 2])
def test_one_and_two_channels_get_grey(channels: int) -> None:
    given = planes(PICTURE, channels)
    assert given.shape == (5, 5, channels)
    assert np.abs(given - GREY[..., None]).max() <= 1


@pytest.mark.parametrize("channels", [3, 4, 6, 9])
def test_more_channels_get_the_colours_in_turn(channels: int) -> None:
    given = planes(PICTURE, channels)
    for channel in range(channels):
        np.testing.assert_array_equal(given[..., channel], PICTURE[..., channel % 3])


@pytest.mark.parametrize(
    ("channels", "text"),
    [
        (1, "The network sees one channel: the photo in grey."),
        (3, ""),
        (4, "The network has 4 channels: the fourth got red again."),
        (6, "The network has 6 channels: the fourth to the sixth got red, green and blue again."),
    ],
)
def test_a_sentence_says_what_was_fed(channels: int, text: str) -> None:
    assert planes_in_words(channels) == text


def test_no_channel_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one channel, not 0"):
        planes(PICTURE, 0)


def test_a_network_of_six_channels_is_fed_and_normalised() -> None:
    from dataclasses import replace

    from resnet_viz.analysis.session import as_input
    from resnet_viz.networks.catalog import CATALOG

    spec = replace(CATALOG["resnet20"], channels=6)
    image = as_input(PICTURE, spec)
    assert image.shape == (1, 6, 5, 5)
    assert (image[:, :3] == image[:, 3:]).all()
    np.testing.assert_array_equal(
        image[:, :3].numpy(), as_input(PICTURE, CATALOG["resnet20"]).numpy()
    )
