"""Activations and Grad-CAM as figures: maps with a scale and a unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viz.figures.figure import Figure, Map
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


def grad_cam(result: Result, block: str, opacity: float = 0.8) -> Figure:
    """The Grad-CAM of a block over the photo."""
    cam = result.now.block(block).cam
    label = result.labels[result.now.target]
    title = f"Grad-CAM of “{label}” at {block}"
    picture = network_picture(result.snapshot.photo, result.crop, _SIDE)
    top = overlay.finite_range(cam)[1]
    shown = Map(
        title, cam, 0.0, top, "Grad-CAM, logits", "inferno", picture=picture, opacity=opacity
    )
    caption = f"{result.structure.title}, photo “{_photo(result)}”. {warning(cam)}".strip()
    return Figure("grad-cam", title, caption, (shown,))


def warning(cam: np.ndarray) -> str:
    """What the colours cannot say of a map."""
    unknown = int(np.count_nonzero(~np.isfinite(cam)))
    if unknown:
        return f"NaN or ∞ in {unknown} of {cam.size} values"
    if not cam.any():
        return "nothing speaks for this class here (map is 0)"
    return ""


def _photo(result: Result) -> str:
    return result.snapshot.photo.name
