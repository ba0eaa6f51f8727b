"""Shares of few images and lengths of time, in words."""

from __future__ import annotations

import pytest

from resnet_viz.figures.numbers import duration_text, share_text
from resnet_viz.figures.scale import joined


@pytest.mark.parametrize(
    ("share", "count", "text"),
    [
        (0.8, 50, "80 % (95 % sure: 67 to 89 %)"),  # as scipy's binomtest(40, 50) says
        (0.1, 50, "10 % (95 % sure: 4 to 21 %)"),
        (0.0, 10, "0 % (95 % sure: 0 to 28 %)"),
        (1.0, 10, "100 % (95 % sure: 72 to 100 %)"),
        (0.8733, 10_000, "87 %"),
    ],
)
def test_a_share_of_few_images_has_its_interval(share: float, count: int, text: str) -> None:
    assert share_text(share, count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "under 1 s"), (3.6, "about 4 s"), (100, "about 2 min"), (8000, "about 2 h")],
)
def test_a_duration_in_words(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_ticks_that_would_lie_over_each_other_are_joined() -> None:
    ticks = [(0.0, "conv1"), (1.0, "stage 1"), (11.0, "stage 2"), (31.0, "fc")]
    assert joined(ticks, 2.0) == [(0.0, "conv1, stage 1"), (11.0, "stage 2"), (31.0, "fc")]
    assert joined(ticks, 0.5) == ticks
    assert joined((), 1.0) == []
