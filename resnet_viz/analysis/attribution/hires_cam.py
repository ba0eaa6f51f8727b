"""HiRes-CAM: Draelos 2020 (arXiv:2011.08891) §3."""

from __future__ import annotations

import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps


def attribute(scene: Scene) -> Steps:
    """ReLU(Σ_c g_c·a_c), place by place. Shapes: → (h, w), ≥ 0."""
    yield 0, 1
    activation, gradient = scene.at_block()
    return torch.relu((gradient * activation).sum(dim=0))
