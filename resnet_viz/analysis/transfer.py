"""Linear probes on the pooled features of a frozen backbone.

After Alain and Bengio 2016 (arXiv:1610.01644). A probe is a logistic regression on features that
are scaled to unit variance.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from resnet_viz.analysis.backbone import level_titles
from resnet_viz.analysis.session import Subject, as_input
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images import cifar10_test
from resnet_viz.images.photo import Photo, PhotoError, default_crop, load_photo, network_picture
from resnet_viz.images.planes import grey
from resnet_viz.networks.family import CLASSES
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.parts import parts_of
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Progress, TaskError
from resnet_viz.results.transfer import (
    MOST,
    Accuracy,
    Answer,
    Group,
    LabelPhoto,
    TransferRequest,
    TransferResult,
)

_MOST_VALUES = 100_000
"""Values of a batch of inputs: 32 CIFAR images, or one of ImageNet's size."""
_HELD = 0.3
_SEED = 0


def run(request: TransferRequest, context: TaskContext) -> Iterator[object]:
    """`TransferResult`, which grows by a backbone each; then it labels what it is told to.

    Only a batch of pictures is in memory at a time; of each example its features stay.

    Raises:
        TaskError: there are fewer than two classes, or a class has fewer than two examples that can
            be read. As `Session.subject`.
    """
    yield Progress("Preparing the network", 0, 0)
    groups = request.groups or _cifar10(request.each)
    if len(groups) < 2:
        raise TaskError("One class cannot be told from another; give examples of a second one")
    snapshot = replace(request.snapshot, gates=GateSettings())
    subject = context.session.subject(snapshot, context.cancelled)
    on = Measured(request.snapshot, subject.spec.title, subject.weights)
    features, labels, skipped = yield from _features(subject, groups, "", context)
    for number, group in enumerate(groups):
        if int((labels == number).sum()) < 2:
            raise TaskError(
                f"“{group.name}” has fewer than two examples that can be read; add more of them"
            )
    held = held_out(labels)
    counts = np.bincount(labels[held], minlength=len(groups))
    result = TransferResult(
        request,
        on,
        tuple(group.name for group in groups),
        level_titles(subject.structure),
        int((~held).sum()),
        int(held.sum()),
        float(counts.max() / counts.sum()),
        skipped=tuple(skipped),
    )
    probes, first = yield from _probes("this backbone", features, labels, held, context)
    answer = _answer(subject, probes, snapshot)
    result = replace(result, accuracies=(first,), answer=answer)
    yield result
    if subject.gates.blocks:
        subject.gates.set(GateSettings().with_skips(subject.gates.blocks, 0.0))
        features, labels, _ = yield from _features(subject, groups, " without skips", context)
        subject.gates.set(GateSettings())
        _, found = yield from _probes("without its skips", features, labels, held, context)
        result = replace(result, accuracies=(*result.accuracies, found))
        yield result
    if subject.weights.trained:
        bare = replace(snapshot, weights=replace(snapshot.weights, kind="untrained"))
        other = context.session.subject(bare, context.cancelled)
        features, labels, _ = yield from _features(other, groups, ", untrained", context)
        _, found = yield from _probes("untrained", features, labels, held, context)
        result = replace(result, accuracies=(*result.accuracies, found))
        yield result
    result = replace(result, complete=True)
    yield result
    while True:
        asked = [one for one in context.commands() if isinstance(one, LabelPhoto)]
        if asked:
            result = replace(result, answer=_answer(subject, probes, asked[-1].snapshot))
            yield result
        else:
            yield IDLE


def held_out(labels: np.ndarray) -> np.ndarray:
    """Which examples are held out: three in ten of each class, at least one, the same every time.

    (N,) integers → (N,) bool.
    """
    dice = np.random.default_rng(_SEED)
    held = np.zeros(len(labels), bool)
    for number in np.unique(labels):
        places = dice.permutation(np.flatnonzero(labels == number))
        held[places[: max(1, round(_HELD * len(places)))]] = True
    return held


