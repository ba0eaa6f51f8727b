"""Iterative refinement (Jastrzębski 2018, arXiv:1710.04773): F(x) against the loss's gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.analysis.lesions import outline
from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import has_skip, kind, residual_blocks
from resnet_viz.results.measured import Measured
from resnet_viz.results.refinement import RefinementRequest, RefinementResult
from resnet_viz.results.task import Progress, TaskError


def run(request: RefinementRequest, context: TaskContext) -> Iterator[object]:
    """`RefinementResult`, after one pass with all skips on and one with all off.

    Raises:
        TaskError: the network has no skips. As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    snapshot = request.snapshot
    subject = context.session.subject(snapshot, context.cancelled)
    if not subject.gates.blocks:
        raise TaskError(
            f"{subject.spec.title} has no skips, so no block adds F(x) to its input; "
            "choose a residual network in the explorer"
        )
    target, source = _target(subject, snapshot.target, snapshot.photo.label)
    yield Progress(f"{subject.spec.title}, skips on", 0, 2)
    on, first = cosines(subject.network, subject.image, target)
    context.stop_if_cancelled()
    yield Progress(f"{subject.spec.title}, skips off", 1, 2)
    subject.gates.set(GateSettings().with_skips(subject.gates.blocks, 0.0))
    off, second = cosines(subject.network, subject.image, target)
    subject.gates.set(GateSettings())
    reshaping, stages = outline(subject.structure)
    yield RefinementResult(
        Measured(snapshot, subject.spec.title, subject.weights),
        subject.labels[target],
        source,
        tuple(on),
        reshaping,
        stages,
        tuple(on.values()),
        tuple(off.values()),
        (first, second),
    )


def _target(subject: Subject, chosen: int | None, label: str | None) -> tuple[int, str]:
    if chosen is not None:
        return chosen, "the target"
    if label in subject.labels:
        return subject.labels.index(label), "the photo's label"
    with torch.no_grad():
        return int(subject.network(subject.image)[0].argmax()), "the network's own answer"


def cosines(network: nn.Module, image: Tensor, target: int) -> tuple[dict[str, float], float]:
    """The cosine of F(x) and −∂L/∂x at each block with a skip, and L in nats.

    ``image`` is (1, C, S, S). x is the block's input, so ∂L/∂x has come through both of its paths.
    To first order a positive cosine means that adding F(x) lowers the loss: L(x + F(x)) ≈ L(x) +
    F(x)·∂L/∂x. NaN where the shapes differ, or where a vector is zero.
    """
    blocks = {name: one for name, one in residual_blocks(network).items() if has_skip(one)}
    inputs: dict[str, Tensor] = {}

    def keep(name: str) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            inputs[name] = given[0]

        return blocks[name].register_forward_pre_hook(hook)

    handles = [keep(name) for name in blocks]
    try:
        with torch.enable_grad():
            logits = network(image.detach().requires_grad_())
            wanted = torch.tensor([target], device=logits.device)
            loss = functional.cross_entropy(logits, wanted)
            found = torch.autograd.grad(
                loss, list(inputs.values()), allow_unused=True, materialize_grads=True
            )
    finally:
        for handle in handles:
            handle.remove()
    told = {}
    for (name, x), gradient in zip(inputs.items(), found, strict=True):
        with torch.no_grad():
            branch = kind(blocks[name]).branch(blocks[name], x)
        told[name] = _cosine(branch, -gradient)
    return told, float(loss.detach())


def _cosine(one: Tensor, other: Tensor) -> float:
    """Of whole maps; each is divided by its greatest entry, whose square float64 cannot lose."""
    if one.shape != other.shape:
        return math.nan
    flat = [values.detach().double().cpu().flatten() for values in (one, other)]
    most = [float(values.abs().max()) for values in flat]
    if not all(0 < value < math.inf for value in most):
        return math.nan
    a, b = (values / value for values, value in zip(flat, most, strict=True))
    return float(a @ b / (a.norm() * b.norm()))
