"""The loss on a two-dimensional slice around trained weights (Li 2018, arXiv:1712.09913, §4).

Two random directions span the slice. Each filter of a direction is scaled to the norm of the
trained filter, so that slices of different networks can be compared: without that, a network with
larger weights would look flatter only because the same step is a smaller share of them. Biases and
batch norm's parameters do not move, as in the paper's appendix; batch norm uses its stored
statistics, as in evaluation.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis import devices
from resnet_viz.analysis.pictures import Pictures, cifar10_pictures, photo_pictures
from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.twin_subject import twin_subject
from resnet_viz.networks import catalog
from resnet_viz.results.loss_surface import Surface, SurfaceRequest, SurfaceResult
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Progress, TaskError

_MOST_MACS = 30e9
"""Multiply-accumulates of one point of a slice, so that a whole slice takes minutes, not hours."""

_MOST_MACS_AT_ONCE = 6e9
"""Multiply-accumulates between two yields: a fraction of a second on a laptop."""


def filter_norms(weight: Tensor) -> Tensor:
    """The L2 norm of each filter, all that makes one output: (C_out, …) → (C_out, 1, …)."""
    norms = torch.linalg.vector_norm(weight.flatten(1), dim=1)
    return norms.view(-1, *[1] * (weight.dim() - 1))


def filter_normalised_direction(
    network: nn.Module, generator: torch.Generator
) -> dict[str, Tensor]:
    """A random direction in weight space, filter by filter as long as the weights (Li 2018 §4).

    Gaussian numbers for the weights of every convolution and of every fully connected layer, by
    the parameters' names; the parameters that are missing do not move. Networks with the same
    layers draw the same numbers from equal generators.
    """
    direction = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            weight = module.weight.detach()
            drawn = torch.randn(weight.shape, generator=generator).to(weight)
            scale = filter_norms(weight) / (filter_norms(drawn) + 1e-10)
            direction[f"{name}.weight"] = drawn * scale
    return direction


class Slice:
    """The loss of ``network`` on a batch as a function of two steps away from its weights.

    ``images`` is (N, 3, S, S), ``labels`` (N,). It moves the weights of ``network``, which is to
    be its own copy in evaluation mode; `restore` puts them back.
    """

    def __init__(self, network: nn.Module, images: Tensor, labels: Tensor, seed: int) -> None:
        self._network = network
        self._images, self._labels = images, labels
        generator = torch.Generator().manual_seed(seed)
        self.directions = tuple(filter_normalised_direction(network, generator) for _ in range(2))
        self._weights = {name: network.get_parameter(name) for name in self.directions[0]}
        self._centre = {name: weight.detach().clone() for name, weight in self._weights.items()}

    @torch.no_grad()
    def move(self, first: float, second: float) -> None:
        """Put the weights at θ + ``first``·δ + ``second``·η."""
        for name, weight in self._weights.items():
            one, two = (direction[name] for direction in self.directions)
            weight.copy_(self._centre[name] + first * one + second * two)

    def restore(self) -> None:
        """Put the weights back, bit for bit."""
        self.move(0.0, 0.0)

    @torch.no_grad()
    def logits(self, start: int, stop: int) -> Tensor:
        """The logits of some of the images where the weights are now: → (n, K)."""
        rows: Tensor = self._network(self._images[start:stop]).float()
        return rows

    @torch.no_grad()
    def summed_loss(self, start: int, stop: int) -> float:
        """The sum of the cross-entropies of some of the images where the weights are now."""
        logits = self.logits(start, stop)
        return float(functional.cross_entropy(logits, self._labels[start:stop], reduction="sum"))

    def loss(self, first: float, second: float) -> float:
        """The mean cross-entropy in nats at a point; ∞ if it is not a finite number."""
        self.move(first, second)
        return finite(self.summed_loss(0, len(self._labels)) / len(self._labels))


def finite(loss: float) -> float:
    """``loss``, or ∞ for what overflowed."""
    return loss if np.isfinite(loss) else float("inf")


@dataclass(frozen=True)
class _Network:
    snapshot: Snapshot
    subject: Subject

    @property
    def plain(self) -> bool:
        return self.subject.spec.combine == "none"


def run(request: SurfaceRequest, context: TaskContext) -> Iterator[object]:
    """Measure `SurfaceResult` from the middle outwards; the task of `SurfaceRequest`.

    The networks take turns at each point, so that both pictures grow together.

    Raises:
        TaskError: the images cannot be had, or are not for this network.
        As `Session.subject`.
    """
    yield Progress("Preparing the networks", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    networks, alone = [_Network(request.snapshot, subject)], ""
    try:
        networks.append(_twin(networks[0], context))
    except TaskError as error:
        alone = str(error)
    networks.sort(key=lambda one: one.plain)
    yield Progress("Preparing the pictures", 0, 0)
    fewer = max(1, min(request.pictures, int(_MOST_MACS / subject.structure.macs)))
    pictures = _pictures(request, fewer, subject)
    judge = networks[0].subject
    labels = torch.from_numpy(pictures.labels) if pictures.labels is not None else None
    towards = (
        "the images' labels"
        if labels is not None
        else f"the answers of {judge.spec.title} (nobody has labelled them, so this is not the "
        "paper's loss and favours that network)"
    )
    if labels is None:
        labels = _answers(judge, pictures)

    images = [pictures.batch(one.subject.spec).to(one.subject.image.device) for one in networks]
    slices = [
        Slice(
            one.subject.network.to(memory_format=devices.layout(batch.device)),
            batch.contiguous(memory_format=devices.layout(batch.device)),
            labels.to(batch.device),
            request.seed,
        )
        for one, batch in zip(networks, images, strict=True)
    ]
    yield from _fill(request, context, networks, slices, labels, (pictures.words, towards, alone))


def _fill(
    request: SurfaceRequest,
    context: TaskContext,
    networks: list[_Network],
    slices: list[Slice],
    labels: Tensor,
    words: tuple[str, str, str],
) -> Iterator[object]:
    """Evaluate every point of the grid on every network."""
    side, axis, count = request.side, request.axis, len(labels)
    at_once = max(1, int(_MOST_MACS_AT_ONCE / networks[0].subject.structure.macs))
    parts = [(start, min(start + at_once, count)) for start in range(0, count, at_once)]
    losses = [np.full((side, side), np.nan) for _ in networks]
    accuracies = []
    for one in slices:
        rows = [one.logits(*part) for part in parts]
        hits = torch.cat(rows).argmax(dim=1).cpu() == labels.cpu()
        accuracies.append(float(hits.float().mean()))

    points = request.order()
    often = max(1, len(points) // 100)
    begun = time.monotonic()
    for number, (row, column) in enumerate(points):
        for which, one in enumerate(slices):
            yield Progress(_progress(number, len(points), begun), number, len(points))
            one.move(float(axis[column]), float(axis[row]))
            total = 0.0
            for part in parts:
                context.stop_if_cancelled()
                total += one.summed_loss(*part)
                if len(parts) > 1:
                    yield Progress(_progress(number, len(points), begun), number, len(points))
            losses[which][row, column] = finite(total / count)
        if number % often == 0 or number == len(points) - 1:
            yield SurfaceResult(
                request,
                tuple(
                    Surface(
                        Measured(one.snapshot, one.subject.spec.title, one.subject.weights),
                        one.plain,
                        loss.copy(),
                        accuracy,
                    )
                    for one, loss, accuracy in zip(networks, losses, accuracies, strict=True)
                ),
                *words,
                count=count,
            )


def _progress(done: int, total: int, begun: float) -> str:
    text = f"{done} of {total} points"
    if done < 5:
        return text
    left = (time.monotonic() - begun) / done * (total - done)
    return f"{text}, about {left:.0f} s left" if left < 90 else f"{text}, {left / 60:.0f} min left"


def _twin(one: _Network, context: TaskContext) -> _Network:
    """The twin, with weights of its own: trained as those of the network on screen are.

    Raises:
        TaskError: there is none, or it has no such weights; the sentence is for the user.
    """
    spec, trained = one.subject.spec, one.subject.weights.trained
    twin = catalog.twin(spec)
    if twin is None:
        raise TaskError(f"{spec.title} has no twin with and without skips in the catalogue.")
    found = twin_subject(twin, one.snapshot, trained, context)
    return _Network(found.snapshot, found.subject)


def _pictures(request: SurfaceRequest, count: int, subject: Subject) -> Pictures:
    if request.path:
        return cifar10_pictures(request.path, count, subject.spec)
    snapshot = request.snapshot
    return photo_pictures(snapshot.photo, snapshot.crop, count, subject.spec, request.seed)


@torch.no_grad()
def _answers(judge: Subject, pictures: Pictures) -> Tensor:
    """The class that ``judge`` finds most likely, for each picture."""
    images = pictures.batch(judge.spec).to(judge.image.device)
    rows = [judge.network(image.unsqueeze(0)).float().cpu() for image in images]
    return torch.cat(rows).argmax(dim=1)
