"""DeepLift with the rescale rule: Shrikumar 2017 (arXiv:1704.02685) §3.5.1, through captum."""

from __future__ import annotations

import warnings

import torch
from captum.attr import DeepLift
from torch import nn

from resnet_viz.analysis.attribution.scene import Refused, Scene, Steps

_OTHERS = (nn.LeakyReLU, nn.SiLU, nn.GELU, nn.ELU, nn.Tanh, nn.Sigmoid)


def attribute(scene: Scene) -> Steps:
    """From zeros, the mean colour. Shapes: → (S, S), signed.

    Raises:
        Refused: the network is untrained, or bends by other means than ReLU and pooling.
    """
    if scene.own_statistics:
        raise Refused("DeepLift needs a trained network: an untrained one's norms mix two pictures")
    if any(isinstance(one, _OTHERS) for one in scene.separate.modules()):
        raise Refused("DeepLift is offered for networks whose nonlinearities are ReLU alone")
    yield 0, 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum says that it sets hooks
        found = DeepLift(scene.score).attribute(
            scene.image.clone(), baselines=torch.zeros_like(scene.image)
        )
    return found.detach()[0].sum(dim=0)
