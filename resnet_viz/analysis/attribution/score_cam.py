"""Score-CAM: Wang 2020 (arXiv:1910.01279) algorithm 1."""

from __future__ import annotations

import torch
from torch.nn import functional

from resnet_viz.analysis.attribution.scene import Scene, Steps, weighted


def attribute(scene: Scene) -> Steps:
    """Channels weighted by a softmax of the scores of the picture seen through them.

    Shapes: → (h, w), ≥ 0. A constant channel hides everything, and so is no mask.
    """
    activation, _ = scene.at_block()
    low, high = activation.amin(dim=(1, 2), keepdim=True), activation.amax(dim=(1, 2), keepdim=True)
    usable = (high > low).flatten()
    channels = usable.nonzero().flatten()
    if not len(channels):
        return torch.zeros_like(activation[0])
    size = scene.image.shape[-2:]
    gains = []
    for numbers in scene.batches(len(channels)):
        yield numbers.start, len(channels)
        these = channels[numbers.start : numbers.stop]
        masks = functional.interpolate(
            activation[None, these], size=size, mode="bilinear", align_corners=False
        )[0]
        least, most = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
        masks = (masks - least) / (most - least).clamp_min(torch.finfo(masks.dtype).tiny)
        gains.append(scene.scores(scene.image * masks[:, None]))
    # The score of the empty picture is the same for all, and a softmax does not see it.
    weights = torch.zeros_like(activation[:, 0, 0])
    weights[channels] = torch.softmax(torch.cat(gains), dim=0)
    return weighted(weights, activation)
