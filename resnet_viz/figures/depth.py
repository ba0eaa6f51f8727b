"""One method's maps at every block: as a film strip, and block by block as frames of a film."""

from __future__ import annotations

import numpy as np

from resnet_viz.figures.attribution import photo_of
from resnet_viz.figures.figure import Figure, Map
from resnet_viz.images import overlay
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.depth import BlockMap, DepthResult

_ACROSS = 8  # maps in a row of the strip on paper


def ends(result: DepthResult, block: str = "") -> tuple[float, float]:
    """Where the colours of a block's maps end, with skips on and off alike; of all for ""."""
    tops = [overlay.finite_range(one.values)[1] for one in result.maps if block in ("", one.block)]
    return 0.0, max((top for top in tops if np.isfinite(top)), default=float("nan"))


def side(result: DepthResult, shown: BlockMap) -> str:
    """With which skips; nothing where there are none."""
    return f", skips {'off' if shown.off else 'on'}" if result.two_sides else ""


def strip(result: DepthResult, one_scale: bool = False, opacity: float = 0.8) -> Figure:
    """All maps over the photo, each block's with skips on beside its with skips off."""
    picture = photo_of(result.on.snapshot, 224)
    panels = tuple(_map(result, one, picture, one_scale, opacity) for one in result.maps)
    title = f"{METHODS[result.request.method].title} of “{result.target}” from input to output"
    return Figure("depth", title, caption(result, one_scale), panels, _ACROSS)


def frame(result: DepthResult, place: int, one_scale: bool = False, opacity: float = 0.8) -> Figure:
    """The maps of one block, skips on beside skips off."""
    block = result.blocks[place]
    picture = photo_of(result.on.snapshot)
    panels = tuple(
        _map(result, one, picture, one_scale, opacity) for one in result.maps if one.block == block
    )
    title = (
        f"{METHODS[result.request.method].title} of “{result.target}” at {block}, "
        f"{place + 1} of {len(result.blocks)}"
    )
    return Figure("depth", title, caption(result, one_scale), panels, 2)


def film(result: DepthResult, one_scale: bool = False, opacity: float = 0.8) -> tuple[Figure, ...]:
    """A frame for each block that has its maps, from input to output."""
    sides = 2 if result.two_sides else 1
    whole = len(result.maps) // sides
    return tuple(frame(result, place, one_scale, opacity) for place in range(whole))


def caption(result: DepthResult, one_scale: bool = False) -> str:
    """What was measured, on what, and on which scale."""
    method = METHODS[result.request.method]
    scale = "one scale for all blocks" if one_scale else "each block on a scale of its own"
    alike = ", the same with skips on and off" if result.two_sides else ""
    return (
        f"Measured on {result.on.text}: {method.title} ({method.paper}) of “{result.target}” at "
        f"the stem and every block; {scale}{alike}."
    )


def _map(
    result: DepthResult, shown: BlockMap, picture: np.ndarray, one_scale: bool, opacity: float
) -> Map:
    low, high = ends(result, "" if one_scale else shown.block)
    return Map(
        f"{shown.block}{side(result, shown)}",
        shown.values,
        low,
        high,
        METHODS[result.request.method].unit,
        "inferno",
        picture=picture,
        opacity=opacity,
    )
