"""Infidelity and sensitivity of a map: Yeh 2019 (arXiv:1901.09392), as captum has them."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import Tensor
from torch.nn import functional

from resnet_viz.analysis.attribution.scene import Scene, Steps

SQUARES = 48
"""Hidden squares of infidelity."""

RADIUS, DRAWS = 0.02, 4
"""Of sensitivity: how far the normalised input is moved at most, and how often."""

Number = Generator[tuple[int, int], None, float]


def squares(size: int, generator: torch.Generator) -> Tensor:
    """Random squares with sides of an eighth to a half, as masks, (N, 1, S, S) of 0 and 1."""
    masks = torch.zeros(SQUARES, 1, size, size)
    for mask in masks:
        side = int(torch.randint(max(1, size // 8), size // 2 + 1, (1,), generator=generator))
        top, left = torch.randint(0, size - side + 1, (2,), generator=generator).tolist()
        mask[:, top : top + side, left : left + side] = 1
    return masks


def infidelity(scene: Scene, values: Tensor, generator: torch.Generator) -> Number:
    """The share of E[Δ²] that β·Σ_square map does not explain, Δ the logits that a hidden square
    costs and β the scale that suits the map best. Shapes: (h, w) → a number in [0, 1]; NaN where
    no square costs anything."""
    size = scene.image.shape[-1]
    masks = squares(size, generator).to(scene.image)
    large = functional.interpolate(
        values[None, None].to(scene.image), size=(size, size), mode="bilinear", align_corners=False
    )
    told = (masks * large).sum(dim=(1, 2, 3)).cpu().double()
    whole = scene.scores(scene.image)
    lost = []
    for numbers in scene.batches(len(masks)):
        yield numbers.start, len(masks)
        lost.append(whole - scene.scores(scene.image * (1 - masks[numbers.start : numbers.stop])))
    change = torch.cat(lost).cpu().double()
    square = (told**2).mean()
    scale = (told * change).mean() / square if square > 0 else 0.0
    return float(((scale * told - change) ** 2).mean() / (change**2).mean())


def sensitivity(
    scene: Scene, values: Tensor, attribute: Callable[[Scene], Steps], generator: torch.Generator
) -> Number:
    """max ‖map(x + ε) − map(x)‖ / ‖map(x)‖ over ε uniform in [−r, r]. NaN of a zero map."""
    image, worst = scene.image, 0.0
    try:
        for draw in range(DRAWS):
            noise = 2 * torch.rand(image.shape, generator=generator) - 1
            scene.image = image + RADIUS * noise.to(image)
            steps = attribute(scene)
            while True:
                try:
                    done, total = next(steps)
                except StopIteration as stop:
                    other: Tensor = stop.value
                    break
                yield draw * total + done, DRAWS * total
            change = torch.linalg.vector_norm((other - values).cpu().double())
            worst = max(worst, float(change / torch.linalg.vector_norm(values.cpu().double())))
    finally:
        scene.image = image
    return worst
