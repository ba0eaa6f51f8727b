"""Grad-CAM: Selvaraju 2017 (arXiv:1610.02391) eq. 1 and 2."""

from __future__ import annotations

from resnet_viz.analysis import probe
from resnet_viz.analysis.attribution.scene import Scene, Steps


def attribute(scene: Scene) -> Steps:
    """Shapes: → (h, w), ≥ 0."""
    yield 0, 1
    return probe.grad_cam(*scene.at_block())
