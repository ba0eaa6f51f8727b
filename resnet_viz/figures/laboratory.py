"""The laboratory's figure: gradients and variance, layer by layer, of a network and its twin."""

from __future__ import annotations

from collections.abc import Callable

from resnet_viz.figures.figure import Axis, Band, Chart, Figure
from resnet_viz.figures.laboratory_words import compared, heading
from resnet_viz.figures.series import Series
from resnet_viz.results.laboratory import LaboratoryResult, LayerFlow, NetworkFlow
from resnet_viz.results.laboratory_regime import judge

QUANTITIES: dict[str, Callable[[LayerFlow], float]] = {
    "Weight gradient, L2 norm": lambda layer: layer.weight_gradient,
    "Activation gradient, L2 norm": lambda layer: layer.activation_gradient,
    "Activation variance, forwards": lambda layer: layer.variance,
}


def laboratory(result: LaboratoryResult) -> Figure:
    """A chart for each quantity, in the order of `QUANTITIES`."""
    headings = [heading(flow, judge(flow, result.request)) for flow in result.flows]
    caption = ". ".join([*headings, compared(result)])
    panels = tuple(_chart(result, title) for title in QUANTITIES)
    names = " and ".join(flow.title for flow in result.flows)
    return Figure("laboratory", f"Gradient laboratory: {names}", caption, panels, 3)


def _chart(result: LaboratoryResult, title: str) -> Chart:
    quantity = QUANTITIES[title]
    series = tuple(
        Series(flow.title, [quantity(layer) for layer in flow.layers], "skip", "s")
        if flow is result.residual
        else Series(
            flow.title, [quantity(layer) for layer in flow.layers], "branch", "o", dashed=True
        )
        for flow in result.flows
    )
    return Chart(
        title,
        Axis.named("layer", [layer.name for layer in result.plain.layers]),
        Axis.decades(title, [value for one in series for value in one.values]),
        series,
        bands=bands(result.plain),
    )


def bands(flow: NetworkFlow) -> tuple[Band, ...]:
    """The stages as (title, first layer, last layer)."""
    places: dict[int, list[int]] = {}
    for index, layer in enumerate(flow.layers):
        places.setdefault(layer.stage, []).append(index)
    return tuple((f"Stage {stage}", places[stage][0], places[stage][-1]) for stage in (1, 2, 3))
