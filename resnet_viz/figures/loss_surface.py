"""The loss surface as a figure: the loss on a plane through the weights, both twins alike."""

from __future__ import annotations

import numpy as np

from resnet_viz.figures.figure import Axis, Figure, Map
from resnet_viz.figures.loss_scale import LINEAR_MOST, LossScale, loss_text
from resnet_viz.figures.numbers import number_text, share_text
from resnet_viz.figures.precomputed import PRECOMPUTED
from resnet_viz.results.loss_surface import Surface, SurfaceRequest, SurfaceResult


def loss_surface(result: SurfaceResult) -> Figure:
    """A map for each network, with one scale."""
    scale = LossScale.covering(surface.loss for surface in result.surfaces)
    axis = result.request.axis
    panels = tuple(
        slice_map(title(one, result.request), one.loss, axis, scale) for one in result.surfaces
    )
    return Figure(
        "loss-surface",
        "The loss on a plane through the weights",
        surface_caption(result),
        panels,
        2,
    )


def slice_map(said: str, loss: np.ndarray, axis: np.ndarray, scale: LossScale) -> Map:
    """``loss`` is (n, n), rows along the vertical ``axis`` (n,); NaN is left blank."""
    reach, step = float(axis[-1]), float(axis[1] - axis[0]) if len(axis) > 1 else 1.0
    ticks = tuple(
        (v, f"{v:g}".replace("-", "−")) for v in (-reach, -reach / 2, 0.0, reach / 2, reach)
    )
    points = [("+", "the weights", 0.0, 0.0)]
    if not np.isnan(loss).all():
        row, column = np.unravel_index(int(np.nanargmin(loss)), loss.shape)
        points.insert(0, ("star", "least measured", float(axis[column]), float(axis[row])))
    ends = (-reach - step / 2, reach + step / 2)
    return Map(
        said,
        loss,
        float(np.log10(scale.low)),
        float(np.log10(scale.high)),
        "cross-entropy, nats" + cuts(scale),
        log=True,
        x=Axis("first direction, norms of the filters", *ends, ticks=ticks),
        y=Axis("second direction, norms of the filters", *ends, ticks=ticks),
        upwards=True,
        levels=tuple(scale.levels),
        points=tuple(points),
    )


def title(surface: Surface, request: SurfaceRequest) -> str:
    """The network, its loss in the middle and at the least, and how often it is right."""
    weights = surface.on.weights.title if surface.on.weights.trained else "untrained"
    middle = len(surface.loss) // 2
    here = loss_text(float(surface.loss[middle, middle]))
    least = loss_text(float(np.nanmin(surface.loss)))
    kind = "plain" if surface.plain else "residual"
    right = f"agreement {100 * surface.accuracy:.0f} %"
    if request.path:
        right = f"accuracy {share_text(surface.accuracy, request.pictures)}"
    return (
        f"{surface.on.network} ({kind}; {weights}): loss {here} at the weights, least {least}; "
        f"{right}"
    )


def cuts(scale: LossScale, linear: bool = False) -> str:
    """What is said of losses that do not fit."""
    said = []
    if scale.cut:
        said.append(f"more is drawn at {scale.high:g}")
    if linear and scale.high > LINEAR_MOST:
        said.append(f"heights are cut at {LINEAR_MOST:g}")
    return f"; {', '.join(said)}" if said else ""


def surface_caption(result: SurfaceResult) -> str:
    """What the loss is measured on and towards, and how much of the grid is done."""
    if result.precomputed:
        side = result.request.side
        return (
            f"Precomputed on {result.pictures}: mean cross-entropy towards {result.labels}, "
            f"{side}×{side} points, seed {result.request.seed}. {PRECOMPUTED} {result.alone}"
        ).strip()
    done = min(surface.measured for surface in result.surfaces)
    total = result.request.side**2
    text = (
        f"Mean cross-entropy of {result.pictures}, towards {result.labels}; "
        f"{done} of {total} points, seed {result.request.seed}."
    )
    return f"{text} {result.alone}".strip()


def reading(shown: Map, x: float, y: float) -> str:
    """The loss at the measured point that is nearest to a place; "" off the grid."""
    assert shown.x is not None
    assert shown.y is not None
    rows, columns = shown.values.shape
    column = int((x - shown.x.low) // ((shown.x.high - shown.x.low) / columns))
    row = int((y - shown.y.low) // ((shown.y.high - shown.y.low) / rows))
    if not (0 <= row < rows and 0 <= column < columns):
        return ""
    at = [
        axis.low + (n + 0.5) * (axis.high - axis.low) / count
        for axis, n, count in ((shown.x, column, columns), (shown.y, row, rows))
    ]
    place = ", ".join(number_text(v if abs(v) > 1e-9 else 0.0) for v in at)
    return f"({place}): loss {loss_text(float(shown.values[row, column]))}"
