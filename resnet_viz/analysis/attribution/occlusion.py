"""Occlusion: Zeiler & Fergus 2013 (arXiv:1311.2901) §4.2."""

from __future__ import annotations

import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps

ACROSS = 15
"""Squares in a row at most."""


def windows(size: int) -> tuple[int, int]:
    """Side and step of the squares over a picture of ``size`` pixels, which overlap by half."""
    step = max(1, -(-size // (ACROSS + 1)))
    return 2 * step, step


def attribute(scene: Scene) -> Steps:
    """The mean, over the squares that hide a pixel, of the logits that they cost.

    Shapes: → (S, S), signed.
    """
    height, width = scene.image.shape[-2:]
    side, step = windows(max(height, width))
    rows = range(0, max(1, height - side + step), step)
    columns = range(0, max(1, width - side + step), step)
    places = [(row, column) for row in rows for column in columns]
    whole = scene.scores(scene.image)
    lost, hidden = torch.zeros_like(scene.image[0, 0]), torch.zeros_like(scene.image[0, 0])
    for numbers in scene.batches(len(places)):
        yield numbers.start, len(places)
        pictures = scene.image.repeat(len(numbers), 1, 1, 1)
        for picture, number in zip(pictures, numbers, strict=True):
            row, column = places[number]
            picture[:, row : row + side, column : column + side] = 0
        for number, less in zip(numbers, whole - scene.scores(pictures), strict=True):
            row, column = places[number]
            lost[row : row + side, column : column + side] += less
            hidden[row : row + side, column : column + side] += 1
    return lost / hidden.clamp_min(1)
