"""The figure of the readout: how probable the network's answer is at each block."""

from __future__ import annotations

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import per_cent, share_text
from resnet_viz.figures.series import Series
from resnet_viz.figures.table import Cell, Table
from resnet_viz.results.readout import Reading, ReadoutResult


def readout(result: ReadoutResult) -> Figure:
    """For the photo, and for held-out test images."""
    names = [block.removeprefix("layer") for block in result.probes.blocks]
    read = [Series("skips on", [one.followed for one in result.with_skips], "skip", "o")]
    if result.without:
        off = [one.followed for one in result.without]
        read.append(Series("skips off", off, "off", "s", dashed=True))
    photo = Chart(
        f"Probability of “{result.labels[result.followed]}”, the network's answer, by block",
        Axis.named("block", names),
        Axis.shares("probability", 0.04),
        tuple(read),
        bands=result.stages,
    )  # fmt: skip
    right = [Series("skips on", result.probes.accuracy, "skip", "o")]
    if result.without:
        right.append(Series("skips off", result.probes.accuracy_off, "off", "s", dashed=True))
    images = Chart(
        f"Share of {result.probes.measured_on:,} test images that the probe is right about",
        Axis.named("block", names),
        Axis.shares("accuracy", 0.04),
        tuple(right),
        bands=result.stages,
        references=(("the network's own answers", result.probes.final),),
    )
    return Figure("readout", "Readout at each block", caption(result), (photo, images))


def rows(result: ReadoutResult) -> list[tuple[str, tuple[Reading, ...]]]:
    """The rows of predictions under the diagram: skips on, and off where there are any."""
    found = [("Skips on", result.with_skips), ("Skips off", result.without)]
    return [one for one in found if one[1]]


def caption(result: ReadoutResult) -> str:
    """What was measured, on what, and how far it can be trusted."""
    probes = result.probes
    answers = [one.label for one in result.with_skips]
    last = len(answers)
    while last and answers[last - 1] == result.followed:
        last -= 1
    text = f"Measured on {result.on.text}. The network answers “{result.labels[result.followed]}”"
    if last < len(answers):
        text += f", as does every probe from {probes.blocks[last]} on"
    return (
        f"{text}. A probe is a linear classifier on the block's output, trained on "
        f"{probes.trained_on:,} test images with all skips on and measured on "
        f"{probes.measured_on:,} others; the network is right about "
        f"{share_text(probes.final, probes.measured_on)} of these. Of its errors "
        f"{per_cent(probes.overturned)} were answered right by the probe of an earlier block; "
        "with many blocks some are so by chance."
    )


def table(result: ReadoutResult) -> Table:
    """A row for each block."""
    made: list[tuple[Cell, ...]] = []
    for number, name in enumerate(result.probes.blocks):
        cells: list[Cell] = [name]
        for side in (result.with_skips, result.without):
            one = side[number] if side else None
            cells += [None, None] if one is None else [result.labels[one.label], one.probability]
        off = result.probes.accuracy_off[number] if result.without else None
        made.append((*cells, result.probes.accuracy[number], off))
    columns = (
        "block", "answer", "probability", "answer without skips", "probability without skips",
        "accuracy on test images", "accuracy without skips",
    )  # fmt: skip
    return Table("readout", columns, tuple(made))
