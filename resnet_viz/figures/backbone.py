"""The pyramid as a figure: a map for each stage, skips on above skips off, on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np

from resnet_viz.figures.figure import Figure, Map
from resnet_viz.figures.numbers import fixed_text, per_cent
from resnet_viz.figures.table import Table
from resnet_viz.images import overlay
from resnet_viz.results.backbone import Features, Level, Pyramid

Kind = Literal["similarity", "components"]

KINDS: dict[Kind, str] = {
    "similarity": "Similarity to the clicked place",
    "components": "Main components as colours",
}
SIGNED = "CET-D1"
PLAIN = "viridis"
UNIT = "cosine"
ASK = "Click a place"


def sides(level: Level) -> Iterator[tuple[str, Features]]:
    """What is drawn of a stage, and with which skips: "" where the network has none."""
    if level.off is None:
        yield "", level.on
        return
    yield "skips on", level.on
    yield "skips off", level.off


def similarities(pyramid: Pyramid, x: float, y: float) -> list[list[np.ndarray]]:
    """For each stage and each of its `sides`, the cosine with the place at (x, y), (h, w)."""
    return [
        [features.similarity(*level.cell(x, y)) for _, features in sides(level)]
        for level in pyramid.levels
    ]


def ends(maps: list[list[np.ndarray]]) -> tuple[float, float]:
    """The scale that all maps share: from 0 to 1, or from −1 where any cosine is negative."""
    low = min((overlay.finite_range(one)[0] for level in maps for one in level), default=0.0)
    return (-1.0 if low < 0 else 0.0), 1.0


def colours(low: float) -> str:
    """The map for a scale that begins at ``low``."""
    return SIGNED if low < 0 else PLAIN


def similarity_words(values: np.ndarray) -> str:
    """The mean over all places, or why there is none."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "no direction: all zero or not finite"
    return f"mean {fixed_text(float(finite.mean()))}"


def component_words(features: Features) -> str:
    """How much of the variance the three colours hold."""
    if math.isnan(features.shares[0]):
        return "not finite"
    return f"{per_cent(min(1.0, sum(features.shares)))} of variance"


def painted(features: Features) -> np.ndarray:
    """The three components as red, green and blue, (h, w, 3) uint8; stripes if not finite."""
    if np.isnan(features.colours).any():
        height, width = features.colours.shape[:2]
        stripes = overlay.colour(np.full((height, width), np.nan), np.zeros((256, 3), np.uint8))
        return stripes
    return np.rint(255 * features.colours).astype(np.uint8)


def place_words(pyramid: Pyramid, x: float, y: float) -> str:
    """A point of the input in pixels."""
    size = pyramid.input_size
    return f"pixel ({math.floor(x * size)}, {math.floor(y * size)}) of {size}×{size}"


def pyramid(given: Pyramid, kind: Kind, x: float, y: float) -> Figure:
    """What is on screen: the maps of all stages with skips on, then with skips off."""
    rows = 1 if all(level.off is None for level in given.levels) else 2
    panels: list[Map] = []
    maps = similarities(given, x, y)
    low, high = ends(maps)
    for row in range(rows):
        for level, values in zip(given.levels, maps, strict=True):
            said, features = list(sides(level))[row]
            head = ", ".join(part for part in (level.title, said) if part)
            if kind == "similarity":
                words = similarity_words(values[row])
                panels.append(Map(f"{head}: {words}", values[row], low, high, UNIT, colours(low)))
            else:
                panels.append(
                    Map(
                        f"{head}: {component_words(features)}",
                        np.zeros((1, 1)),
                        0.0,
                        0.0,
                        "",
                        picture=painted(features),
                        opacity=0.0,
                    )
                )
    title = f"The pyramid of {given.on.network}: {KINDS[kind].lower()}"
    said = caption(given, kind, x, y)
    return Figure("backbone-pyramid", title, said, tuple(panels), len(given.levels))


def caption(given: Pyramid, kind: Kind, x: float, y: float) -> str:
    """What the maps are of, and how they are read."""
    sizes = "; ".join(
        f"{level.title} {level.size}, stride {level.stride} ({level.block})"
        for level in given.levels
    )
    if kind == "similarity":
        how = (
            "The cosine between each place's features and those of the place that holds "
            f"{place_words(given, x, y)}"
        )
    else:
        how = (
            "Each map's first three principal components as red, green and blue, each stretched "
            "to its own range, so colours of two maps cannot be compared"
        )
    return f"{how}. Measured on {given.on.text}. {sizes}."


def table(given: Pyramid, kind: Kind, x: float, y: float) -> Table:
    """A row for each stage with each state of its skips."""
    rows: list[tuple[str | int | float | None, ...]] = []
    maps = similarities(given, x, y)
    for level, values in zip(given.levels, maps, strict=True):
        channels, height, width = level.on.shape
        for (said, features), cosines in zip(sides(level), values, strict=True):
            at = level.cell(x, y)
            head = (level.title, level.block, said or "none", channels, height, width, level.stride)
            if kind == "similarity":
                finite = cosines[np.isfinite(cosines)]
                known = [float(f(finite)) for f in (np.mean, np.min, np.max)] if finite.size else []
                rows.append((*head, *at, *(known or (None, None, None))))
            else:
                rows.append((*head, *(None if math.isnan(s) else s for s in features.shares)))
    columns: tuple[str, ...]
    columns = ("stage", "block", "skips", "channels", "rows", "columns", "stride, pixels")
    if kind == "similarity":
        columns += ("row", "column", "mean cosine", "least cosine", "greatest cosine")
    else:
        columns += tuple(f"share of component {number}" for number in (1, 2, 3))
    return Table("backbone-pyramid", columns, tuple(rows))
