"""The story's figures: depth and error by year, size against accuracy, and degradation."""

from __future__ import annotations

import math

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.series import Bars, Series
from resnet_viz.networks import ilsvrc, published
from resnet_viz.networks.ilsvrc import Entry, Source


def percent(error: float) -> str:
    """An error as it is in the papers: "16.4 %"."""
    return f"{error:g} %"


def layers(entry: Entry) -> str:
    """The depth in words."""
    return "shallow" if entry.depth is None else f"{entry.depth} layers"


def places(sources: tuple[Source, ...]) -> str:
    """Sources with the places in them, in one line."""
    return "; ".join(f"{source.short}, {source.where}" for source in sources)


def depth() -> Figure:
    """The winners' errors above their depths, year by year; what was never entered stands apart."""
    rows = ilsvrc.entries()
    rows = (*(r for r in rows if r.error is None), *(r for r in rows if r.error is not None))
    names = [f"{row.name}\n{row.year}" for row in rows]
    entered = [(n, row) for n, row in enumerate(rows) if row.error is not None]
    human = ilsvrc.human()
    errors = [row.error or 0.0 for _, row in entered]
    error = Chart(
        "ILSVRC top-5 test error, %",
        Axis.named("winner of the year", names),
        Axis("top-5 test error, %", 0, 30, numbers="per cent"),
        (
            Series(
                "error",
                errors,
                "muted",
                "o",
                x=[n for n, _ in entered],
                labels=tuple(percent(value) for value in errors),
            ),
        ),
        references=((human.label, human.error),),
        legend=False,
    )
    deep = [float(row.depth or 0) for row in rows]
    plain = [value if not row.residual else 0.0 for value, row in zip(deep, rows, strict=True)]
    with_skips = [value if row.residual else 0.0 for value, row in zip(deep, rows, strict=True)]
    tall = Chart(
        "Layers with weights",
        Axis.named("winner of the year", names),
        Axis("layers with weights", 0, 1.08 * max(deep)),
        bars=(
            Bars("plain: a layer after a layer", plain, "branch"),
            Bars("with a shortcut past every three layers", with_skips, "skip"),
        ),
    )
    sources = ", ".join(source.short for source in ilsvrc.sources())
    title = "Depth and error of the winners of ILSVRC, by year"
    return Figure("depth", title, f"Sources: {sources}.", (error, tall))


def size() -> Figure:
    """Parameters against accuracy, a point for each of torchvision's sets of weights."""
    rows = sorted(published.published(), key=lambda row: (row.parameters, row.top1))
    best = {row.network: row for row in sorted(rows, key=lambda row: row.top1)}
    kinds = (
        ("without shortcuts", [r for r in rows if not r.residual], "branch", "s"),
        (
            "with shortcuts, recipe near the paper’s",
            [r for r in rows if r.residual and not r.new_recipe],
            "skip",
            "o",
        ),
        (
            "the same, torchvision’s recipe of 2021",
            [r for r in rows if r.residual and r.new_recipe],
            "skip",
            "o",
        ),
    )
    ticks = tuple((math.log10(millions), str(millions)) for millions in (5, 10, 20, 50, 100, 200))
    chart = Chart(
        "Top-1 accuracy on ImageNet-1K (validation set), %",
        Axis("Parameters, millions (logarithmic)", ticks[0][0], ticks[-1][0] + 0.05, ticks=ticks),
        Axis("top-1 accuracy, %", 55, 87, numbers="per cent"),
        tuple(
            Series(
                name,
                [row.top1 for row in some],
                colour,
                "s" if symbol == "s" else "o",
                x=[math.log10(row.parameters / 1e6) for row in some],
                line=False,
                hollow=number == 1,
                labels=tuple(row.title if row is best[row.network] else "" for row in some),
            )
            for number, (name, some, colour, symbol) in enumerate(kinds)
        ),
    )
    text, link = published.source()
    title = "Parameters against accuracy on ImageNet-1K"
    return Figure("size", title, f"Source: {text}, {link}", (chart,))


def twins() -> Figure:
    """Error of plain and residual networks of 18 and 34 layers."""
    rows, where = ilsvrc.twins()
    depths = sorted({row.depth for row in rows})
    pairs = [
        ("plain", [r for r in rows if not r.residual]),
        ("residual", [r for r in rows if r.residual]),
    ]
    chart = Chart(
        "Top-1 error on ImageNet-1K, %",
        Axis("layers", min(depths) - 4, max(depths) + 8, ticks=tuple((d, str(d)) for d in depths)),
        Axis("top-1 error, %", 24, 30, numbers="per cent"),
        tuple(
            Series(
                name,
                [row.error for row in pair],
                "skip" if name == "residual" else "branch",
                "o" if name == "residual" else "s",
                dashed=name == "plain",
                x=[row.depth for row in pair],
                labels=tuple(f"{row.name}  {row.error:.2f}" for row in pair),
            )
            for name, pair in pairs
        ),
    )
    title = "Error of plain and residual twins at 18 and 34 layers"
    return Figure("twins", title, f"The axis begins at 24 %. {places(where)}", (chart,))
