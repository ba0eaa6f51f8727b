"""The paths' figure: gradient by path length, and what comes through skip and branch at each ⊕."""

from __future__ import annotations

import math
from collections.abc import Sequence

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import number_text, power_of_ten
from resnet_viz.figures.precomputed import PRECOMPUTED
from resnet_viz.figures.series import Bars, Series
from resnet_viz.results.paths import PathsResult
from resnet_viz.results.result import Result

VEIT = "Veit 2016, trained ResNet-110: 10 to 34 layers, which is 5 to 17 of 54 branches."
_LENGTH = "path length"


def paths(result: PathsResult, explorer: Result | None = None) -> Figure:
    """Three charts over the path's length, and two over blocks.

    The signal's shares come from the ``explorer``'s pass with all gates open; without it that
    chart is left out.
    """
    signal = () if explorer is None else (signal_shares(explorer),)
    panels = (gradients(result), counts(result), shares(result), *signal, gradient_shares(result))
    return Figure(
        "paths", f"Paths through {result.on.network} by length", paths_caption(result), panels, 3
    )


def gradients(result: PathsResult) -> Chart:
    """The norm of one path and of the sum of all, for each length."""
    series = [Series("one path", result.per_path.tolist(), "accent", "o")]
    if result.sums is not None:
        series.append(Series("all, summed", result.sums.tolist(), "muted", "s", dashed=True))
    y = Axis.decades("gradient at the input, L2 norm", [v for one in series for v in one.values])
    title = "Gradient at the input, L2 norm, by path length"
    return Chart(title, _lengths(result), y, tuple(series))


def counts(result: PathsResult) -> Chart:
    """How many paths there are of each length."""
    numbers = [float(count) for count in result.counts]
    series = (Series("paths", numbers, "accent", "o"),)
    y = Axis.decades("number of paths", numbers)
    return Chart("Number of paths by length", _lengths(result), y, series)


def shares(result: PathsResult) -> Chart:
    """What paths of each length give to the sum of norms (Veit 2016, fig. 6 c)."""
    values = result.shares.tolist()
    held = result.narrowest()
    inside = range(held[0], held[1] + 1) if held else range(0)
    top = max([v for v in values if math.isfinite(v)], default=1.0) or 1.0
    return Chart(
        "Norm of one path × number, share of the sum",
        _lengths(result),
        Axis("share of the sum of norms", 0.0, 1.04 * top),
        bars=(
            Bars(
                "95 % of the sum",
                [v if k in inside else 0.0 for k, v in enumerate(values)],
                "accent",
            ),
            Bars("the rest", [0.0 if k in inside else v for k, v in enumerate(values)], "off"),
        ),
    )


def signal_blocks(explorer: Result) -> tuple[str, ...]:
    """The blocks at whose ⊕ a skip and a branch meet."""
    return tuple(b.name for b in explorer.all_on.blocks if b.skip_share is not None)


def signal_shares(explorer: Result) -> Chart:
    """What comes through skip and branch, forwards."""
    values = [b.skip_share for b in explorer.all_on.blocks if b.skip_share is not None]
    title = "Signal: share of the sum at each ⊕"
    return _skip_and_branch(title, values, signal_blocks(explorer))


def gradient_shares(result: PathsResult) -> Chart:
    """What comes through skip and branch, backwards."""
    title = "Gradient: share of what arrives before each block"
    return _skip_and_branch(title, list(result.gradient_skip_share), result.blocks)


def _skip_and_branch(title: str, skip: list[float], blocks: Sequence[str]) -> Chart:
    return Chart(
        title,
        Axis.named("block", [name.removeprefix("layer") for name in blocks]),
        Axis("share of the sum of norms", 0.0, 1.04),
        bars=(
            Bars("through the skip", skip, "skip"),
            Bars("through the branch", [1 - share for share in skip], "branch"),
        ),
    )


def _lengths(result: PathsResult) -> Axis:
    return Axis.named(_LENGTH, [str(length) for length in result.lengths])


def paths_caption(result: PathsResult) -> str:
    """What was measured, on what, and which lengths count."""
    mean = f"mean of up to {result.norms.shape[1]} paths of each length"
    if result.pictures:
        text = (
            f"Precomputed on {result.pictures}, {result.on.network} ({result.on.weights.title}): "
            f"gradient of each label's logit, {mean} and over the images. {PRECOMPUTED}"
        )
    else:
        text = f"Measured on {result.on.text}: gradient of the logit of “{result.target}”, {mean}."
    held, n = result.narrowest(), len(result.blocks)
    if held is None:
        return f"{text} Not a number, or none at all, arrives at the input."
    every = result.counts
    some = sum(every[held[0] : held[1] + 1]) / sum(every)
    lengths = f"{held[0]} to {held[1]}" if held[0] < held[1] else str(held[0])
    total = sum(a * b for a, b in zip(result.per_path.tolist(), every, strict=True))
    return (
        f"{text} Paths through {lengths} of the {n} branches "
        f"({_percent(some)} of all 2{power_of_ten(n).removeprefix('10')}) hold 95 % of the sum of "
        f"norms, {number_text(total)}; the whole gradient, in which paths cancel, has "
        f"{number_text(result.total)}. {VEIT}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else f"{number_text(100 * share)} %"
