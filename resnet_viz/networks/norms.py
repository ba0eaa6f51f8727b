"""Norms of gradients, which may be so small that the squares of their entries are 0 in float32."""

from __future__ import annotations

import torch
from torch import Tensor


def l2_norm(values: Tensor) -> Tensor:
    """The L2 norm over all entries, a scalar on the device of ``values``.

    The squares are summed in float64, or, where a device has none, after a division by the
    greatest entry: a float32 square of 1e-23 would be 0, and one of 1e20 infinite.
    """
    if values.device.type != "mps":
        return torch.linalg.vector_norm(values, dtype=torch.float64)
    greatest = values.abs().amax()
    usable = torch.isfinite(greatest) & (greatest > 0)
    scale = torch.where(usable, greatest, torch.ones_like(greatest))
    return torch.linalg.vector_norm(values / scale) * scale
