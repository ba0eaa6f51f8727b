"""The cascade's trace as a figure: gradient at the stem and the target's odds against skips off."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Series
from resnet_viz.results.cascade import TracePoint

_SHARES = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))


def cascade(
    points: Sequence[TracePoint], count: int, position: int, target: str, network: str = ""
) -> Figure:
    """The trace on an axis from 0 to ``count`` skips off, with ``position`` marked."""
    points = sorted(points, key=lambda point: point.off)
    count = max(1, count)
    offs = [point.off for point in points]
    gradients = [point.gradient for point in points]
    probabilities = [point.probability for point in points]
    numbers = tuple((float(n), str(n) if n < count else f"{n} off") for n in range(count + 1))
    chart = Chart(
        "Gradient at the stem, L2 norm, and probability, against the number of skips off",
        Axis("skips off", -0.5, count + 0.5, ticks=numbers),
        Axis.decades("gradient norm at the stem, L2", Scale.covering(gradients)),
        (
            Series("Gradient at the stem (L2 norm)", gradients, "branch", "o", x=offs, width=1.5),
            Series(
                f"Probability of “{target}”", probabilities, "text", "s",
                dashed=True, x=offs, width=0.75, hollow=True, right=True,
            ),
        ),
        marker=float(position) if points else None,
        right=Axis(f"probability of “{target}”", 0, 1, ticks=_SHARES, numbers="share"),
        readings=tuple(point_text(point, target, "\n") for point in points),
    )  # fmt: skip
    here = next((point for point in points if point.off == position), None)
    caption = f"{point_text(here, target, '; ')}." if here else f"0 of {count} skips are off."
    title = f"Skips of {network} switched off one by one" if network else "The cascade"
    return Figure("cascade", title, caption, (chart,))


def percent(share: float) -> str:
    """A share of 1 as a percentage."""
    return f"{100 * share:.0f} %"


def point_text(point: TracePoint, target: str, separator: str) -> str:
    """A point of the trace in words."""
    off = "All skips on" if not point.off else f"{point.off} off"
    last = f" (last: {point.block})" if point.block else ""
    parts = [
        f"{off}{last}",
        f"gradient at the stem {number_text(point.gradient)}",
        f"“{target}” {percent(point.probability)}",
    ]
    if point.top != target:
        parts.append(f"it now says “{point.top}”, {percent(point.top_probability)}")
    return separator.join(parts)
