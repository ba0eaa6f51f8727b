"""A linear probe at each block (internal classifiers: Kaya 2019, arXiv:1810.07052).

The network's own classifier on an earlier block's output, a raw logit lens, would mislead: the
block's channels do not mean what the last one's do. A probe is trained for each block instead, on
the frozen network with all its skips on.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis.lesions import outline
from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.results.derived import precomputed_probes
from resnet_viz.results.measured import Measured
from resnet_viz.results.readout import GRID, Probes, Reading, ReadoutRequest, ReadoutResult
from resnet_viz.results.task import Progress, TaskError

_DECAY = 1e-2
"""The weight of the squared probe in its loss, on features of variance 1."""


def run(request: ReadoutRequest, context: TaskContext) -> Iterator[object]:
    """`ReadoutResult`, after a pass with all skips on and one with all off.

    Raises:
        TaskError: no probes come with the network. As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    snapshot = request.snapshot
    probes = precomputed_probes(snapshot)
    if probes is None:
        raise TaskError(
            "Probes come only with the trained CIFAR networks of this program; "
            "choose one of them, with its default weights, in the explorer"
        )
    subject = context.session.subject(snapshot, context.cancelled)
    with torch.no_grad():
        followed = int(subject.network(subject.image)[0].argmax())
    on = readings(subject, probes, followed)
    off: tuple[Reading, ...] = ()
    if subject.gates.blocks:
        context.stop_if_cancelled()
        yield Progress(f"{subject.spec.title}, skips off", 1, 2)
        subject.gates.set(GateSettings().with_skips(subject.gates.blocks, 0.0))
        off = readings(subject, probes, followed)
        subject.gates.set(GateSettings())
    _, stages = outline(subject.structure)
    measured = Measured(snapshot, subject.spec.title, subject.weights)
    yield ReadoutResult(measured, subject.labels, probes, followed, stages, on, off)


def readings(subject: Subject, probes: Probes, followed: int) -> tuple[Reading, ...]:
    """What each probe answers to the subject's image, with its gates as they are."""
    found = []
    _, features = block_features(subject.network, subject.image)
    for name, weights in zip(probes.blocks, probes.weights, strict=True):
        odds = torch.softmax(read(torch.from_numpy(weights), features[name].cpu()), dim=1)[0]
        label = int(odds.argmax())
        found.append(Reading(label, float(odds[label]), float(odds[followed])))
    return tuple(found)


def block_features(network: nn.Module, images: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits (N, K), and for each block (N, C·GRID²) float32: its output, averaged over fields."""
    seen: dict[str, Tensor] = {}

    def keep(name: str, block: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, __: object, output: Tensor) -> None:
            seen[name] = functional.adaptive_avg_pool2d(output.detach().float(), GRID).flatten(1)

        return block.register_forward_hook(hook)

    handles = [keep(name, block) for name, block in residual_blocks(network).items()]
    try:
        with torch.no_grad():
            return network(images), seen
    finally:
        for handle in handles:
            handle.remove()


def read(weights: Tensor, features: Tensor) -> Tensor:
    """(K, D + 1) and (N, D) → logits (N, K)."""
    return features @ weights[:, :-1].T + weights[:, -1]


def train_probe(features: Tensor, labels: Tensor, classes: int) -> np.ndarray:
    """A logistic regression on (N, D), to its minimum: (K, D + 1) float32 for raw features."""
    mean, deviation = features.mean(dim=0), features.std(dim=0).clamp_min(1e-6)
    inputs = (features - mean) / deviation
    weights = torch.zeros(classes, features.shape[1] + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=60, line_search_fn="strong_wolfe")

    def step() -> Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(read(weights, inputs), labels)
        loss = loss + _DECAY / 2 * weights[:, :-1].square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimiser.step(step)
    found = weights.detach()
    raw = found[:, :-1] / deviation
    return torch.cat([raw, (found[:, -1] - raw @ mean)[:, None]], dim=1).numpy()
