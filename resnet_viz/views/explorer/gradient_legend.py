"""The legend of the gradient flow, whose texts give way to shorter ones."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from resnet_viz.figures.figure import Chart
from resnet_viz.figures.gradient_words import reference
from resnet_viz.figures.series import Series
from resnet_viz.results.result import Result
from resnet_viz.views.plots.legend import draw_cross, draw_series
from resnet_viz.views.widgets.plain_text import PlainLabel


class Legend(QWidget):
    """Names the two curves, and counts the blocks that have a cross under them."""

    def __init__(self) -> None:
        super().__init__()
        # The texts give way to shorter ones, so they must not set the view's least width.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._long: tuple[str, ...] = ("", "", "")
        self._short: tuple[str, ...] = ("", "", "")
        self._shortest: tuple[str, ...] = ("", "", "")
        self.now, self.all_on, self.off = self.labels = PlainLabel(), PlainLabel(), PlainLabel()
        self._swatches = [_Swatch(30), _Swatch(30), _Swatch(14)]
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(5)
        for swatch, label in zip(self._swatches, self.labels, strict=True):
            self._row.addWidget(swatch)
            self._row.addWidget(label)
            self._row.addSpacing(3)
        self._row.addStretch(1)

    def describe(self, result: Result, chart: Chart) -> None:
        """Set the texts for ``result`` and the signs of its ``chart``."""
        for swatch, series in zip(self._swatches, chart.series, strict=False):
            swatch.series = series
        same = result.now is result.all_on
        gates = result.snapshot.gates
        count = sum(gates.skip(block) == 0.0 for block in result.structure.skips)
        everything = reference(result).capitalize()
        self._long = (
            "Skips as now",
            everything + (" (the same)" if same else ""),
            f"{count} skip{'' if count == 1 else 's'} off",
        )
        self._short = ("Now", "All on" + (" (same)" if same else ""), f"{count} off")
        self._shortest = ("Now", "On", f"{count}")
        if not result.structure.skips:
            self._long = self._short = self._shortest = ("Gradient", "", "")
        for label, text in zip(self.labels, self._long, strict=True):
            label.setToolTip(text)
        for part in (self.all_on, self._swatches[1]):
            part.setVisible(bool(result.structure.skips))
        for part in (self.off, self._swatches[2]):
            part.setVisible(count > 0)
        self._fit()

    def retheme(self) -> None:
        self._fit()
        for swatch in self._swatches:
            swatch.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The longest texts that there is room for; the tool tips have the whole ones."""
        for swatch in self._swatches:
            swatch.setFixedWidth(swatch.wide)
        for texts in (self._long, self._short, self._shortest, ("", "", "")):
            for label, text in zip(self.labels, texts, strict=True):
                label.setText(text)
            if self._row.minimumSize().width() <= self.width():
                return
        for swatch in self._swatches:
            swatch.setFixedWidth(0)


class _Swatch(QWidget):
    """A piece of a curve with its marker, or, without one, the cross of a skip that is off."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.series: Series | None = None
        self.wide = width
        self.setFixedSize(width, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QRectF(self.rect()).center()
        if self.series is None:
            draw_cross(painter, middle)
        else:
            draw_series(self.series, painter, middle)
