"""Guided Grad-CAM: Selvaraju 2017 (arXiv:1610.02391) §3.1."""

from __future__ import annotations

from torch.nn import functional

from resnet_viz.analysis import probe
from resnet_viz.analysis.attribution.guided_backprop import guided
from resnet_viz.analysis.attribution.scene import Scene, Steps, greatest


def attribute(scene: Scene) -> Steps:
    """Shapes: → (S, S), ≥ 0. Between its places the block's map is interpolated.

    Raises:
        Refused: the network has no ReLU.
    """
    yield 0, 2
    slope = guided(scene)
    yield 1, 2
    cam = probe.grad_cam(*scene.at_block())[None, None]
    size = scene.image.shape[-2:]
    cam = functional.interpolate(cam, size=size, mode="bilinear", align_corners=False)
    return greatest(slope * cam[0])
