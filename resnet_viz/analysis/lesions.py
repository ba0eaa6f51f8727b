"""Lesions: what is lost with one block's residual branch (Veit 2016, arXiv:1605.06431, §4.1)."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.session import Subject, as_input
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.twin_subject import twin_subject
from resnet_viz.images import cifar10, gallery
from resnet_viz.images.photo import Photo, default_crop, network_picture
from resnet_viz.networks.catalog import CATALOG, NetworkSpec
from resnet_viz.networks.cifar import CifarBlock, PadShortcut
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.structure import Structure
from resnet_viz.results.lesions import Lesions, LesionsRequest, LesionsResult, Scores
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Progress, TaskError

_MOST_VALUES = 100_000
"""Values of a batch of inputs that one step takes: 32 CIFAR images, or one of ImageNet's size."""


@contextmanager
def lesioned(subject: Subject, name: str) -> Iterator[None]:
    """Within the context, block ``name`` computes relu(shortcut(x)): its layers are left out.

    In a plain network there is no shortcut, so the block's place is taken by the identity or,
    where the shape changes, by option A of He 2015 §3.3 (subsample, fill with zeros).
    """
    if subject.gates.blocks:
        subject.gates.set(GateSettings.of(branch={name: 0.0}))
        try:
            yield
        finally:
            subject.gates.set(GateSettings())
        return
    block = residual_blocks(subject.network)[name]
    assert isinstance(block, CifarBlock)
    wires = _wires(block)
    block.forward = lambda x: torch.relu(wires(x))  # type: ignore[method-assign]
    try:
        yield
    finally:
        del block.forward


def _wires(block: CifarBlock) -> nn.Module:
    came, went = block.conv1.in_channels, block.conv2.out_channels
    if block.stride == 1 and came == went:
        return nn.Identity()
    return PadShortcut(came, went, block.stride)


def twin_of(spec: NetworkSpec) -> NetworkSpec | None:
    """The plain network of the same depth, or, of a plain one, the residual; None if none is."""
    for other in CATALOG.values():
        if (
            not (spec.maker or other.maker)
            and (other.family, other.depth) == (spec.family, spec.depth)
            and (other.combine == "none") != (spec.combine == "none")
            and (other.shortcut, other.order) == ("pad", "post")
        ):
            return other
    return None


