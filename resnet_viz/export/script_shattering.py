"""Gradient shattering as a short Python script: untrained twins on a line of inputs."""

from __future__ import annotations

from dataclasses import replace

from resnet_viz.export.script_laboratory import NETWORK
from resnet_viz.export.script_parts import Template, head, network_input, photo_of, png, tidy
from resnet_viz.images import gallery
from resnet_viz.images.photo import default_crop, network_picture
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.shattering import LAGS, NOISE, POINTS, ShatteringResult


@tidy
def shattering_script(result: ShatteringResult) -> str:
    """The script that prints the first run's traces, then the correlations at every lag.

    Raises:
        NoScript: the photo is gone.
    """
    request = result.request
    numbers = {
        "depth": request.depth,
        "norm": request.norm,
        "runs": result.runs,
        "seed": request.seed,
        "points": POINTS[request.kind],
        "lags": LAGS[request.kind],
    }
    if request.kind == "fully connected":
        begun = _HEAD + _CONNECTED.format(beta=request.beta, **numbers)
        return begun + _MEASURE.format(low=-2, high=2)
    spec = catalog.find(catalog.DEFAULT)
    seen, files = photo_of(replace(request.snapshot, network=spec.name, weights=WeightsChoice()))
    second = "other = torch.randn(first.shape, generator=torch.Generator().manual_seed(SEED))\n"
    if request.second != NOISE:
        sample = gallery.load_sample(request.second)
        crop = default_crop(sample, spec.crop_fraction)
        pixels = network_picture(sample, crop, spec.input_size)
        second = f"other = as_input({png(pixels)}[None])[0]\n"
    begun = head("gradients along a line of pictures, before training", files)
    pictures = f"{network_input(spec)}{seen}first = as_input(picture[None])[0]\n{second}"
    network = _CONVOLUTIONAL.format(network=NETWORK, pictures=pictures, **numbers)
    return begun + network + _MEASURE.format(low=0, high=1)


_HEAD = """# ResNet Explorer: gradients along a line of inputs, before training
# (Balduzzi et al. 2017, arXiv:1702.08591, section 2).
# Run it with Python, torch and numpy: python this_file.py
import numpy as np
import torch
from torch import nn
"""

_SIZES = """
DEPTH, NORM, RUNS, SEED = <<depth>>, <<norm>>, <<runs>>, <<seed>>
POINTS, LAGS = <<points>>, <<lags>>
"""

_CONNECTED = Template(
    _SIZES
    + '''BETA, WIDTH = <<beta>>, 200


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


line = torch.linspace(-2, 2, POINTS)[:, None]
'''
)

_CONVOLUTIONAL = Template(
    _SIZES
    + '''INITIALISATION, act = "he", torch.relu
<<network>>


class Network(nn.Module):
    """The laboratory's network for pictures of 32×32, with skips or without."""

    def __init__(self, residual):
        super().__init__()
        self.net = build("add" if residual else "none")

    def forward(self, x):
        x = act(self.net.bn1(self.net.conv1(x)))
        for layer in (self.net.layer1, self.net.layer2, self.net.layer3):
            for block in layer:
                x = block(x, lambda name, value: value)
        return self.net.fc(x.mean((2, 3)))

<<pictures>>line = torch.lerp(first, other, torch.linspace(0, 1, POINTS).view(-1, 1, 1, 1))
# Where a rectifier is near its threshold the gradient jumps, so that even the order of sums counts.
line = line.to(memory_format=torch.channels_last)
'''
)

_MEASURE = Template('''

def slopes(residual, seed):
    """The first output's gradient at each input; norms keep the statistics of the whole line."""
    torch.manual_seed(seed)
    net = Network(residual)
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.momentum = 1.0
    with torch.no_grad():
        net.train()(line)
    net.eval()
    found = []
    for some in line.split(16):
        some = some.clone().requires_grad_()
        found.append(torch.autograd.grad(net(some)[:, 0].sum(), some)[0])
    return torch.cat(found).flatten(1).double().numpy()


def correlation(gradients):
    """Of gradients so many steps apart, as a share of that of each with itself."""
    c = gradients / np.abs(gradients).max()
    c = c - c.mean(0)
    products = [(c[: POINTS - lag] * c[lag:]).sum(1).mean() for lag in range(LAGS + 1)]
    return np.array(products) / products[0]


random = np.random.default_rng(SEED)
along = (line[-1] - line[0]).flatten().double().numpy() / (<<high>> - <<low>>)
runs = []
for run in range(RUNS):
    white = random.standard_normal((POINTS, 1))
    runs.append([slopes(True, SEED + run), slopes(False, SEED + run), white, np.cumsum(white, 0)])
traces = [one @ (along if one.shape[1] == len(along) else np.ones(1)) for one in runs[0]]
for place, *values in zip(np.linspace(<<low>>, <<high>>, POINTS).tolist(), *traces):
    print("trace", place, *map(float, values), sep="\\t")
means = np.mean([[correlation(one) for one in run] for run in runs], axis=0)
for lag in range(LAGS + 1):
    print("correlation", lag, *map(float, means[:, lag]), sep="\\t")
''')
