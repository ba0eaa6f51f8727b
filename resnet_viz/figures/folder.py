"""A folder's figures: the map of the features with skips on and off, and a row for each photo."""

from __future__ import annotations

import math

import numpy as np

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import per_cent
from resnet_viz.figures.scale import round_ticks
from resnet_viz.figures.series import Series, Symbol
from resnet_viz.figures.table import Cell, Table
from resnet_viz.results.folder import METHODS, MOST_TSNE, FolderPhoto, FolderResult, Layout

COLOURS = ("stage 1", "stage 2", "stage 3", "stage 4", "branch")
SYMBOLS: tuple[Symbol, ...] = ("o", "s", "t")
MOST_CLASSES = len(COLOURS) * len(SYMBOLS)
OTHERS = "others"


def folder(result: FolderResult) -> Figure:
    """A chart for the features with all skips on, and one with all off."""
    return Figure(
        "folder", "Features after the average pool", caption(result), charts(result), columns=2
    )


def charts(result: FolderResult) -> tuple[Chart, ...]:
    """The maps, of principal components on one scale; none before they have been drawn."""
    layout = result.layout
    if layout is None or layout.without:
        return ()
    sides = [("Skips on", layout.on, 0)]
    if layout.off is not None:
        sides.append(("Skips off", layout.off, 1))
    if layout.method == "tsne":
        return tuple(_chart(result, layout, *side, _square(side[1])) for side in sides)
    both = _square(np.concatenate([places for _, places, _ in sides]))
    return tuple(_chart(result, layout, *side, both) for side in sides)


def groups(result: FolderResult) -> list[tuple[str, np.ndarray]]:
    """The classes by name, the most frequent ones first, with their rows among the opened photos.

    What is beyond `MOST_CLASSES`, and what has no label, is the last group, "others".
    """
    classes = result.classes()
    known, counts = np.unique(classes[classes >= 0], return_counts=True)
    frequent = known[np.argsort(-counts, kind="stable")][:MOST_CLASSES]
    found = [(result.labels[one], np.flatnonzero(classes == one)) for one in sorted(frequent)]
    rest = np.flatnonzero(~np.isin(classes, frequent))
    return [*found, (OTHERS, rest)] if len(rest) else found