def run(request: LesionsRequest, context: TaskContext) -> Iterator[object]:
    """Measure `LesionsResult`, block by block; the task of `LesionsRequest`.

    Raises:
        TaskError: the network has no blocks; the labelled images cannot be had, or are not for it.
        As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    snapshot = request.snapshot
    subject = context.session.subject(snapshot, context.cancelled)
    blocks = residual_blocks(subject.network).values()
    if not subject.gates.blocks and not all(isinstance(one, CifarBlock) for one in blocks):
        raise TaskError(
            f"{subject.spec.title} has no skips and blocks of a kind that cannot be left out; "
            "choose a residual network, or a plain one of the catalog, in the explorer"
        )
    if not blocks:
        raise TaskError(
            f"{subject.spec.title} has no blocks that could be left out; "
            "choose a residual network or a plain one in the explorer"
        )
    pictures, labels = [subject.picture], None
    if request.pictures == "samples":
        pictures += _samples(subject.spec, snapshot.photo)
    elif request.pictures == "labelled":
        yield Progress("Reading the labelled images", 0, 0)
        pictures, labels = _labelled(request, subject.spec, context)
    twin, no_twin = twin_of(subject.spec), ""
    if twin is None:
        no_twin = f"The catalog has no plain twin of {subject.spec.title}."

    result: LesionsResult | None = None
    for update in _lesions(snapshot, subject, pictures, labels, context):
        if isinstance(update, Lesions):
            result = LesionsResult(
                request, len(pictures), labels is not None, update, no_twin=no_twin
            )
        yield result if isinstance(update, Lesions) else update
    if twin is None or result is None:
        return
    try:
        other = twin_subject(twin, snapshot, subject.weights.trained, context)
    except TaskError as error:
        yield replace(result, no_twin=str(error))
        return
    for update in _lesions(other.snapshot, other.subject, pictures, labels, context):
        yield replace(result, twin=update) if isinstance(update, Lesions) else update


def _samples(spec: NetworkSpec, photo: Photo) -> list[np.ndarray]:
    return [
        network_picture(other, default_crop(other, spec.crop_fraction), spec.input_size)
        for other in gallery.others(photo)
    ]


def _labelled(
    request: LesionsRequest, spec: NetworkSpec, context: TaskContext
) -> tuple[list[np.ndarray], Tensor]:
    """``request.count`` images at equal distances in the file, and their labels."""
    if spec.family != "cifar":
        raise TaskError(
            f"{spec.title} knows ImageNet's classes, not CIFAR-10's; choose a photo instead, "
            "or a CIFAR network in the explorer"
        )
    try:
        data = cifar10.load(Path(request.path), lambda done, total: context.stop_if_cancelled())
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise TaskError(f"{request.path} gives no labelled images: {error}") from error
    chosen = np.linspace(0, len(data.labels) - 1, min(request.count, len(data.labels)))
    chosen = np.unique(chosen.round().astype(int))
    return list(data.images[chosen]), torch.from_numpy(data.labels[chosen])


def _lesions(
    snapshot: Snapshot,
    subject: Subject,
    pictures: list[np.ndarray],
    labels: Tensor | None,
    context: TaskContext,
) -> Iterator[Progress | Lesions]:
    """Progress, and `Lesions` that grow by a block each."""
    title = subject.spec.title
    images = torch.cat([as_input(picture, subject.spec) for picture in pictures])
    images = images.to(subject.image.device)
    blocks = tuple(residual_blocks(subject.network))
    parts = images.split(max(1, _MOST_VALUES // images[0].numel()))
    todo = (len(blocks) + 1) * len(parts)

    def logits(text: str, done: int) -> Generator[Progress, None, Tensor]:
        rows: list[Tensor] = []
        for part in parts:
            yield Progress(text, done + len(rows), todo)
            with torch.no_grad():
                rows.append(subject.network(part).float().cpu())
        return torch.cat(rows)

    intact = yield from logits(f"{title}, intact", 0)
    classes = intact.argmax(dim=1) if labels is None else labels
    if snapshot.target is not None and labels is None:
        classes[0] = snapshot.target
    reshaping, bands = outline(subject.structure)
    found = Lesions(
        Measured(snapshot, title, subject.weights),
        not subject.gates.blocks,
        blocks,
        reshaping,
        bands,
        subject.labels[int(classes[0])] if len(pictures) == 1 and labels is None else "",
        scores(intact, classes),
        (),
    )
    yield found
    for number, name in enumerate(blocks, start=1):
        rows = logits(f"{title} without the branch of {name}", number * len(parts))
        with lesioned(subject, name):
            after = yield from rows
        found = replace(found, lesioned=(*found.lesioned, scores(after, classes)))
        yield found


def outline(structure: Structure) -> tuple[frozenset[str], tuple[tuple[str, int, int], ...]]:
    """The blocks that change the shape, and each stage's title, first and last block."""
    reshaping = frozenset(
        block.name for block in structure.blocks[1:] if block.input_shape != block.output_shape
    )
    bands, first = [], 0
    for stage in structure.stages:
        bands.append((f"Stage {stage.number}", first, first + len(stage.blocks) - 1))
        first += len(stage.blocks)
    return reshaping, tuple(bands)


def scores(logits: Tensor, classes: Tensor) -> Scores:
    """The means over a batch: ``logits`` (N, K), ``classes`` (N,)."""
    log_odds = torch.log_softmax(logits.double(), dim=1).gather(1, classes[:, None])
    right = (logits.argmax(dim=1) == classes).double()
    return Scores(float(log_odds.exp().mean()), float(right.mean()), float(-log_odds.mean()))
