"""Norms of gradients, which may be so small that the squares of their entries are 0 in float32."""

from __future__ import annotations

import torch
from torch import Tensor

_SAFE = (1e-12, 1e15)
"""A norm between these has no entry that matters and whose square float32 cannot hold."""


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
    if values.device.type == "cpu":  # where a look at the number is free
        norm = torch.linalg.vector_norm(values)
        if _SAFE[0] < norm.item() < _SAFE[1]:
            return norm.double()
    return torch.linalg.vector_norm(values, dtype=torch.float64)
