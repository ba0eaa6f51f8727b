"""Gradient shattering as a short Python script: untrained twins on a line of inputs."""

from __future__ import annotations

from resnet_viz.export.script_parts import NoScript, Template
from resnet_viz.results.shattering import LAGS, POINTS, ShatteringResult


def shattering_script(result: ShatteringResult) -> str:
    """The script that prints the first run's traces, then the correlations at every lag.

    Raises:
        NoScript: the networks are convolutional.
    """
    request = result.request
    if request.kind != "fully connected":
        raise NoScript(
            "There is no script for the convolutional kind, whose pictures it would have to hold; "
            "choose fully connected networks, measure and copy"
        )
    return _SCRIPT.format(
        depth=request.depth,
        norm=request.norm,
        beta=request.beta,
        runs=result.runs,
        seed=request.seed,
        points=POINTS[request.kind],
        lags=LAGS[request.kind],
    )


_SCRIPT = Template('''# ResNet Explorer: gradients along a line of inputs, before training
# (Balduzzi et al. 2017, arXiv:1702.08591, section 2).
# Run it with Python, torch and numpy: python this_file.py
import numpy as np
import torch
from torch import nn

DEPTH, NORM, BETA, RUNS, SEED = <<depth>>, <<norm>>, <<beta>>, <<runs>>, <<seed>>
POINTS, LAGS, WIDTH = <<points>>, <<lags>>, 200


class Network(nn.Module):
    """Layers of rectifiers from one number to one number, with skips or without."""

    def __init__(self, residual):
        super().__init__()
        self.residual = residual
        self.first = nn.Linear(1, WIDTH)
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(DEPTH - 1))
        norms = (nn.BatchNorm1d(WIDTH) if NORM else nn.Identity() for _ in range(DEPTH - 1))
        self.norms = nn.ModuleList(norms)
        self.last = nn.Linear(WIDTH, 1, bias=False)
        nn.init.normal_(self.first.weight, std=2**0.5)
        nn.init.normal_(self.first.bias, std=2**0.5)
        for layer in (*self.layers, self.last):
            nn.init.normal_(layer.weight, std=(2 / WIDTH) ** 0.5)

    def forward(self, x):
        h = torch.relu(self.first(x))
        for layer, norm in zip(self.layers, self.norms):
            if self.residual:
                h = h + BETA * layer(torch.relu(norm(h)))
            else:
                h = torch.relu(norm(layer(h)))
        return self.last(h)


def slopes(residual, seed):
    """The output's derivative at each input; norms keep the statistics of the whole line."""
    torch.manual_seed(seed)
    net = Network(residual)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.momentum = 1.0
    line = torch.linspace(-2, 2, POINTS)[:, None]
    with torch.no_grad():
        net.train()(line)
    line.requires_grad_()
    return torch.autograd.grad(net.eval()(line).sum(), line)[0].double().numpy()[:, 0]


def correlation(values):
    """Of values so many steps apart, as a share of that of each with itself."""
    c = values / np.abs(values).max()
    c = c - c.mean()
    products = [(c[: POINTS - lag] * c[lag:]).mean() for lag in range(LAGS + 1)]
    return np.array(products) / products[0]


random = np.random.default_rng(SEED)
traces = []
for run in range(RUNS):
    white = random.standard_normal(POINTS)
    traces.append([slopes(True, SEED + run), slopes(False, SEED + run), white, np.cumsum(white)])
for place, *values in zip(np.linspace(-2, 2, POINTS).tolist(), *traces[0]):
    print("trace", place, *map(float, values), sep="\\t")
means = np.mean([[correlation(one) for one in run] for run in traces], axis=0)
for lag in range(LAGS + 1):
    print("correlation", lag, *map(float, means[:, lag]), sep="\\t")
''')
