"""A folder of photos goes through the network: answers, features after the average pool, a map.

Features of trained networks were first drawn this way by Donahue 2014 (arXiv:1310.1531, fig. 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz.analysis.session import Subject, as_input
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.gallery import thumbnail
from resnet_viz.images.photo import PhotoError, default_crop, load_photo, network_picture
from resnet_viz.images.planes import grey
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.parts import parts_of
from resnet_viz.results.folder import (
    MOST,
    MOST_TSNE,
    Answer,
    FolderPart,
    FolderPhoto,
    FolderRequest,
    FolderResult,
    Layout,
    LayoutRequest,
    Method,
    chance_share,
    classes_of,
    neighbour_share,
)
from resnet_viz.results.measured import Measured
from resnet_viz.results.task import Progress, TaskError

_MOST_VALUES = 100_000
"""Values of a batch of inputs: 32 CIFAR images, or one of ImageNet's size."""

_LOST = 1e-5
"""Relative to their length, what features lose in float32 arithmetic over a hundred layers."""

_THUMBNAIL = 72
"""The side of a thumbnail, in pixels: 2,000 of them are 31 MB."""


def run(request: FolderRequest, context: TaskContext) -> Iterator[object]:
    """Measure `FolderPart` by `FolderPart`, then `FolderResult` and again with its map.

    No more than a batch of photos is in memory at a time; what stays of each are a thumbnail, two
    answers and two vectors. A file that cannot be opened is told of and passed over.

    Raises:
        TaskError: there are no files, or none can be opened. As `Session.subject`.
    """
    if not request.paths:
        raise TaskError("There are no photos; open a folder of them first")
    yield Progress("Preparing the network", 0, 0)
    subject = context.session.subject(request.snapshot, context.cancelled)
    title = subject.spec.title
    measured = Measured(request.snapshot, title, subject.weights)
    paths = spread(request.paths, MOST)
    at_once = max(1, _MOST_VALUES // subject.image[0].numel())
    photos: list[FolderPhoto] = []
    rows: list[list[np.ndarray]] = [[], []]
    with pooled(subject) as features:
        for first in range(0, len(paths), at_once):
            batch: list[_Read] = []
            for path in paths[first : first + at_once]:
                yield Progress(f"{title}, photo {first + len(batch) + 1}", first, len(paths))
                batch.append(_read(path, subject))
            there = [one.picture for one in batch if one.picture is not None]
            answers: list[list[Answer]] = [[], []]
            if there:
                images = torch.cat([as_input(picture, subject.spec) for picture in there])
                images = images.to(subject.image.device)
                for side, gates in enumerate(_gates(subject)):
                    context.stop_if_cancelled()
                    subject.gates.set(gates)
                    with torch.no_grad():
                        answers[side] = _answers(subject.network(images))
                    rows[side].append(features())
                subject.gates.set(GateSettings())
            part = tuple(_told(batch, answers))
            yield FolderPart(measured, subject.labels, len(photos), part)
            photos += part
    if not rows[0]:
        raise TaskError(
            f"None of the {len(photos)} files can be opened as a photo: {photos[0].sentence}"
        )
    result = _result(request, measured, subject.labels, photos, rows)
    yield result
    yield from draw(LayoutRequest(result, request.method), context)


def draw(request: LayoutRequest, context: TaskContext) -> Iterator[object]:
    """The map of a folder that has been measured: `Progress` and `Layout`."""
    result, method = request.result, request.method
    made: list[_Map] = []
    for features, skips in zip(result.features, ("on", "off"), strict=True):
        if features is not None:
            word = "t-SNE" if method == "tsne" else "Principal components"
            yield Progress(f"{word}, skips {skips}", 0, 0)
            context.stop_if_cancelled()
            made.append(lay_out(features, method))
    off = made[1] if len(made) > 1 else None
    without = ""
    if not np.isfinite(made[0].places).any():
        least = 4 if method == "tsne" else 2
        without = f"The map needs at least {least} photos that differ; open a larger folder."
    yield Layout(
        method,
        made[0].places,
        None if off is None else off.places,
        (made[0].explained, None if off is None else off.explained),
        (made[0].collapsed, off is not None and off.collapsed),
        without,
    )


@dataclass(frozen=True)
class _Read:
    """A file as it is read: the picture as the network sees it, or why there is none."""

    photo: FolderPhoto
    picture: np.ndarray | None


def _read(path: str, subject: Subject) -> _Read:
    label = label_of(path, subject.labels)
    try:
        photo = load_photo(path)
        crop = default_crop(photo, subject.spec.crop_fraction)
        picture = network_picture(photo, crop, subject.spec.input_size)
    except PhotoError as error:
        return _Read(FolderPhoto(path, label, sentence=str(error)), None)
    except Exception as error:  # whatever a damaged file makes of itself
        sentence = f"{path} cannot be opened ({type(error).__name__}: {error})."
        return _Read(FolderPhoto(path, label, sentence=sentence), None)
    if subject.spec.channels == 1:
        picture = grey(picture)
    return _Read(FolderPhoto(path, label, thumbnail(photo, _THUMBNAIL)), picture)


def _told(batch: list[_Read], answers: list[list[Answer]]) -> Iterator[FolderPhoto]:
    place = 0
    for one in batch:
        if one.picture is None:
            yield one.photo
            continue
        off = answers[1][place] if answers[1] else None
        known = one.photo
        yield FolderPhoto(known.path, known.label, known.thumbnail, answers[0][place], off)
        place += 1


def _gates(subject: Subject) -> list[GateSettings]:
    """All skips on and, where there are any, all off."""
    off = GateSettings().with_skips(subject.gates.blocks, 0.0)
    return [GateSettings()] if not subject.gates.blocks else [GateSettings(), off]


def _answers(logits: Tensor) -> list[Answer]:
    odds = torch.softmax(logits.float(), dim=1) if logits.shape[1] > 1 else torch.sigmoid(logits)
    best, label = odds.cpu().max(dim=1)
    return [
        Answer(int(one), float(chance))
        for chance, one in zip(best.tolist(), label.tolist(), strict=True)
    ]


@contextmanager
def pooled(subject: Subject) -> Iterator[Callable[[], np.ndarray]]:
    """Within the context, what the function it gives returns are the newest pass's features.

    They are (N, C) float32: what the last fully connected layer is given, where that is a vector
    of the last block's width; else the mean of the last block's output over its places.
    """
    seen: dict[str, Tensor] = {}
    last = parts_of(subject.network)[-1].output
    linear = [one for one in subject.network.modules() if isinstance(one, nn.Linear)]

    def keep(_: nn.Module, __: object, output: Tensor) -> None:
        seen["block"] = output.detach().float().mean(dim=(2, 3))

    def given(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen["head"] = inputs[0].detach().float()

    handles = [last.register_forward_hook(keep)]
    if linear:
        handles.append(linear[-1].register_forward_pre_hook(given))

    def features() -> np.ndarray:
        block, head = seen["block"], seen.get("head")
        fits = head is not None and head.shape == block.shape
        chosen: np.ndarray = (head if fits and head is not None else block).cpu().numpy()
        return chosen

    try:
        yield features
    finally:
        for handle in handles:
            handle.remove()


def label_of(path: str, labels: tuple[str, ...]) -> int | None:
    """The class that the file's folder is named after, whole and in any case; None if none is."""
    name = _plain(Path(path).absolute().parent.name)
    for number, label in enumerate(labels):
        if name in {_plain(part) for part in (label, *label.split(","))}:
            return number
    return None


def _plain(text: str) -> str:
    return text.replace("_", " ").replace("-", " ").strip().casefold()


def spread(paths: tuple[str, ...], most: int) -> tuple[str, ...]:
    """At most so many of ``paths``, in their order and at equal distances."""
    if len(paths) <= most:
        return paths
    return tuple(paths[n] for n in np.linspace(0, len(paths) - 1, most).round().astype(int))


def _result(
    request: FolderRequest,
    measured: Measured,
    labels: tuple[str, ...],
    photos: list[FolderPhoto],
    rows: list[list[np.ndarray]],
) -> FolderResult:
    opened = tuple(n for n, one in enumerate(photos) if one.on is not None)
    shown = [photos[place] for place in opened]
    labelled = sum(one.label is not None for one in shown) > len(shown) / 2
    classes = classes_of(shown, labelled)
    on = np.concatenate(rows[0])
    off = np.concatenate(rows[1]) if rows[1] else None
    kept = [float("nan") if one is None else neighbour_share(one, classes) for one in (on, off)]
    return FolderResult(
        request,
        measured,
        labels,
        tuple(photos),
        len(request.paths),
        opened,
        (on, off),
        labelled,
        (kept[0], kept[1]),
        chance_share(classes),
    )


# ---- the map


@dataclass(frozen=True, eq=False)
class _Map:
    places: np.ndarray
    explained: tuple[float, float] | None
    collapsed: bool = False


def lay_out(features: np.ndarray, method: Method) -> _Map:
    """(M, C) → (M, 2). Rows that are not finite, and those too many for t-SNE, are NaN."""
    places = np.full((len(features), 2), np.nan)
    there = np.flatnonzero(np.isfinite(features).all(axis=1))
    explained = None
    if len(there) >= 2 and is_collapsed(features[there]):
        places[there] = 0.0
        return _Map(places, None, True)
    if method == "tsne":
        if len(there) > MOST_TSNE:
            there = there[np.linspace(0, len(there) - 1, MOST_TSNE).round().astype(int)]
        if len(there) >= 4:
            places[there] = t_sne(features[there])
    elif len(there) >= 2:
        places[there], explained = principal(features[there])
    return _Map(places, explained)


def is_collapsed(features: np.ndarray) -> bool:
    """True if the rows of (M, C) differ by no more than float32 loses on the way."""
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    apart = float(np.linalg.norm(values - mean, axis=1).max())
    return apart <= _LOST * float(np.linalg.norm(mean))


def principal(features: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """The first two principal components: (M, C) → (M, 2), and the share of variance of each.

    Each direction points where its largest weight is positive, so that a repetition gives the same.
    """
    centred = features.astype(np.float64)
    scale = float(np.abs(centred).max()) or 1.0  # the squares of a collapsed net's values are lost
    centred = centred / scale
    centred -= centred.mean(axis=0)
    # Of the two square matrices the smaller has the same eigenvalues.
    if centred.shape[1] <= centred.shape[0]:
        values, vectors = np.linalg.eigh(centred.T @ centred)
        directions = vectors[:, ::-1][:, :2]
        values = values[::-1]
    else:
        values, vectors = np.linalg.eigh(centred @ centred.T)
        values = values[::-1]
        directions = centred.T @ vectors[:, ::-1][:, :2]
        norms = np.linalg.norm(directions, axis=0)
        # What has no variance but rounding has no direction either.
        directions = np.where(norms > 1e-7 * norms[0], directions / np.maximum(norms, 1e-300), 0.0)
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    places = centred @ (directions * np.where(signs == 0, 1.0, signs)) * scale
    total = float(np.clip(values, 0, None).sum()) or 1.0
    shares = [max(0.0, float(value)) / total for value in values[:2]] + [0.0]
    if places.shape[1] < 2:
        places = np.column_stack([places[:, 0], np.zeros(len(places))])
    return places, (shares[0], shares[1])


def t_sne(features: np.ndarray) -> np.ndarray:
    """t-SNE (van der Maaten and Hinton 2008), begun at the principal components: (M, 2).

    Features are divided by their greatest distance from the mean, which changes only the units.
    """
    from sklearn.manifold import TSNE

    lengths = np.linalg.norm(features.astype(np.float64) - features.mean(axis=0), axis=1)
    begin, _ = principal(features)
    begin = begin / (begin[:, 0].std() or 1.0) * 1e-4
    few = min(30.0, (len(features) - 1) / 3)
    made = TSNE(2, perplexity=few, init=begin.astype(np.float32), random_state=0)
    found: np.ndarray = made.fit_transform((features / lengths.max()).astype(np.float32))
    return found.astype(np.float64)
