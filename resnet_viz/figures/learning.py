"""Curves of networks while they learn, against the epoch: training dashed, test solid."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.figures.figure import Axis, Chart
from resnet_viz.figures.numbers import fixed_text, number_text
from resnet_viz.figures.scale import Scale
from resnet_viz.figures.series import Curve, Series


def curves(
    title: str,
    given: Sequence[Curve],
    top: float,
    epochs: int,
    unit: str,
    scale: Scale | None = None,
) -> Chart:
    """Curves on axes of 0 to ``epochs`` and 0 to ``top``, or of the decades of a ``scale``.

    ``unit`` " %" is that of errors; without it the numbers are losses in nats, or with a ``scale``
    norms.
    """
    if scale is not None:
        y = Axis.decades("gradient norm, L2", scale)
    elif unit == " %":
        y = Axis("error, %", 0.0, top, numbers="per cent")
    else:
        y = Axis("loss, nats", 0.0, top)
    return Chart(
        title,
        Axis("epoch", 0.0, max(1.0, epochs)),
        y,
        tuple(
            Series(
                curve.name,
                curve.values,
                curve.colour,
                dashed=curve.dashed,
                x=range(1, len(curve.values) + 1),
                width=1.8 if curve.thick else 0.8,
                labels=(_end(curve, scale) + unit,),
            )
            for curve in given
        ),
    )


def _end(curve: Curve, scale: Scale | None) -> str:
    last = curve.values[-1]
    return fixed_text(last, 1) if scale is None else number_text(last)
