"""The gradient flow as a figure: the gradient's norm at every block, now and with all skips on."""

from __future__ import annotations

import numpy as np

from resnet_viz.figures.figure import Axis, Band, Chart, Figure
from resnet_viz.figures.gradient_words import reference, sentence
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Series
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Pass, Result


def bands(structure: Structure) -> tuple[Band, ...]:
    """The stages over the positions of stem and blocks; the stem, position 0, is in none."""
    made, first = [], 1
    for stage in structure.stages:
        last = first + len(stage.blocks) - 1
        made.append((f"Stage {stage.number}", first, last))
        first = last + 1
    return tuple(made)


def norms(run: Pass) -> list[float]:
    """The gradient's norm at each block's output, from the stem to the last."""
    return [block.gradient_norm for block in run.blocks]


def gradient_flow(result: Result, scale: Scale | None = None, block: str = "") -> Figure:
    """Norms over blocks; ``scale`` is the vertical range, ``block`` the one that is marked."""
    structure, now, before = result.structure, norms(result.now), norms(result.all_on)
    names = [one.name for one in result.now.blocks]
    title = f"Gradient of the logit of “{result.labels[result.now.target]}”, L2 norm"
    off = [n for n, name in enumerate(names) if _skip(result, name) == 0.0]
    series = [
        Series("skips as now" if structure.skips else "gradient", now, "branch", "o", width=2)
    ]
    if structure.skips:
        whole = reference(result) + (" (the same)" if result.now is result.all_on else "")
        series.append(Series(whole, before, "skip", "s", dashed=True, hollow=True))
    chart = Chart(
        title,
        Axis.named("block", names),
        Axis.decades("gradient norm, L2", scale or Scale.covering([*now, *before])),
        tuple(series),
        bands=bands(structure),
        marker=float(names.index(block)) if block in names else None,
        crossed=(f"{len(off)} skip{'' if len(off) == 1 else 's'} off", tuple(off))
        if structure.skips
        else None,
        readings=tuple(_reading(result, n) for n in range(len(names))),
    )
    return Figure(
        "gradient-flow", f"Gradient flow of {structure.title}", sentence(result), (chart,)
    )


def _skip(result: Result, block: str) -> float:
    """How far the skip of a block is open; 1 where there is none."""
    there = block in result.structure.skips
    return result.snapshot.gates.skip(block) if there else 1.0


def _reading(result: Result, index: int) -> str:
    now, before = (run.blocks[index] for run in (result.now, result.all_on))
    skip = _skip(result, now.name)
    note = "" if skip == 1.0 else " · skip off" if skip == 0.0 else f" · skip × {number_text(skip)}"
    with np.errstate(all="ignore"):
        ratio = float(np.divide(now.gradient_norm, before.gradient_norm))
    return "\n".join(
        (
            f"{now.name}{note}",
            f"now: {number_text(now.gradient_norm)}",
            f"{reference(result)}: {number_text(before.gradient_norm)}",
            f"now ÷ all on: {number_text(ratio)}",
        )
    )
