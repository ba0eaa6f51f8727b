"""The lesions' figure: what each block's residual branch is worth, residual over plain."""

from __future__ import annotations

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import per_cent
from resnet_viz.figures.precomputed import PRECOMPUTED
from resnet_viz.figures.series import Bars
from resnet_viz.results.lesions import Lesions, LesionsResult, Scores

QUANTITIES: dict[str, str] = {
    "probability": "Probability",
    "top1": "Top-1",
    "loss": "Cross-entropy",
}
RESHAPES = "changes the shape: no identity shortcut"


def lesions(result: LesionsResult, quantity: str = "probability") -> Figure:
    """A chart for the network on screen and one for its twin, with the same scale."""
    shown = networks(result)
    values = [value(scores, quantity) for one in shown for scores in (one.intact, *one.lesioned)]
    top = max([1.0, *(v for v in values if v < float("inf"))]) if quantity == "loss" else 1.0
    panels = tuple(_chart(one, quantity, top, result.labelled) for one in shown)
    return Figure("lesions", "Lesions, block by block", lesions_caption(result), panels)


def networks(result: LesionsResult) -> list[Lesions]:
    """What was measured, in the order of the figure's panels: residual, then plain."""
    there = [one for one in (result.screen, result.twin) if one is not None]
    return sorted(there, key=lambda one: one.plain)


def value(scores: Scores, quantity: str) -> float:
    return float(getattr(scores, quantity))


def _chart(one: Lesions, quantity: str, top: float, labelled: bool) -> Chart:
    left = [value(scores, quantity) for scores in one.lesioned]
    name, colour = ("block left out", "branch") if one.plain else ("residual branch off", "skip")
    said = _quantity(quantity, one.target, labelled)
    return Chart(
        f"{one.on.network}: {said}",
        Axis.named("block", [block.removeprefix("layer") for block in one.blocks]),
        Axis(said, 0.0, 1.04 * top),
        bars=(Bars(name, left, colour),),
        bands=one.stages,
        references=(("intact", value(one.intact, quantity)),),
        outlined=(
            RESHAPES,
            frozenset(n for n, block in enumerate(one.blocks) if block in one.reshaping),
        ),
    )


def _quantity(quantity: str, target: str, labelled: bool) -> str:
    of = "the label" if labelled else f"“{target}”" if target else "each photo's intact top class"
    return {
        "probability": f"probability of {of}",
        "top1": f"share of pictures whose top class is {of}",
        "loss": f"cross-entropy of {of}, nats",
    }[quantity]


def lesions_caption(result: LesionsResult) -> str:
    """What was measured, on what, and what stands out."""
    both = [one for one in (result.screen, result.twin) if one is not None]
    names = [
        f"{one.on.network} ({one.on.weights.title if one.on.weights.trained else 'untrained'})"
        for one in both
    ]
    if result.labelled:
        kind = "test images of CIFAR-10" if result.precomputed else "labelled CIFAR-10 images"
        pictures = f"mean over {result.pictures:,} {kind}"
    elif result.pictures > 1:
        pictures = f"mean over {result.pictures} photos"
    else:
        pictures = f"photo “{result.screen.on.snapshot.photo.name}”"
    measured = "Precomputed" if result.precomputed else "Measured"
    text = f"{measured} on {' and '.join(names)}, {pictures}."
    worst = []
    for one in both:
        if one.lesioned and len(one.lesioned) == len(one.blocks):
            number = min(range(len(one.blocks)), key=lambda n: one.lesioned[n].probability)
            left = one.lesioned[number].probability
            if one.intact.probability - left >= 0.01:
                worst.append(
                    f"{one.on.network} misses {one.blocks[number]} most "
                    f"({per_cent(one.intact.probability)} → {per_cent(left)})"
                )
    said = f"{text} {'; '.join(worst)}." if worst else text
    return f"{said} {PRECOMPUTED}" if result.precomputed else said
