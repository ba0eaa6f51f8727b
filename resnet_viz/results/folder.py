"""A folder of photos: what the network answers to each, and where its features lie. No torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Snapshot

Method = Literal["pca", "tsne"]
METHODS: dict[Method, str] = {"pca": "PCA", "tsne": "t-SNE"}

MOST = 2000
"""Photos that are measured; of a larger folder so many are taken, evenly spread over it."""

MOST_TSNE = 1000
"""Photos that t-SNE draws, for the same reason: its time grows faster than their number."""


@dataclass(frozen=True)
class FolderRequest:
    """Ask the network about each photo, with all skips on and all off, and draw the map.

    ``paths`` are files; those in folders named after classes have labels.
    """

    snapshot: Snapshot
    paths: tuple[str, ...]
    method: Method = "pca"


@dataclass(frozen=True)
class Answer:
    """The most probable class and its probability; NaN where the network gave no number."""

    label: int
    probability: float


@dataclass(frozen=True, eq=False)
class FolderPhoto:
    """One file. ``label`` is the class that its folder is named after, or None.

    ``thumbnail`` is (side, side, 3) uint8. Where the file cannot be opened, ``sentence`` says why,
    and there is neither thumbnail nor answer. ``off`` is None in a network without skips.
    """

    path: str
    label: int | None
    thumbnail: np.ndarray | None = None
    on: Answer | None = None
    off: Answer | None = None
    sentence: str = ""

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def folder(self) -> str:
        return Path(self.path).parent.name

    @property
    def right(self) -> bool | None:
        """Whether the answer with skips is the label; None where either is not known."""
        return None if self.label is None or self.on is None else self.on.label == self.label


@dataclass(frozen=True, eq=False)
class FolderPart:
    """The photos that follow those told of before; ``first`` is the place of the first."""

    on: Measured
    labels: tuple[str, ...]
    first: int
    photos: tuple[FolderPhoto, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each opened photo stands on the map, (M, 2): with skips ``on``, and ``off``.

    NaN is a photo that is not drawn. ``explained`` is, for the principal components, the share of
    the variance that each of the two holds, on and off; t-SNE has no such number. ``collapsed`` is
    True, on and off, where all photos have the same features, to float32's precision: they stand in
    one place. ``without`` says why there is no map.
    """

    method: Method
    on: np.ndarray
    off: np.ndarray | None
    explained: tuple[tuple[float, float] | None, tuple[float, float] | None] = (None, None)
    collapsed: tuple[bool, bool] = (False, False)
    without: str = ""


@dataclass(frozen=True, eq=False)
class FolderResult:
    """Every photo, and the features after the average pool of those that could be opened.

    ``features`` are (M, C) float32 with skips on and off, their rows are those of ``opened``, the
    places among ``photos``. ``found`` is how many files there were. ``kept`` is the share of photos
    whose nearest neighbour, by the cosine of the features, is of their own class, on and off, and
    ``chance`` what that would be if neighbours were drawn blindly. The classes are the labels where
    ``labelled``, else the answers with skips on.
    """

    request: FolderRequest
    on: Measured
    labels: tuple[str, ...]
    photos: tuple[FolderPhoto, ...]
    found: int
    opened: tuple[int, ...]
    features: tuple[np.ndarray, np.ndarray | None]
    labelled: bool
    kept: tuple[float, float]
    chance: float
    layout: Layout | None = None

    def with_layout(self, layout: Layout) -> FolderResult:
        return replace(self, layout=layout)

    def classes(self) -> np.ndarray:
        """(M,): the class of each opened photo, −1 where it has no label."""
        return classes_of([self.photos[place] for place in self.opened], self.labelled)

    def neighbours(self, path: str, count: int, off: bool = False) -> list[tuple[int, float]]:
        """The photos most like the one at ``path``: places among ``photos`` and cosines."""
        features = self.features[1 if off else 0]
        rows = {self.photos[place].path: row for row, place in enumerate(self.opened)}
        if features is None or path not in rows:
            return []
        row = rows[path]
        near = cosines(features, features[row : row + 1])[:, 0]
        near[row] = -np.inf
        order = np.argsort(-near, kind="stable")[: min(count, len(near) - 1)]
        return [(self.opened[n], float(near[n])) for n in order if np.isfinite(near[n])]


@dataclass(frozen=True, eq=False)
class LayoutRequest:
    """Draw the map of a folder that has been measured by another method."""

    result: FolderResult
    method: Method


def classes_of(photos: list[FolderPhoto], labelled: bool) -> np.ndarray:
    """(M,): labels, or answers with skips on; −1 where there is none."""
    found = [one.label if labelled else one.on and one.on.label for one in photos]
    return np.array([-1 if one is None else one for one in found], np.int64)


def cosines(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(M, C) and (K, C) → (M, K); NaN with a vector that is 0 or not finite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        unit = [
            rows / np.linalg.norm(rows, axis=1, keepdims=True)
            for rows in (features.astype(np.float64), others.astype(np.float64))
        ]
        found: np.ndarray = unit[0] @ unit[1].T
    return found


def neighbour_share(features: np.ndarray, classes: np.ndarray) -> float:
    """The share of the rows with a class whose nearest other row, by the cosine, is of the same.

    Shapes: (M, C) and (M,), −1 for no class. NaN where there are less than two such rows. A row
    without a direction (0, or not finite) has no neighbour of its class.
    """
    there = np.flatnonzero(classes >= 0)
    if len(there) < 2:
        return float("nan")
    near = cosines(features[there], features[there])
    np.fill_diagonal(near, -np.inf)
    near = np.where(np.isnan(near), -np.inf, near)
    best = near.argmax(axis=1)
    same = classes[there][best] == classes[there]
    return float((same & np.isfinite(near.max(axis=1))).mean())


def chance_share(classes: np.ndarray) -> float:
    """What `neighbour_share` is on the average if neighbours are drawn blindly."""
    there = classes[classes >= 0]
    if len(there) < 2:
        return float("nan")
    _, counts = np.unique(there, return_counts=True)
    return float((counts * (counts - 1)).sum() / (len(there) * (len(there) - 1)))
