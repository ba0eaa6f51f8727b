"""Residual alignment, RA1 (Li and Papyan 2023, arXiv:2401.09018): outputs equispaced on a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.folder import principal
from resnet_viz.analysis.lesions import twin_of
from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.twin_subject import twin_subject
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.results.alignment import Alignment, AlignmentRequest, AlignmentResult, Way
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Progress, TaskError


def run(request: AlignmentRequest, context: TaskContext) -> Iterator[object]:
    """`AlignmentResult` of the network on screen, then with its twin.

    Raises:
        TaskError: the network has no blocks. As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    snapshot = request.snapshot
    subject = context.session.subject(snapshot, context.cancelled)
    if not residual_blocks(subject.network):
        raise TaskError(
            f"{subject.spec.title} has no blocks to follow; "
            "choose a residual network or a plain one in the explorer"
        )
    yield Progress(subject.spec.title, 0, 2)
    result = AlignmentResult(_measured(snapshot, subject))
    yield result
    twin = twin_of(subject.spec)
    if twin is None:
        yield replace(result, no_twin=f"The catalog has no plain twin of {subject.spec.title}.")
        return
    yield Progress(twin.title, 1, 2)
    try:
        other = twin_subject(twin, snapshot, subject.weights.trained, context)
    except TaskError as error:
        yield replace(result, no_twin=str(error))
        return
    yield replace(result, twin=_measured(other.snapshot, other.subject))


def _measured(snapshot: Snapshot, subject: Subject) -> Alignment:
    outputs = block_outputs(subject.network, subject.image)
    ways = tuple(
        way(f"Stage {stage.number}", {block.name: outputs[block.name] for block in stage.blocks})
        for stage in subject.structure.stages
    )
    on = Measured(snapshot, subject.spec.title, subject.weights)
    return Alignment(on, not subject.gates.blocks, ways)


def block_outputs(network: nn.Module, image: Tensor) -> dict[str, np.ndarray]:
    """What each block puts out for ``image``, flattened: float64."""
    outputs: dict[str, np.ndarray] = {}

    def keep(name: str, block: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, __: object, output: Tensor) -> None:
            outputs[name] = output.detach().double().cpu().numpy().ravel()

        return block.register_forward_hook(hook)

    handles = [keep(name, block) for name, block in residual_blocks(network).items()]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


def way(stage: str, outputs: dict[str, np.ndarray]) -> Way:
    """The way through outputs of one shape, in their order."""
    rows = np.stack(list(outputs.values()))
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)
    length = float(steps.sum())
    straight = float(np.linalg.norm(rows[-1] - rows[0])) / length if length > 0 else np.nan
    uneven = float(steps.std() / steps.mean()) if length > 0 else np.nan
    if len(rows) > 1:
        places, explained = principal(rows)
    else:
        places, explained = np.zeros((1, 2)), (0.0, 0.0)
    return Way(stage, tuple(outputs), places, explained, straight, uneven)
