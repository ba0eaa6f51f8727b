"""Fully connected networks of one input, residual or plain, for Balduzzi 2017's experiment."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

WIDTH = 200
"""Rectifiers in a layer, as in Balduzzi 2017 (arXiv:1702.08591) §2."""


class FullyConnected(nn.Module):
    """``depth`` layers of rectifiers from one number to one number.

    Shapes: (N, 1) → (N, 1). Plain layers are ``ReLU(norm(W·h))``, residual ones
    ``h + beta·W·ReLU(norm(h))``; the first layer, ``ReLU(w·x + b)``, is the same in both. ``norm``
    is batch norm or nothing. Weights are drawn from He's normal distribution (arXiv:1502.01852 eq.
    10) on torch's default generator, and so are the first layer's biases, so that the rectifiers
    switch at different inputs; there are no others.

    Raises:
        ValueError: ``depth`` is less than 1.
    """

    def __init__(
        self, depth: int, residual: bool, norm: bool, beta: float = 1.0, width: int = WIDTH
    ) -> None:
        super().__init__()
        if depth < 1:
            raise ValueError(f"depth {depth} leaves no layer; choose 1 or more")
        self.residual, self.beta = residual, beta
        self.first = nn.Linear(1, width)
        self.layers = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(depth - 1))
        self.norms = nn.ModuleList(
            nn.BatchNorm1d(width) if norm else nn.Identity() for _ in range(depth - 1)
        )
        self.last = nn.Linear(width, 1, bias=False)
        nn.init.normal_(self.first.weight, std=math.sqrt(2))
        nn.init.normal_(self.first.bias, std=math.sqrt(2))
        for layer in (*self.layers, self.last):
            assert isinstance(layer, nn.Linear)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / width))

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.first(x))
        for layer, norm in zip(self.layers, self.norms, strict=True):
            if self.residual:
                h = h + self.beta * layer(torch.relu(norm(h)))
            else:
                h = torch.relu(norm(layer(h)))
        out: Tensor = self.last(h)
        return out
