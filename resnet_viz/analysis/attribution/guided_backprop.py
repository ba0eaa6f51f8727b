"""Guided Backprop: Springenberg 2014 (arXiv:1412.6806) §3.4, through captum."""

from __future__ import annotations

import warnings

from captum.attr import GuidedBackprop
from torch import Tensor

from resnet_viz.analysis.attribution.scene import Refused, Scene, Steps, greatest


def attribute(scene: Scene) -> Steps:
    """Shapes: → (S, S), ≥ 0.

    Raises:
        Refused: the network has no ReLU, so that this would be the gradient.
    """
    yield 0, 1
    return greatest(guided(scene))


def guided(scene: Scene) -> Tensor:
    """The guided gradient of the input, (C, S, S).

    Raises:
        Refused: as `attribute`.
    """
    if not scene.relus:
        raise Refused("There is no ReLU here to guide; this would be the plain gradient")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum says that it sets hooks
        found: Tensor = GuidedBackprop(scene.score).attribute(scene.image.clone())
    return found.detach()[0]
