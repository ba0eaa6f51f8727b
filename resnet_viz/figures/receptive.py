"""Receptive fields as a figure: on the photo for one block, and their sides over all blocks."""

from __future__ import annotations

import math

import numpy as np

from resnet_viz.figures.attribution import photo_of
from resnet_viz.figures.figure import Axis, Chart, Figure, Map
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.series import Series
from resnet_viz.results.receptive import EDGE, Field, ReceptiveResult

UNIT = "gradient, as a share of its greatest"
_LINE, _AROUND = (255, 255, 255), (0, 0, 0)


def receptive(result: ReceptiveResult, block: str, opacity: float = 0.9) -> Figure:
    """The fields of ``block`` over the photo, skips on beside off, and a chart of all blocks."""
    panels: list[Map | Chart] = []
    for off in (False, True) if result.two_sides else (False,):
        field = result.field(block, off)
        if field is not None:
            photo = framed(photo_of(result.on.snapshot), field, result.size)
            title = f"{side(result, field)}: {words(field)}"
            panels.append(
                Map(title, field.values, 0.0, 1.0, UNIT, "inferno", picture=photo, opacity=opacity)
            )
    panels.append(sizes(result, block))
    title = f"What a unit of {block} sees of the picture"
    return Figure("receptive-field", title, caption(result), tuple(panels), 2)


def side(result: ReceptiveResult, field: Field) -> str:
    """Which block, and with which skips."""
    skips = f", skips {'off' if field.off else 'on'}" if result.two_sides else ""
    return f"{field.block}{skips}"


def words(field: Field) -> str:
    """Both fields in pixels, and how great the gradient is at its greatest."""
    return (
        f"theoretical {field.theoretical} px, effective {number_text(field.effective)} px; "
        f"greatest gradient {number_text(field.peak)}"
    )


def sizes(result: ReceptiveResult, block: str = "") -> Chart:
    """The side of the theoretical and of the effective field at each block."""
    theory: list[float] = []
    sides: dict[bool, list[float]] = {False: [], True: []}
    for name in result.blocks:
        field = result.field(name, False)
        theory.append(math.nan if field is None else float(field.theoretical))
        for off in sides:
            one = result.field(name, off)
            sides[off].append(math.nan if one is None else one.effective)
    series = [Series("theoretical, skips on or off", theory, "text", "d", dashed=True, hollow=True)]
    series.append(Series(f"effective{', skips on' * result.two_sides}", sides[False], "skip", "s"))
    if result.two_sides:
        series.append(Series("effective, skips off", sides[True], "branch", "o"))
    series = [one for one in series if any(map(math.isfinite, one.values))]
    known = [v for one in series for v in one.values if math.isfinite(v)]
    return Chart(
        "Side of the receptive field at each block, in pixels of the input",
        Axis.named("block", [name.removeprefix("layer") for name in result.blocks]),
        Axis.decades("pixels", [1.0, float(result.size), *known]),
        tuple(series),
        bands=result.stages,
        references=(("the picture", float(result.size)),),
        marker=float(result.blocks.index(block)) if block in result.blocks else None,
    )


def framed(picture: np.ndarray, field: Field, size: int) -> np.ndarray:
    """``picture`` (P, P, 3) uint8 with the edge of the theoretical field."""
    return frame_box(picture, field.box, size)


def frame_box(picture: np.ndarray, box: tuple[int, int, int, int], size: int) -> np.ndarray:
    """``picture`` (P, P, 3) uint8 with the edge of a ``box`` of pixels of an input of ``size``;
    sides that lie outside the picture are not there."""
    drawn = picture.copy()
    pixels = picture.shape[0]
    left, top, right, bottom = (round(place * pixels / size) for place in box)
    thick = max(1, pixels // 250)

    def line(rows: slice, columns: slice, colour: tuple[int, int, int]) -> None:
        drawn[rows, columns] = colour

    for colour, wide in ((_AROUND, 2 * thick), (_LINE, thick)):
        across = slice(max(0, left), max(0, right))
        down = slice(max(0, top), max(0, bottom))
        for place, inside in ((top, top >= 0), (bottom - wide, bottom <= pixels)):
            if inside:
                line(slice(max(0, place), max(0, place + wide)), across, colour)
        for place, inside in ((left, left >= 0), (right - wide, right <= pixels)):
            if inside:
                line(down, slice(max(0, place), max(0, place + wide)), colour)
    return drawn


def caption(result: ReceptiveResult) -> str:
    """What was measured, on what, and what the two fields are."""
    said = (
        f"Measured on {result.on.text}, {round(100 * result.request.x)} % from the left and "
        f"{round(100 * result.request.y)} % from the top. Frame: the theoretical field; effective: "
        f"the side of a square as large as where the gradient is above {100 * EDGE:g} % of its "
        "greatest."
    )
    if not result.on.weights.trained:
        said += " Norms by the picture's own statistics see all of it, beyond the frame too."
    return said
