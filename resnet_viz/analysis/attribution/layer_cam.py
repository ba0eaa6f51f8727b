"""Layer-CAM: Jiang 2021 (IEEE TIP 30) eq. 5 to 7."""

from __future__ import annotations

import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps


def attribute(scene: Scene) -> Steps:
    """ReLU(Σ_c ReLU(g_c)·a_c), place by place. Shapes: → (h, w), ≥ 0."""
    yield 0, 1
    activation, gradient = scene.at_block()
    return torch.relu((torch.relu(gradient) * activation).sum(dim=0))
