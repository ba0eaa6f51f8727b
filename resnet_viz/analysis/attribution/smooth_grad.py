"""SmoothGrad: Smilkov 2017 (arXiv:1706.03825) §3."""

from __future__ import annotations

import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps, greatest

SAMPLES = 25
NOISE = 0.15
"""Standard deviation as a share of the input's range; the paper finds 0.1 to 0.2 best (§3.2)."""


def attribute(scene: Scene) -> Steps:
    """The noise is the same every time. Shapes: → (S, S), ≥ 0."""
    made = torch.Generator().manual_seed(0)
    deviation = NOISE * float(scene.image.max() - scene.image.min())
    total = torch.zeros_like(scene.image[0])
    for numbers in scene.batches(SAMPLES):
        yield numbers.start, SAMPLES
        noise = torch.randn((len(numbers), *scene.image.shape[1:]), generator=made)
        total += scene.gradients(scene.image + deviation * noise.to(scene.image)).sum(dim=0)
    return greatest(total / SAMPLES)
