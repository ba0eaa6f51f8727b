"""The shattering panel: gradients along a line of inputs, and how fast they decorrelate."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import cast

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_shattering import shattering_script
from resnet_viz.figures import shattering
from resnet_viz.figures.figure import Figure
from resnet_viz.images.gallery import SAMPLES
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.shattering import (
    LAGS,
    NOISE,
    Kind,
    ShatteringRequest,
    ShatteringResult,
)
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets.feature import Json, kept_of, put_back
from resnet_viz.views.widgets.plain_text import PlainLabel

DEPTHS: dict[Kind, tuple[int, int, int, int]] = {
    "fully connected": (1, 200, 1, 50),
    "convolutional": (8, 110, 6, 20),
}
"""Least, most, step and default."""


class ShatteringPanel(Panel):
    """Three traces with one scale, and the autocorrelation of each against the lag."""

    NAME = "shattering"
    SHOWS = (
        "How alike the gradients at neighbouring inputs are before training: in a deep plain "
        "network they are as unrelated as white noise, so that a step that helps one input says "
        "nothing about the next; in a residual network they stay correlated."
    )
    PAPER = "Balduzzi and others 2017 §2"
    ARXIV = "1702.08591"
    SHORT = 60.0  # nothing ships that could be shown meanwhile

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: ShatteringResult | None = None
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
        self._beta_name = PlainLabel("β")
        for box, name in (
            (self.kind, "Kind of network"),
            (self.second, "Line of pictures"),
            (self.layers, "Layers"),
            (self.beta, "β"),
            (self.lag, "Lag"),
        ):
            box.setAccessibleName(name)
        for widget in (
            self.kind, self.second, PlainLabel("Layers"), self.layers, self._beta_name, self.beta,
            self.norm, PlainLabel("Lag"), self.lag,
        ):  # fmt: skip
            self.options.addWidget(widget)
        self.options.addStretch(1)

        self.traces = {
            "residual": Plot("Residual: gradient along the line"),
            "plain": Plot("Plain"),
            "white": Plot("White noise, for comparison"),
        }
        self.correlation = Plot("Autocorrelation of the gradient against the lag, steps")
        left = QVBoxLayout()
        left.setSpacing(6)
        for plot in self.traces.values():
            left.addWidget(plot, 1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addWidget(self.correlation, 1)
        self.area.addLayout(columns)
        self._kept = {
            "kind": self.kind,
            "second": self.second,
            "layers": self.layers,
            "beta": self.beta,
            "norm": self.norm,
            "lag": self.lag,
        }
        self.kind.currentIndexChanged.connect(lambda _: self._choose_kind())
        self.lag.valueChanged.connect(lambda _: self._draw())
        self.correlation.clicked.connect(lambda x: self.lag.setValue(max(1, x)))
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

    def seconds(self) -> float | None:
        """The networks are its own, whatever the explorer's pass takes."""
        if self._kind == "convolutional":
            return 2.2 * self.layers.value() / 20
        return 3.2 * self.layers.value() / 50

    def show_update(self, update: object) -> None:
        """Draw the mean over the runs so far."""
        assert isinstance(update, ShatteringResult)
        self.result = update
        self._draw()

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """The networks are its own; the photo counts where the line begins at it."""
        if self.result is not None and self.result.request.kind == "convolutional":
            return snapshot.photo, snapshot.crop
        return None

    def choices(self) -> dict[str, Json]:
        """The networks, the line of inputs and the lag."""
        return kept_of(self._kept)

    def restore(self, choices: Mapping[str, Json]) -> None:
        put_back(self._kept, choices)

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else shattering_script(self.result)

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
        result = self.result
        if result is None:
            return
        self.lag.setMaximum(LAGS[result.request.kind])
        self.label(shattering.shattering_caption(result, self.lag.value()), result.request.snapshot)
        for name, plot in self.traces.items():
            plot.show_chart(shattering.trace(result, name))
        self.correlation.show_chart(shattering.correlations(result, self.lag.value()))

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self.result is None:
            return ()
        return (shattering.shattering(self.result, self.lag.value()),)
