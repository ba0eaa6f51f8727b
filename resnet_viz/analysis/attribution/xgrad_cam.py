"""XGrad-CAM: Fu 2020 (arXiv:2008.02312) eq. 7 and 8."""

from __future__ import annotations

import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps, weighted


def attribute(scene: Scene) -> Steps:
    """Weights Σ g·a / Σ a of each channel. Shapes: → (h, w), ≥ 0."""
    yield 0, 1
    activation, gradient = scene.at_block()
    total = activation.sum(dim=(1, 2))
    weights = (gradient * activation).sum(dim=(1, 2)) / total
    return weighted(torch.where(total != 0, weights, torch.zeros_like(total)), activation)
