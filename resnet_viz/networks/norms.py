"""Norms of gradients, so small that float32 loses their squares; and batch norm before training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

_SAFE = (1e-12, 1e15)
"""A norm between these has no entry that matters and whose square float32 cannot hold."""


def is_far(values: Tensor) -> bool:
    """True on a GPU, where a look at a number waits for all that the device was given to do."""
    return values.device.type != "cpu"


def l2_norm(values: Tensor) -> Tensor:
    """The L2 norm over all entries, a scalar on the device of ``values``.

    Where a float32 square would be lost (that of 1e-23 is 0, that of 1e20 infinite) the squares
    are summed in float64, or, on a device that has none, after a division by the greatest entry.
    """
    if values.device.type == "mps":
        greatest = values.abs().amax()
        usable = torch.isfinite(greatest) & (greatest > 0)
        scale = torch.where(usable, greatest, torch.ones_like(greatest))
        return torch.linalg.vector_norm(values / scale) * scale
    if not is_far(values):
        norm = torch.linalg.vector_norm(values)
        if _SAFE[0] < norm.item() < _SAFE[1]:
            return norm
    return torch.linalg.vector_norm(values, dtype=torch.float64)


def numbers(scalars: Sequence[Tensor | None]) -> list[float]:
    """The values of scalars, and 0 for None; a GPU is waited for only once."""
    there = [one for one in scalars if one is not None]
    if there and is_far(there[0]):
        finest = torch.float32 if there[0].device.type == "mps" else torch.float64
        values = iter(torch.stack([one.to(finest) for one in there]).tolist())
    else:
        values = iter([one.item() for one in there])
    return [0.0 if one is None else next(values) for one in scalars]


def use_batch_statistics(network: nn.Module) -> None:
    """Let every batch norm of an untrained network normalise by what it is given, as in training.

    In evaluation mode a norm that has never seen an image leaves its input as it is, and a deep
    residual network explodes. What He 2015 (arXiv:1512.03385) §4.1 says of signals and gradients
    with batch norm, and what the laboratory measures, is said of statistics of the batch; here they
    are those of the one image. The stored ones stay as they are. A map of one value has no
    variance: there, as before, nothing is normalised.
    """
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = 0.0
            module.register_forward_pre_hook(_train_where_there_is_a_variance)


def _train_where_there_is_a_variance(module: nn.Module, given: tuple[Tensor, ...]) -> None:
    values = given[0]
    module.training = values.numel() > values.shape[1]
