"""Which channels see a place, and what excites one: maps over the photo, and patches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viz.figures.attribution import photo_of
from resnet_viz.figures.figure import Figure, Map
from resnet_viz.figures.numbers import number_text
from resnet_viz.images import overlay
from resnet_viz.results.receptive_channels import Patch, PatchesResult, Seen
from resnet_viz.results.result import Result

SHOWN = 12
"""Channels that are shown of all."""


def channels(
    result: Result, block: str, seen: Sequence[Seen], mask: np.ndarray, contrast: bool
) -> Figure:
    """The maps of the channels that see most of what is brushed, over the photo."""
    activation = result.now.block(block).activation
    picture = brushed(photo_of(result.snapshot, 256), mask)
    panels = []
    for one in seen[:SHOWN]:
        low, high = 0.0, overlay.finite_range(activation[one.channel])[1]
        panels.append(
            Map(
                f"channel {one.channel}: {words(one)}",
                activation[one.channel],
                low,
                high,
                "activation",
                "viridis",
                picture=picture,
                opacity=0.8,
            )
        )
    by = (
        "by how much more active they are there than elsewhere" if contrast else "most active there"
    )
    title = f"Which channels of {block} see the brushed place?"
    said = (
        f"{result.structure.title}, photo “{result.snapshot.photo.name}”: {len(panels)} of "
        f"{len(seen)} channels, {by}; the outline is what was brushed."
    )
    return Figure("channels", title, said, tuple(panels), 4)


def patches(result: PatchesResult) -> Figure:
    """The patches that excite the channel most, each with the channel's activation over it."""
    top = max((one.value for one in result.patches), default=0.0)
    panels = tuple(
        Map(
            title(one), one.values, 0.0, max(top, 0.0), "activation", "viridis",
            picture=one.pixels, opacity=0.6,
        )
        for one in result.patches
    )  # fmt: skip
    asked = result.request
    name = f"What excites channel {asked.channel} of {asked.block} most"
    return Figure("patches", name, caption(result), panels, 4)


def words(one: Seen) -> str:
    """The mean activation in the place and elsewhere."""
    return f"{number_text(one.inside)} there, {number_text(one.outside)} elsewhere"


def title(one: Patch) -> str:
    """Which photo, and how active."""
    return f"{one.name}: {number_text(one.value)}"


def frame_words(one: Patch, size: int) -> str:
    """What the frame is, or why there is none."""
    side = max(one.whole[2] - one.whole[0], one.whole[3] - one.whole[1])
    if one.box == (0, 0, size, size):
        return (
            f"The receptive field of its most active unit, {side} pixels, holds the whole picture "
            f"of {size}."
        )
    return f"The frame is the receptive field of its most active unit, {side} pixels of {size}."


def caption(result: PatchesResult) -> str:
    """Of how many photos, and what a patch is."""
    asked = result.request
    said = (
        f"Measured on {result.on.network}: channel {asked.channel} of {asked.block}, skips as "
        f"they are set, on {result.looked} photo{'' if result.looked == 1 else 's'}. A patch is "
        "the theoretical receptive field of the most active unit, as far as it lies in the picture."
    )
    if result.broken:
        one = result.broken == 1
        said += f" {result.broken} file{'' if one else 's'} could not be opened and "
        said += "is left out." if one else "are left out."
    return said


def brushed(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """``picture`` with a line around what is brushed."""
    if not mask.any():
        return picture.copy()
    nothing = np.zeros((256, 3), np.uint8)
    values = mask.astype(np.float32)
    return overlay.laid(picture, values, (0.0, 1.0), nothing, 0.0, 0.5)
