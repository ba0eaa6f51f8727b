"""Correlation of input gradients along a line of inputs (Balduzzi 2017, arXiv:1702.08591, §2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.session import as_input
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.gallery import load_sample
from resnet_viz.images.photo import clamp_crop, default_crop, network_picture
from resnet_viz.networks import catalog
from resnet_viz.networks.cifar import CifarResNet, initialise_he
from resnet_viz.networks.fully_connected import FullyConnected
from resnet_viz.results.shattering import (
    LAGS,
    NOISE,
    POINTS,
    Curve,
    Kind,
    ShatteringRequest,
    ShatteringResult,
)
from resnet_viz.results.task import Progress

_AT_ONCE: dict[Kind, int] = {"fully connected": 256, "convolutional": 16}
"""Gradients in one backward pass, so that it is short."""

_ENDS: dict[Kind, tuple[float, float]] = {"fully connected": (-2, 2), "convolutional": (0, 1)}
"""The line's ends; pictures are mixed from 0, the photo, to 1, the second picture."""


def autocorrelation(gradients: np.ndarray, lags: int) -> np.ndarray:
    """The correlation of gradients that lie 0 to ``lags`` steps apart on the line.

    Shapes: (N, D) → (lags + 1,). For lag k it is the mean of (gᵢ - ḡ)·(gᵢ₊ₖ - ḡ) over all pairs,
    as a share of that at lag 0: for D = 1 the ordinary autocorrelation. NaN where all are equal.
    """
    largest = np.abs(gradients).max()
    centred = gradients.astype(float) / (largest or 1.0)
    centred -= centred.mean(axis=0)
    count = len(centred)
    products = [(centred[: count - k] * centred[k:]).sum(axis=1).mean() for k in range(lags + 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(products) / products[0]


def freeze_statistics(network: nn.Module, line: Tensor) -> None:
    """Give batch norm the statistics of ``line`` and put the network into evaluation mode.

    In training mode batch norm would couple the inputs: each would move the statistics of all, and
    the gradient at one input would hold what it does to the others. An untrained network's own
    statistics (mean 0, variance 1) would not normalise at all.
    """
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(line)
    network.eval()


def input_gradients(network: nn.Module, line: Tensor) -> Tensor:
    """The gradient of the network's first output at each input, each by itself.

    ``network`` is in evaluation mode. Shapes: (N, …) → (N, …).
    """
    line = line.detach().clone().requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(network(line)[:, 0].sum(), line)[0]


def brown_noise(white: np.ndarray) -> np.ndarray:
    """A random walk with the steps of ``white``."""
    return np.cumsum(white, axis=0)


def run(request: ShatteringRequest, context: TaskContext) -> Iterator[object]:
    """Measure `ShatteringResult`, run by run; the task of `ShatteringRequest`.

    Raises:
        ValueError: there is no network of that depth, or no sample of that name.
    """
    line = _line(request)
    positions = np.linspace(*_ENDS[request.kind], len(line))
    # What the output changes by for a step along the line: the gradient's share in its direction.
    direction = (line[-1] - line[0]).flatten().double().numpy()
    direction /= positions[-1] - positions[0]
    random = np.random.default_rng(request.seed)
    result: ShatteringResult | None = None
    for number in range(request.runs):
        progress = Progress(f"Run {number + 1} of {request.runs}", number, request.runs)
        gradients = []
        for residual in (True, False):
            yield progress
            network = _draw(request, residual, request.seed + number)
            freeze_statistics(network, line)
            parts: list[Tensor] = []
            for part in line.split(_AT_ONCE[request.kind]):
                context.stop_if_cancelled()
                parts.append(input_gradients(network, part))
                yield progress
            gradients.append(torch.cat(parts).flatten(1).double().numpy())
        white = random.standard_normal((len(positions), 1))
        lags = LAGS[request.kind]
        one = ShatteringResult(
            request,
            1,
            positions,
            *(_curve(values, direction, lags) for values in gradients),
            *(_curve(noise, np.ones(1), lags) for noise in (white, brown_noise(white))),
        )
        result = one if result is None else _mean(result, one)
        yield result


def _line(request: ShatteringRequest) -> Tensor:
    """(N, 1) numbers, or (N, 3, 32, 32) normalised pictures."""
    count = POINTS[request.kind]
    if request.kind == "fully connected":
        return torch.linspace(*_ENDS[request.kind], count).unsqueeze(1)
    spec = catalog.find(catalog.DEFAULT)
    photo, crop = request.snapshot.photo, request.snapshot.crop
    crop = clamp_crop(crop or default_crop(photo, spec.crop_fraction), photo)
    first = as_input(network_picture(photo, crop, spec.input_size), spec)
    if request.second == NOISE:
        generator = torch.Generator().manual_seed(request.seed)
        second = torch.randn(first.shape, generator=generator)
    else:
        other = load_sample(request.second)
        crop = default_crop(other, spec.crop_fraction)
        second = as_input(network_picture(other, crop, spec.input_size), spec)
    return torch.lerp(first, second, torch.linspace(0, 1, count).view(-1, 1, 1, 1))


def _draw(request: ShatteringRequest, residual: bool, seed: int) -> nn.Module:
    """An untrained network; the twins of a seed have the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if request.kind == "fully connected":
            return FullyConnected(request.depth, residual, request.norm, request.beta)
        network = CifarResNet(request.depth, "add" if residual else "none", norm=request.norm)
        initialise_he(network)
        return network


def _curve(gradients: np.ndarray, direction: np.ndarray, lags: int) -> Curve:
    trace = gradients @ direction
    return Curve(trace, float(trace.std()), autocorrelation(gradients, lags))


def _mean(so_far: ShatteringResult, one: ShatteringResult) -> ShatteringResult:
    """The traces of the first run, and the mean of all correlations."""
    runs = so_far.runs + 1

    def mean(old: Curve, new: Curve) -> Curve:
        step = (new.correlation - old.correlation) / runs
        return replace(old, correlation=old.correlation + step)

    return replace(
        so_far,
        runs=runs,
        residual=mean(so_far.residual, one.residual),
        plain=mean(so_far.plain, one.plain),
        white=mean(so_far.white, one.white),
        brown=mean(so_far.brown, one.brown),
    )
