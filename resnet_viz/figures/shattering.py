"""The shattering figure: gradients along a line of inputs, and how fast they decorrelate."""

from __future__ import annotations

import math

import numpy as np

from resnet_viz.figures.figure import Axis, Chart, Figure
from resnet_viz.figures.numbers import fixed_text, number_text
from resnet_viz.figures.series import Series
from resnet_viz.images.gallery import SAMPLES
from resnet_viz.results.shattering import Curve, ShatteringResult

_TALLEST = 4.0  # standard deviations on the traces' axis, up and down
TRACES = {
    "residual": ("Residual", "skip"),
    "plain": ("Plain", "branch"),
    "white": ("White noise", "muted"),
}


def shattering(result: ShatteringResult, lag: int) -> Figure:
    """Three traces with one scale, and the autocorrelation of each, with ``lag`` marked."""
    panels = (*(trace(result, name) for name in TRACES), correlations(result, lag))
    title = "Gradients along a line of inputs, before training"
    return Figure("shattering", title, shattering_caption(result, lag), panels, 2)


def trace(result: ShatteringResult, name: str) -> Chart:
    """The gradient along the line, less its mean, in its own standard deviations."""
    title, colour = TRACES[name]
    curve: Curve = getattr(result, name)
    unit = f"in standard deviations of {number_text(curve.deviation)}"
    said = f"{title}, for comparison"
    if name != "white":
        said = f"{title}: gradient along the line, {unit}"
    x = Axis("position", float(result.positions[0]), float(result.positions[-1]))
    return Chart(
        said,
        x,
        Axis("gradient, standard deviations", -_TALLEST, _TALLEST),
        (Series(title, standardised(curve), colour, x=result.positions),),
        legend=False,
    )


def correlations(result: ShatteringResult, lag: int) -> Chart:
    """The autocorrelation of the gradient against the lag."""
    curves = (
        Series("residual", result.residual.correlation, "skip"),
        Series("plain", result.plain.correlation, "branch", dashed=True),
        Series("white noise", result.white.correlation, "muted"),
        Series("brown noise", result.brown.correlation, "off", dashed=True),
    )
    least = min(-0.3, *(float(np.nanmin(np.nan_to_num(one.values))) for one in curves))
    return Chart(
        "Autocorrelation against the lag, in steps of "
        f"{number_text(result.step)} on the line; mean over {result.runs} runs",
        Axis("lag", 0, len(result.residual.correlation) - 1),
        Axis("autocorrelation of the gradient", least, 1.05),
        curves,
        marker=float(lag),
    )


def standardised(curve: Curve) -> np.ndarray:
    """The trace less its mean, in standard deviations; zeros where it does not vary."""
    centred = curve.trace - curve.trace.mean()
    return centred / curve.deviation if curve.deviation > 0 else np.zeros_like(centred)


def shattering_caption(result: ShatteringResult, lag: int) -> str:
    """What was measured, and the correlations at one lag."""
    request = result.request
    pairs = "one pair" if result.runs == 1 else f"{result.runs} pairs"
    if request.kind == "fully connected":
        what = (
            f"{pairs} of untrained fully connected networks: {request.depth} layers of 200 "
            f"rectifiers, β = {request.beta:g}, {len(result.positions)} inputs from −2 to 2"
        )
    else:
        second = next((s.title for s in SAMPLES if s.name == request.second), "noise")
        what = (
            f"{pairs} of untrained CIFAR networks of {request.depth} layers, "
            f"{len(result.positions)} mixtures of “{request.snapshot.photo.name}” and {second}"
        )
    norm = (
        "batch norm with the statistics of this line, held fixed (statistics that moved with each "
        "input would couple the inputs)"
        if request.norm
        else "no batch norm"
    )
    values = ", ".join(
        f"{name} {_correlation(float(curve.correlation[lag]))}"
        for name, curve in (
            ("residual", result.residual),
            ("plain", result.plain),
            ("white noise", result.white),
        )
    )
    return f"Measured on {what}, {norm}. Correlation at lag {lag}: {values}."


def _correlation(value: float) -> str:
    return "undefined (the gradient does not vary)" if math.isnan(value) else fixed_text(value)
