"""Grad-CAM++: Chattopadhay 2018 (arXiv:1710.11063) eq. 10 and 19."""

from __future__ import annotations

import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps, weighted


def attribute(scene: Scene) -> Steps:
    """Of exp(score), whose higher derivatives are powers of g. Shapes: → (h, w), ≥ 0."""
    yield 0, 1
    activation, gradient = scene.at_block()
    g = gradient.double()
    below = 2 + activation.double().sum(dim=(1, 2), keepdim=True) * g
    share = torch.where((g != 0) & (below != 0), 1 / below, torch.zeros_like(below))
    weights = (share * torch.relu(gradient.double())).sum(dim=(1, 2))
    return weighted(weights.float(), activation)