def _chart(
    result: FolderResult,
    layout: Layout,
    title: str,
    places: np.ndarray,
    side: int,
    span: tuple[float, float, float, float],
) -> Chart:
    """``span`` are the ends of both axes."""
    series = []
    for number, (name, rows) in enumerate(groups(result)):
        others = name == OTHERS and number == len(groups(result)) - 1
        series.append(
            Series(
                name,
                places[rows, 1],
                "off" if others else COLOURS[number % len(COLOURS)],
                SYMBOLS[number // len(COLOURS) % len(SYMBOLS)],
                x=places[rows, 0],
                line=False,
                opacity=0.85,
            )
        )
    names = _axis_names(layout, side)
    kept = result.kept[side]
    said = "" if math.isnan(kept) else f": {per_cent(kept)} beside their own class"
    if layout.collapsed[side]:
        said = ": all photos in one place"
    numbered = layout.method == "pca"
    return Chart(
        f"{title}{said}",
        _axis(names[0], *span[:2], numbered),
        _axis(names[1], *span[2:], numbered),
        tuple(series),
        legend=side == 0,
    )


def _axis_names(layout: Layout, side: int) -> tuple[str, str]:
    shares = layout.explained[side]
    if layout.method == "tsne":
        return "t-SNE, first axis", "t-SNE, second axis"
    if shares is None:
        return "component 1", "component 2"
    told = [f"component {n} ({per_cent(one)} of the variance)" for n, one in enumerate(shares, 1)]
    return told[0], told[1]


def _square(places: np.ndarray) -> tuple[float, float, float, float]:
    """The ends of both axes, with room around the points."""
    found: list[float] = []
    for values in places.T:
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        room = 0.06 * (high - low) or 1.0
        found += [low - room, high + room]
    return found[0], found[1], found[2], found[3]


def _axis(title: str, low: float, high: float, numbered: bool) -> Axis:
    return Axis(title, low, high, ticks=round_ticks(low, high) if numbered else ())


def caption(result: FolderResult) -> str:
    """What was measured, how often the network is right, and which files it could not be."""
    on = result.on
    weights = on.weights.title if on.weights.trained else "untrained"
    opened = [result.photos[place] for place in result.opened]
    text = f"Measured on {on.network} ({weights}), {len(opened):,} photos"
    if len(result.photos) < result.found:
        text += f", evenly spread over {result.found:,} files"
    parts = [text + "."]
    known = [one for one in opened if one.label is not None]
    if known:
        right = sum(one.right is True for one in known)
        said = f"Right: {right:,} of the {len(known):,} whose folder is named after a class"
        if known[0].off is not None:
            off = sum(one.off is not None and one.off.label == one.label for one in known)
            said += f"; without skips {off:,}"
        parts.append(said + ".")
    if not math.isnan(result.kept[0]):
        said = f"The nearest neighbour is of the same class for {per_cent(result.kept[0])}"
        if not math.isnan(result.kept[1]):
            said += f" with skips and {per_cent(result.kept[1])} without"
        of = "label" if result.labelled else "answer with skips"
        parts.append(f"{said}; by chance {per_cent(result.chance)} (class: the {of}).")
    layout = result.layout
    if layout is not None and layout.collapsed[1]:
        parts.append("Without skips all photos have the same features, as far as numbers tell.")
    if layout is not None and layout.method == "tsne":
        parts.append("In t-SNE distances between clusters and their sizes mean nothing.")
        if len(opened) > MOST_TSNE:
            parts.append(f"It draws {MOST_TSNE:,} of the photos, evenly spread.")
    if layout is not None and layout.without:
        parts.append(layout.without)
    parts += broken(result.photos)
    return " ".join(parts)


def neighbours_words(
    result: FolderResult,
    name: str,
    on: list[tuple[int, float]],
    off: list[tuple[int, float]],
    skips_off: bool,
) -> str:
    """What stands over the nearest neighbours of a photo called ``name``.

    ``on`` and ``off`` are they with all skips on and off, as `FolderResult.neighbours` gives them.
    """
    if not on:
        return f"“{name}” is not one of these photos; click one to see what is nearest to it."
    if not skips_off:
        return f"Nearest to “{name}” by the cosine of the features, all skips on"
    layout = result.layout
    if layout is not None and layout.collapsed[1]:
        return "All skips off: all photos are as near, as far as numbers tell; the order is chance"
    if not off:
        return "All skips off: its features have no direction, so nothing is near"
    same = len({place for place, _ in on} & {place for place, _ in off})
    return f"All skips off: {same} of the same {len(on)} are among the nearest"


def broken(photos: tuple[FolderPhoto, ...]) -> list[str]:
    """A sentence on the files that cannot be opened, if there are any."""
    bad = [one for one in photos if one.sentence]
    if not bad:
        return []
    if len(bad) == 1:
        return [f"One file was passed over: {bad[0].sentence}"]
    return [f"{len(bad)} files were passed over, the first because: {bad[0].sentence}"]


def table(result: FolderResult) -> Table:
    """A row for each photo: what it is, what the network answers, where it stands on the map."""
    layout = result.layout
    method = METHODS[layout.method] if layout is not None else "map"
    rows = {place: row for row, place in enumerate(result.opened)}
    columns = (
        "file", "label", "answer", "probability", "right", "answer without skips",
        "probability without skips", *(f"{method} {axis}, skips {side}" for side in ("on", "off")
        for axis in (1, 2)), "remark",
    )  # fmt: skip
    return Table(
        "folder",
        columns,
        tuple(_row(result, one, rows.get(place)) for place, one in enumerate(result.photos)),
    )


def _row(result: FolderResult, one: FolderPhoto, row: int | None) -> tuple[Cell, ...]:
    def name(label: int | None) -> str | None:
        return None if label is None else result.labels[label]

    spots: list[Cell] = []
    layout = result.layout
    for places in (None, None) if layout is None else (layout.on, layout.off):
        there = None if places is None or row is None else places[row]
        spots += [None, None] if there is None else [float(there[0]), float(there[1])]
    return (
        one.path,
        name(one.label),
        name(one.on.label) if one.on else None,
        one.on.probability if one.on else None,
        {True: "yes", False: "no", None: None}[one.right],
        name(one.off.label) if one.off else None,
        one.off.probability if one.off else None,
        *spots,
        one.sentence or None,
    )
