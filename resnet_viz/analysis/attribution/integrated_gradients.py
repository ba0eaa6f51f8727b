"""Integrated Gradients: Sundararajan 2017 (arXiv:1703.01365) eq. 1."""

from __future__ import annotations

import numpy as np
import torch

from resnet_viz.analysis.attribution.scene import Scene, Steps

STEPS = 50
"""Of the Gauss-Legendre rule; the paper finds 20 to 300 enough (§5)."""


def attribute(scene: Scene) -> Steps:
    """From zeros, the mean colour. Shapes: → (S, S), signed; adds up to the score's difference."""
    nodes, weights = np.polynomial.legendre.leggauss(STEPS)
    places = torch.from_numpy((nodes + 1) / 2).to(scene.image)
    shares = torch.from_numpy(weights / 2).to(scene.image)
    total = torch.zeros_like(scene.image[0])
    for numbers in scene.batches(STEPS):
        yield numbers.start, STEPS
        these = slice(numbers.start, numbers.stop)
        gradients = scene.gradients(places[these].view(-1, 1, 1, 1) * scene.image)
        total += torch.einsum("n,nchw->chw", shares[these], gradients)
    return (scene.image[0] * total).sum(dim=0)
