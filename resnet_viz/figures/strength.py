"""The strength's figure: gradient and answer while the skips are turned down."""

from __future__ import annotations

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.figures.series import Series, Symbol
from resnet_viz.results.strength import EVEN, StrengthResult

_SYMBOLS: tuple[Symbol, ...] = ("o", "s", "t", "d", "p")


def strength(result: StrengthResult) -> Figure:
    """Gradient norms, and beside them probabilities, over the strengths from 0 to 1."""
    strengths, points = result.request.strengths, result.points[::-1]
    first = len(strengths) - len(points)
    at = range(first, len(strengths))
    colours = ("text", *(f"stage {number}" for number in range(1, 5)))
    norms = tuple(
        Series(
            name,
            [point.gradient_norms[number] for point in points],
            colours[number % len(colours)],
            _SYMBOLS[number % len(_SYMBOLS)],
            x=at,
        )
        for number, name in enumerate(result.watched)
    )
    x = Axis.named("skip strength s", [f"{strength:g}" for strength in strengths])
    target = result.labels[result.target]
    against = "against strength s" + ("" if strengths == EVEN else ", in uneven steps")
    gradient = Chart(
        f"Gradient of the logit of “{target}”, L2 norm, {against}",
        x,
        Axis.decades("gradient norm, L2", [v for one in norms for v in one.values]),
        norms,
    )
    odds = Chart(
        f"Probability, {against}",
        x,
        Axis("probability", -0.04, 1.04, numbers="share"),
        (
            Series(
                "most probable class", [p.top_probability for p in points], "branch", "s",
                dashed=True, x=at, hollow=True,
            ),
            Series(
                f"target “{target}”", [p.target_probability for p in points], "skip", "o", x=at
            ),
        ),
        readings=("",) * first
        + tuple(
            "\n".join(
                (
                    f"{point.strength:g}",
                    f"most probable class: {per_cent(point.top_probability)}",
                    f"target “{target}”: {per_cent(point.target_probability)}",
                    f"most probable: {result.labels[point.top]}",
                )
            )
            for point in points
        ),
    )  # fmt: skip
    title = f"Skips of {result.on.network} turned down"
    return Figure("skip-strength", title, strength_caption(result), (gradient, odds), 2)


def strength_caption(result: StrengthResult) -> str:
    """What was measured on what, the gradient at the ends, and where the answer is lost."""
    points, total = result.points, len(result.request.strengths)
    target = result.labels[result.target]
    first, last = points[0], points[-1]
    count = "all" if len(points) == total else f"{len(points)} of"
    blocks = result.request.blocks
    skips = (
        blocks[0] if len(blocks) == 1 else f"the {len(blocks)} skips {blocks[0]} to {blocks[-1]}"
    )
    text = (
        f"Measured on {result.on.text}, {count} {total} strengths of {skips}. From strength "
        f"{first.strength:g} to {last.strength:g} the gradient at the stem goes from "
        f"{number_text(first.gradient_norms[0])} to {number_text(last.gradient_norms[0])}, and the "
        f"probability of “{target}” from {per_cent(first.target_probability)} to "
        f"{per_cent(last.target_probability)}"
    )
    lost = next((point for point in points if point.top != result.target), None)
    if lost is None:
        return f"{text}; it stays the most probable class." if first.top == result.target else text
    return f"{text}; at {lost.strength:g} the answer is “{result.labels[lost.top]}”."
