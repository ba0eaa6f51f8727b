"""How the curves of the gradient flow are drawn, and the legend that names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from resnet_viz.figures.gradient_words import reference
from resnet_viz.results.result import Result
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.theme import Theme

SYMBOLS = {"now": "o", "all_on": "s", "off": "x", "0": "t", "∞": "t1", "NaN": "h"}


@dataclass(frozen=True)
class CurveStyle:
    """How one curve is drawn, in the plot and in its legend."""

    symbol: str
    line: QPen
    outline: QPen
    fill: QColor | None


def now_style(look: Theme) -> CurveStyle:
    """Thick and filled, so that it shows under the other curve where the two coincide."""
    colour = QColor(look.branch)
    return CurveStyle(
        SYMBOLS["now"], pg.mkPen(colour, width=2 * look.line_width), pg.mkPen(colour), colour
    )


def all_on_style(look: Theme) -> CurveStyle:
    """Dashed and hollow; flat caps keep the gaps open, where the other curve shows through."""
    line = pg.mkPen(look.skip, width=look.line_width, dash=[3, 3])
    line.setCapStyle(Qt.PenCapStyle.FlatCap)
    return CurveStyle(
        SYMBOLS["all_on"], line, pg.mkPen(look.skip, width=0.75 * look.line_width), None
    )


class Legend(QWidget):
    """Names the two curves, and counts the blocks that have a cross under them."""

    def __init__(self) -> None:
        super().__init__()
        # The texts give way to shorter ones, so they must not set the view's least width.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._long: tuple[str, ...] = ("", "", "")
        self._short: tuple[str, ...] = ("", "", "")
        self.now, self.all_on, self.off = self.labels = QLabel(), QLabel(), QLabel()
        self._swatches = [_Swatch("now"), _Swatch("all_on"), _Swatch("off")]
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(5)
        for swatch, label in zip(self._swatches, self.labels, strict=True):
            self._row.addWidget(swatch)
            self._row.addWidget(label)
            self._row.addSpacing(3)
        self._row.addStretch(1)

    def describe(self, result: Result) -> None:
        """Set the texts for ``result``."""
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
        if not result.structure.skips:
            self._long = self._short = ("Gradient", "", "")
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
        for texts in (self._long, self._short):
            for label, text in zip(self.labels, texts, strict=True):
                label.setText(text)
            if self._row.minimumSize().width() <= self.width():
                break


class _Swatch(QWidget):
    """A piece of a curve with its marker, or the cross of a skip that is off."""

    def __init__(self, kind: Literal["now", "all_on", "off"]) -> None:
        super().__init__()
        self._kind = kind
        self.setFixedSize(14 if kind == "off" else 30, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QRectF(self.rect()).center()
        size = 4 + 2 * look.line_width
        if self._kind == "off":
            style = CurveStyle(SYMBOLS["off"], QPen(), QPen(Qt.PenStyle.NoPen), QColor(look.off))
        else:
            style = now_style(look) if self._kind == "now" else all_on_style(look)
            painter.setPen(style.line)
            painter.drawLine(QPointF(1, middle.y()), QPointF(self.width() - 1, middle.y()))
            size += 4 if self._kind == "all_on" else 0
        painter.translate(middle)
        drawSymbol(painter, style.symbol, size, style.outline, pg.mkBrush(style.fill))
