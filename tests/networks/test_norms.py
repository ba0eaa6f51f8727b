"""Norms of what float32 cannot square."""

from __future__ import annotations

import pytest
import torch

from resnet_viz.networks.norms import l2_norm


@pytest.mark.parametrize("size", [1e-30, 1e-23, 1e-12, 1.0, 1e14, 1e25])
def test_no_square_is_lost(size: float) -> None:
    values = torch.tensor([[3.0, 0.0], [0.0, -4.0]]) * size
    assert l2_norm(values).item() == pytest.approx(5 * size, rel=1e-6)


def test_zero_and_what_is_no_number_stay_so() -> None:
    assert l2_norm(torch.zeros(3)).item() == 0.0
    assert l2_norm(torch.tensor([1.0, torch.inf])).item() == torch.inf
    assert l2_norm(torch.tensor([1.0, torch.nan])).isnan()
