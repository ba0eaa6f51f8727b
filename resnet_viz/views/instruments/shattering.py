"""The shattering panel: gradients along a line of inputs, and how fast they decorrelate."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import cast

import numpy as np
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.numbers import number_text
from resnet_viz.figures.series import Line
from resnet_viz.images.gallery import SAMPLES
from resnet_viz.results.result import Snapshot
from resnet_viz.results.shattering import (
    LAGS,
    NOISE,
    Curve,
    Kind,
    ShatteringRequest,
    ShatteringResult,
)
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.line_plot import LinePlot

_TALLEST = 4.0  # standard deviations on the traces' axis, up and down

DEPTHS: dict[Kind, tuple[int, int, int, int]] = {
    "fully connected": (1, 200, 1, 50),
    "convolutional": (8, 110, 6, 20),
}
"""Least, most, step and default."""


class ShatteringPanel(Panel):
    """Three traces with one scale, and the autocorrelation of each against the lag."""

    NAME = "shattering"
    TITLE = "Gradient shattering"
    LINE = "Does the gradient stay similar from one input to the next?"
    SHOWS = (
        "How alike the gradients at neighbouring inputs are before training: in a deep plain "
        "network they are as unrelated as white noise, so that a step that helps one input says "
        "nothing about the next; in a residual network they stay correlated."
    )
    PAPER = "Balduzzi and others 2017 §2"
    ARXIV = "1702.08591"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self._result: ShatteringResult | None = None
        self.kind = QComboBox()
        self.kind.addItem("Fully connected", "fully connected")
        self.kind.addItem("Convolutional", "convolutional")
        self.second = QComboBox()
        self.second.addItem("photo → noise", NOISE)
        for sample in SAMPLES:
            self.second.addItem(f"photo → {sample.title}", sample.name)
        self.kind.setToolTip("With one input from −2 to 2, or with pictures between two")
        self.second.setToolTip("The line of pictures goes from the open photo to this one")
        self.layers, self.beta, self.lag = QSpinBox(), QDoubleSpinBox(), QSpinBox()
        self.beta.setRange(0.01, 1.0)
        self.beta.setSingleStep(0.1)
        self.beta.setValue(0.1)
        self.beta.setToolTip("The residual branch is multiplied by β")
        self.lag.setRange(1, 32)
        self.lag.setValue(5)
        self.norm = QCheckBox("Batch norm")
        self.norm.setChecked(True)
        self._beta_name = QLabel("β")
        for widget in (
            self.kind, self.second, QLabel("Layers"), self.layers, self._beta_name, self.beta,
            self.norm, QLabel("Lag"), self.lag,
        ):  # fmt: skip
            self.options.addWidget(widget)
        self.options.addStretch(1)

        axis = "position"
        self.traces = {
            "residual": LinePlot("Residual: gradient along the line", axis),
            "plain": LinePlot("Plain", axis),
            "white": LinePlot("White noise, for comparison", axis),
        }
        self.correlation = LinePlot("Autocorrelation of the gradient against the lag, steps", "lag")
        left = QVBoxLayout()
        left.setSpacing(6)
        for plot in self.traces.values():
            left.addWidget(plot, 1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addWidget(self.correlation, 1)
        self.area.addLayout(columns)
        self.kind.currentIndexChanged.connect(lambda _: self._choose_kind())
        self.lag.valueChanged.connect(lambda _: self._draw())
        self.correlation.clicked.connect(lambda x: self.lag.setValue(max(1, round(x))))
        self._choose_kind()

    def request(self) -> ShatteringRequest:
        """Pairs of untrained networks as chosen."""
        kind = self._kind
        return ShatteringRequest(
            self.state.snapshot,
            kind,
            self.layers.value(),
            self.norm.isChecked(),
            self.beta.value(),
            str(self.second.currentData()),
            runs=10 if kind == "fully connected" else 3,
        )

    def show_update(self, update: object) -> None:
        """Draw the mean over the runs so far."""
        assert isinstance(update, ShatteringResult)
        self._result = update
        self._draw()

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """The networks are its own; the photo counts where the line begins at it."""
        if self._result is not None and self._result.request.kind == "convolutional":
            return snapshot.photo, snapshot.crop
        return None

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in (*self.traces.values(), self.correlation):
            plot.retheme()

    @property
    def _kind(self) -> Kind:
        return cast(Kind, self.kind.currentData())

    def _choose_kind(self) -> None:
        least, most, step, usual = DEPTHS[self._kind]
        self.layers.setRange(least, most)
        self.layers.setSingleStep(step)
        self.layers.setValue(usual)
        leaving: list[QWidget] = [self.second]
        coming: list[QWidget] = [self._beta_name, self.beta]
        if self._kind == "convolutional":
            leaving, coming = coming, leaving
        # In this order, or the row would for a moment be too wide for a small window.
        for widget in leaving:
            widget.hide()
        for widget in coming:
            widget.show()

    def _draw(self) -> None:
        result = self._result
        if result is None:
            return
        self.lag.setMaximum(LAGS[result.request.kind])
        self.label(describe(result, self.lag.value()), result.request.snapshot)
        colours = {"residual": "skip", "plain": "branch", "white": "muted"}
        titles = {"residual": "Residual", "plain": "Plain", "white": "White noise"}
        for name, plot in self.traces.items():
            curve: Curve = getattr(result, name)
            unit = f"in standard deviations of {number_text(curve.deviation)}"
            plot.title.setText(
                f"{titles[name]}, for comparison"
                if name == "white"
                else f"{titles[name]}: gradient along the line, {unit}"
            )
            plot.show_lines(
                [Line(titles[name], standardised(curve), colours[name])],
                result.positions,
                (-_TALLEST, _TALLEST),
            )
        lines = [
            Line("residual", result.residual.correlation, "skip"),
            Line("plain", result.plain.correlation, "branch", dashed=True),
            Line("white noise", result.white.correlation, "muted"),
            Line("brown noise", result.brown.correlation, "off", dashed=True),
        ]
        lags = np.arange(len(result.residual.correlation), dtype=float)
        least = min(-0.3, *(float(np.nanmin(np.nan_to_num(line.y))) for line in lines))
        self.correlation.title.setText(
            "Autocorrelation against the lag, in steps of "
            f"{result.step:.2g} on the line; mean over {result.runs} runs"
        )
        self.correlation.show_lines(lines, lags, (least, 1.05))
        self.correlation.set_marker(float(self.lag.value()))


def standardised(curve: Curve) -> np.ndarray:
    """The trace less its mean, in standard deviations; zeros where it does not vary."""
    centred = curve.trace - curve.trace.mean()
    return centred / curve.deviation if curve.deviation > 0 else np.zeros_like(centred)


def describe(result: ShatteringResult, lag: int) -> str:
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
        f"{name} {_correlation(curve.correlation[lag])}"
        for name, curve in (
            ("residual", result.residual),
            ("plain", result.plain),
            ("white noise", result.white),
        )
    )
    return f"Measured on {what}, {norm}. Correlation at lag {lag}: {values}."


def _correlation(value: float) -> str:
    return "undefined (the gradient does not vary)" if math.isnan(value) else f"{value:.2f}"
