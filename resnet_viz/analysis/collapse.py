"""What removing the skips does to a trained network, measured on labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis.training_run import evaluate, normalise, sample, to_tensor
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.norms import l2_norm
from resnet_viz.networks.skips import SkipGates


@dataclass(frozen=True)
class Measured:
    """One state of the network on a batch, in evaluation mode.

    ``loss`` is the mean cross-entropy to the labels in nats, ``accuracy`` lies in [0, 1].
    ``gradient_norms`` are the L2 norms of the loss's gradient with respect to the weights of three
    convolutions, by the names of their modules: the first one, and the first ones of the middle
    block and of the last block.
    """

    accuracy: float
    loss: float
    gradient_norms: dict[str, float]


@dataclass(frozen=True)
class Collapse:
    """The same network on the same images with all its skips and with none.

    Accuracy and loss are those of all ``images``, the gradient that of ``gradient_images`` of
    them. ``skips_off`` is None where the network has no skips to remove.
    """

    images: int
    gradient_images: int
    skips_on: Measured
    skips_off: Measured | None


def watched(network: nn.Module) -> dict[str, Tensor]:
    """The weights of the first convolution, of the middle block's first and of the last block's."""
    blocks = list(residual_blocks(network))
    ends = (blocks[len(blocks) // 2], blocks[-1])
    names = ["conv1", *(f"{block}.conv1" for block in ends)]
    return {name: network.get_parameter(f"{name}.weight") for name in names}


def measure_collapse(network: nn.Module, data: LabelledImages, gradient_images: int) -> Collapse:
    """Run ``network`` on ``data`` with its skips on and with all of them off; it is left as it was.

    Normalised as in training; float32, evaluation mode. The gradient is that of the mean loss of
    ``gradient_images`` images, evenly spread over ``data``, which go through at once.
    """
    fewer = sample(data, gradient_images)
    training, needed = network.training, [p.requires_grad for p in network.parameters()]
    network.eval().requires_grad_(True)
    gates = SkipGates(network)
    try:
        on = _measure(network, data, fewer)
        off = None
        if gates.blocks:
            gates.set(GateSettings().with_skips(gates.blocks, 0.0))
            off = _measure(network, data, fewer)
    finally:
        gates.remove()
        network.train(training)
        for parameter, need in zip(network.parameters(), needed, strict=True):
            parameter.requires_grad_(need)
    return Collapse(len(data.labels), len(fewer.labels), on, off)


def _measure(network: nn.Module, data: LabelledImages, fewer: LabelledImages) -> Measured:
    chosen = watched(network)
    with torch.enable_grad():
        logits = network(normalise(to_tensor(fewer.images)))
        loss = functional.cross_entropy(logits, torch.from_numpy(fewer.labels))
        gradients: tuple[Any, ...] = torch.autograd.grad(loss, list(chosen.values()))
    norms = [l2_norm(gradient).item() for gradient in gradients]
    mean_loss, accuracy = evaluate(network, data)
    return Measured(accuracy, mean_loss, dict(zip(chosen, norms, strict=True)))
