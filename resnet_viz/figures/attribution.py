"""Attribution as a figure: a row for each method, skips on beside skips off, on one scale."""

from __future__ import annotations

import numpy as np

from resnet_viz.figures.figure import Figure, Map
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.images import overlay
from resnet_viz.images.photo import clamp_crop, default_crop, network_picture
from resnet_viz.results.attribution import AttributionMap, AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.result import Snapshot

LEAST, MOST = 512, 1024  # pixels of the photo under a map on paper
SIGNED = "CET-D1"


def photo(result: AttributionResult, side: int = 0) -> np.ndarray:
    """The photo inside the crop, (side, side, 3) uint8; by default at its own resolution, as far
    as `LEAST` and `MOST` let it."""
    return photo_of(result.on.snapshot, side)


def photo_of(snapshot: Snapshot, side: int = 0) -> np.ndarray:
    """As `photo`, of a snapshot's photo."""
    asked = snapshot.crop or default_crop(snapshot.photo, snapshot.spec.crop_fraction)
    crop = clamp_crop(asked, snapshot.photo)
    return network_picture(snapshot.photo, crop, side or min(MOST, max(LEAST, round(crop.size))))


def ends(result: AttributionResult, method: str) -> tuple[float, float]:
    """Where the colours of a method end, for skips on and off alike; about 0 where signed."""
    values = [np.abs(one.values).ravel() for one in result.maps if one.method == method]
    finite = [overlay.finite_range(one)[1] for one in values]
    top = max((end for end in finite if np.isfinite(end)), default=float("nan"))
    return (-top if METHODS[method].signed else 0.0), top


def title(result: AttributionResult, shown: AttributionMap) -> str:
    """Which method, and with which skips."""
    if result.scores[1] is None:
        return METHODS[shown.method].title
    return f"{METHODS[shown.method].title}, skips {'off' if shown.off else 'on'}"


def remark(shown: AttributionMap) -> str:
    """The area that carries half of the map's weight, or why there is none."""
    if shown.refusal:
        return shown.refusal
    half = shown.half
    return "the map is 0" if np.isnan(half) else f"half of it in {per_cent(half)}"


def attribution(
    result: AttributionResult,
    opacity: float = 0.8,
    colours: str = "inferno",
    threshold: float = 0.0,
) -> Figure:
    """Each map over the photo, as on screen, with a line around what is at or above ``threshold``,
    a share of its scale; 0 and 1 draw none."""
    picture = photo(result)
    panels = []
    for one in result.maps:
        method, (low, high) = METHODS[one.method], ends(result, one.method)
        panels.append(
            Map(
                f"{title(result, one)}: {remark(one)}",
                one.values,
                low,
                high,
                method.unit,
                SIGNED if method.signed else colours,
                picture=picture,
                opacity=opacity,
                contour=line_at(high, threshold),
            )
        )
    columns = 1 if result.scores[1] is None else 2
    heading = f"Why {result.asked}? Attribution by {len(result.request.methods)} methods"
    said = caption(result)
    if 0 < threshold < 1:
        said += f" The line is at {round(100 * threshold)} % of each scale."
    return Figure("attribution", heading, said, tuple(panels), columns)


def line_at(high: float, threshold: float) -> float:
    """Where the line around the greatest values runs, for `overlay.laid`; 0 where there is none."""
    return high * threshold if 0 < threshold < 1 and high > 0 else 0.0


def caption(result: AttributionResult) -> str:
    """What was explained, where, with which score, and what is to be known of the methods."""
    on, off = result.scores
    score = "logit" if result.against is None else "difference of logits"
    said = f"Measured on {result.on.text}: why {result.asked}; methods of a block at {result.block}"
    said += f". The {score} is {number_text(on, 3)}"
    if off is not None:
        said += f", with all skips off {number_text(off, 3)}"
    methods = [METHODS[name] for name in result.request.methods]
    warned = [one for one in methods if one.warning]
    if warned:
        said += f". {' and '.join(one.title for one in warned)}: {warned[0].warning}"
    return f"{said}."