def fit(features: np.ndarray, labels: np.ndarray) -> Any:
    """A probe of ``features``, (N, C), for ``labels``, (N,); None if they are not finite."""
    if not np.isfinite(features).all():
        return None
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # nearly as good as the best is enough
        return probe.fit(features, labels)


Progressing = Generator[Progress, None, Any]


def _cifar10(each: int) -> tuple[Group, ...]:
    try:
        return tuple(Group(name, tuple(cifar10_test.photos(name, each))) for name in CLASSES)
    except PhotoError as error:
        raise TaskError(str(error)) from error


def _features(
    subject: Subject, groups: tuple[Group, ...], words: str, context: TaskContext
) -> Progressing:
    """Each stage's pooled features, (N, C) each, the labels (N,) and the files passed over."""
    examples = [
        (number, one) for number, group in enumerate(groups) for one in group.examples[:MOST]
    ]
    at_once = max(1, _MOST_VALUES // subject.image[0].numel()) if subject.weights.trained else 1
    rows: list[list[np.ndarray]] = []
    labels: list[int] = []
    skipped: list[str] = []
    text = f"Features of {subject.spec.title}{words}"
    for start in range(0, len(examples), at_once):
        yield Progress(f"{text}, {start} of {len(examples)} pictures", start, len(examples))
        images = []
        for number, example in examples[start : start + at_once]:
            context.stop_if_cancelled()
            try:
                photo = load_photo(example) if isinstance(example, str) else example
                images.append(_image(photo, None, subject))
                labels.append(number)
            except PhotoError:
                skipped.append(Path(str(example)).name)
        if images:
            context.stop_if_cancelled()
            rows.append(pooled(subject, torch.cat(images)))
    columns = [np.concatenate(level) for level in zip(*rows, strict=True)]
    return columns, np.array(labels, int), skipped


def pooled(subject: Subject, images: Tensor) -> list[np.ndarray]:
    """The mean over all places of what the last block of each stage hands on, (N, C) float64."""
    found: list[np.ndarray] = []
    with torch.no_grad(), _watching(subject, found):
        subject.network(images.to(subject.image.device))
    return found


@contextmanager
def _watching(subject: Subject, found: list[np.ndarray]) -> Iterator[None]:
    modules = {part.name: part.output for part in parts_of(subject.network)}

    def take(_: nn.Module, __: object, out: Tensor) -> None:
        found.append(out.detach().float().mean(dim=(2, 3)).cpu().numpy().astype(np.float64))

    handles = [
        modules[stage.blocks[-1].name].register_forward_hook(take)
        for stage in subject.structure.stages
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _image(photo: Photo, snapshot: Snapshot | None, subject: Subject) -> Tensor:
    spec = subject.spec
    crop = None if snapshot is None else snapshot.crop
    crop = crop or default_crop(photo, spec.crop_fraction)
    picture = network_picture(photo, crop, spec.input_size)
    return as_input(grey(picture) if spec.channels == 1 else picture, spec)


def _probes(
    name: str,
    features: list[np.ndarray],
    labels: np.ndarray,
    held: np.ndarray,
    context: TaskContext,
) -> Progressing:
    """Each stage's probe, and how good they are on what was held out."""
    probes, values = [], []
    for number, level in enumerate(features):
        context.stop_if_cancelled()
        yield Progress(f"Probe of stage {number + 1}, {name}", number, len(features))
        probe = fit(level[~held], labels[~held])
        probes.append(probe)
        known = probe is not None and bool(np.isfinite(level[held]).all())
        values.append(float(probe.score(level[held], labels[held])) if known else math.nan)
    return probes, Accuracy(name, tuple(values))


def _answer(subject: Subject, probes: list[Any], snapshot: Snapshot) -> Answer:
    found = pooled(subject, _image(snapshot.photo, snapshot, subject))
    rows = [
        probe.predict_proba(level)[0]
        for probe, level in zip(probes, found, strict=True)
        if probe is not None and np.isfinite(level).all()
    ]
    width = max((len(row) for row in rows), default=0)
    return Answer(snapshot, np.array(rows).reshape(len(rows), width))
