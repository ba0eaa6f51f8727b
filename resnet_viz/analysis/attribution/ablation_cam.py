"""Ablation-CAM: Ramaswamy 2020 (WACV) eq. 3 and 4."""

from __future__ import annotations

import torch
from torch import Tensor

from resnet_viz.analysis.attribution.scene import Scene, Steps, weighted


def attribute(scene: Scene) -> Steps:
    """Channels weighted by the logits that are lost when they are set to zero.

    Shapes: → (h, w), ≥ 0. The paper divides by the score, which may be negative or zero, and
    changes only the scale.
    """
    activation, _ = scene.at_block()
    whole = scene.scores(scene.image)
    lost = []
    for numbers in scene.batches(len(activation)):
        yield numbers.start, len(activation)

        def without(out: Tensor, numbers: range = numbers) -> Tensor:
            out = out.clone()
            out[torch.arange(len(numbers)), torch.tensor(list(numbers))] = 0
            return out

        with scene.changed(without):
            lost.append(whole - scene.scores(scene.image.expand(len(numbers), -1, -1, -1)))
    return weighted(torch.cat(lost), activation)
