"""Activations and Grad-CAM as figures: maps with a scale and a unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viz.figures.chance import by_chance
from resnet_viz.figures.figure import Figure, Map
from resnet_viz.figures.numbers import number_text
from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.result import BlockPass, Result

_SIDE = 512  # pixels of the photo under a Grad-CAM


def activations(
    result: Result, block: BlockPass, channels: Sequence[int], ranges: Sequence[tuple[float, float]]
) -> Figure:
    """``channels`` of a block's output, each on its range of ``ranges``, in that order."""
    panels = tuple(
        Map(f"channel {channel}", block.activation[channel], low, high, "activation")
        for channel, (low, high) in zip(channels, ranges, strict=True)
    )
    count, height, width = block.activation.shape
    title = f"Activations of {result.structure.title} at {block.name}"
    caption = f"{len(panels)} of {count} channels, {height}×{width} each, of “{_photo(result)}”."
    return Figure("activations", title, caption, panels, min(len(panels), 8) or 1)


def cam_scale(result: Result, block: str, own: bool = False) -> tuple[float, bool]:
    """Where the colours of a block's Grad-CAM end, in logits, and whether with all skips on.

    The scale is that of all skips on, so that what is lost is seen, unless the map is to have its
    ``own``, or the one with all skips on is nowhere above 0.
    """
    top = overlay.finite_range(result.now.block(block).cam)[1]
    if own or result.now is result.all_on:
        return top, False
    kept = overlay.finite_range(result.all_on.block(block).cam)[1]
    return (kept, True) if kept > 0 else (top, False)


def kept_unit(unit: str, greatest: float) -> str:
    """What stands beside a scale that is that of all skips on: the map's own maximum too."""
    now = "" if np.isnan(greatest) else f", now ≤ {number_text(greatest, 3)}"
    return f"{unit} as all on{now}"


def grad_cam(result: Result, block: str, opacity: float = 0.8, own: bool = False) -> Figure:
    """The Grad-CAM of a block over the photo, on its `cam_scale`."""
    cam = result.now.block(block).cam
    label = result.labels[result.now.target]
    title = f"Grad-CAM of “{label}” at {block}"
    picture = network_picture(result.snapshot.photo, result.crop, _SIDE)
    top, kept = cam_scale(result, block, own)
    unit = "Grad-CAM, logits"
    if kept:
        unit = kept_unit(unit, overlay.finite_range(cam)[1])
    shown = Map(title, cam, 0.0, top, unit, "inferno", picture=picture, opacity=opacity)
    said = f"{result.structure.title}, photo “{_photo(result)}”. {remarks(result, cam)}"
    caption = said.strip()
    return Figure("grad-cam", title, caption, (shown,))


def remarks(result: Result, cam: np.ndarray) -> str:
    """What the colours cannot say of a Grad-CAM."""
    unknown = int(np.count_nonzero(~np.isfinite(cam)))
    said = by_chance(result)
    if unknown:
        return f"NaN or ∞ in {unknown} of {cam.size} values. {said}".strip()
    if not cam.any():
        return f"Nothing speaks for this class here (map is 0). {said}".strip()
    return said


def _photo(result: Result) -> str:
    return result.snapshot.photo.name
