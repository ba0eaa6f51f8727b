"""The gradient norm of each layer at each step, as a picture that moves with the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QWidget

from resnet_viz.figures.numbers import Row, number_text, power_of_ten
from resnet_viz.figures.scale import Scale
from resnet_viz.views.plots.strip import HEAT_MAP
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.scale_bar import ScaleBar

WINDOW = 300
"""How many steps the moving picture shows at most."""
_LEAST = 60  # steps that the width stands for while there are fewer
_MOST = 600  # columns of the whole run


def row_colours() -> dict[Row, str]:
    """Colours that viridis does not have, for what has no place on the scale."""
    look = theme.current()
    return {"0": look.off, "∞": look.stages[3], "NaN": look.stages[0]}


def colours(norms: np.ndarray, scale: Scale, name: str = HEAT_MAP) -> np.ndarray:
    """Norms of any shape to RGB, shape + (3,) uint8, by the map that ``name`` is."""
    table = theme.colour_map(name)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (np.log10(norms) - scale.low) / max(1, scale.high - scale.low)
    ordinary = np.isfinite(norms) & (norms > 0)
    index = np.where(ordinary, np.clip(share, 0, 1) * 255, 0).round().astype(np.uint8)
    picture = table[index]
    for chosen, row in ((norms == 0, "0"), (np.isinf(norms), "∞"), (np.isnan(norms), "NaN")):
        colour = QColor(row_colours()[row])  # type: ignore[index]
        picture[chosen] = (colour.red(), colour.green(), colour.blue())
    return picture


class HeatMap(QWidget):
    """Layers from input (top) to output (bottom), steps from left to right, the newest at right.

    Steps after the one that was gone back to are dim. ``colours`` names the map of colours.
    """

    def __init__(self, name: str, colours: str = HEAT_MAP) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._colours = colours
        self._layers: tuple[str, ...] = ()
        self._norms = np.empty((0, 0))
        self._scale = Scale.covering([])
        self._steps = np.empty(0, np.int64)
        self._columns = _LEAST
        self._position = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        zoom.offer(self, self.accessibleName(), self)

    def show_layers(self, layers: Sequence[str]) -> None:
        """Another network, without measurements yet."""
        self._layers = tuple(layers)
        self.show_norms(np.empty((0, len(layers))), Scale.covering([]), 0, 0, False)

    def show_norms(
        self, norms: np.ndarray, scale: Scale, newest: int, position: int, whole: bool
    ) -> None:
        """Draw the last `WINDOW` steps up to ``newest``, or the ``whole`` run in fewer columns.

        ``norms`` is (steps, layers) from step 1 on and may end before ``newest``. A ``position``
        that the window would miss moves it.
        """
        self._scale, self._position = scale, position
        if whole:
            stride = max(1, -(-newest // _MOST))
            last, self._columns = newest, max(_LEAST, -(-newest // stride))
        else:
            stride, last = 1, newest
            if position < newest - WINDOW:
                last = min(newest, position + WINDOW // 2)
            self._columns = min(WINDOW, max(_LEAST, newest))
        # Counted from the newest, so that it is always among them.
        self._steps = last - stride * np.arange(self._columns)[::-1]
        there = (self._steps >= 1) & (self._steps <= len(norms))
        self._norms = np.full((len(self._steps), norms.shape[1]), -1.0)
        self._norms[there] = norms[self._steps[there] - 1]
        self.update()

    @property
    def steps(self) -> np.ndarray:
        """The step of each column; below 1 where there is none."""
        return self._steps

    def sizeHint(self) -> QSize:
        # Where the page is low the picture gives way, before anything is cut off below.
        return QSize(420, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 6 * self.fontMetrics().height())

    def area(self) -> QRect:
        """Where the picture is, between the names and the steps."""
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("stage 3 ") + 4
        return QRect(left, 2, self.width() - left - 4, self.height() - metrics.height() - 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, area = theme.current(), self.area()
        painter = QPainter(self)
        painter.fillRect(area, QColor(look.panel))
        there = self._norms >= 0
        there |= np.isnan(self._norms)
        if there.any():
            picture = np.zeros((*self._norms.shape, 4), np.uint8)
            picture[..., :3] = colours(np.abs(self._norms), self._scale, self._colours)
            picture[..., 3] = np.where(there, 255, 0)
            picture[self._steps > self._position, :, 3] //= 4
            image = theme.to_qimage(picture.transpose(1, 0, 2))
            painter.drawImage(area, image)
        painter.setPen(QColor(look.line))
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        self._paint_layers(painter, area)
        self._paint_steps(painter, area)

    def _paint_layers(self, painter: QPainter, area: QRect) -> None:
        look, metrics = theme.current(), self.fontMetrics()
        height = area.height() / max(1, len(self._layers))
        free = area.top() - metrics.height()
        for index, layer in enumerate(self._layers):
            text = layer
            if layer.startswith("layer"):
                if not layer.endswith(".0.conv1"):
                    continue
                text = f"stage {layer[5]}"
                painter.setPen(QPen(QColor(look.line), 1, Qt.PenStyle.DotLine))
                y = round(area.top() + index * height)
                painter.drawLine(area.left(), y, area.right(), y)
            top = round(area.top() + index * height)
            if layer == "fc":
                top = area.bottom() - metrics.height() + 2
            if top < free:
                top = free
            free = top + metrics.height()
            painter.setPen(QColor(look.muted))
            slot = QRect(0, top - 2, area.left() - 5, metrics.height())
            painter.drawText(slot, Qt.AlignmentFlag.AlignRight, text)

    def _paint_steps(self, painter: QPainter, area: QRect) -> None:
        look, metrics = theme.current(), self.fontMetrics()
        painter.setPen(QColor(look.muted))
        row = QRect(area.left(), area.bottom() + 3, area.width(), metrics.height())
        real = self._steps[self._steps >= 1]
        if not len(real):
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, "no step yet")
            return
        painter.drawText(row, Qt.AlignmentFlag.AlignRight, f"step {real[-1]}")
        first = area.left() + area.width() * (len(self._steps) - len(real)) / len(self._steps)
        stride = int(self._steps[1] - self._steps[0])
        text = f"step {real[0]}" + (f", every {stride} steps" if stride > 1 else "")
        room = area.right() - first - metrics.horizontalAdvance(f"  step {real[-1]}")
        if metrics.horizontalAdvance(text) < room:
            painter.drawText(row.adjusted(round(first) - area.left(), 0, 0, 0), 0, text)
        if self._position < real[-1]:
            share = (np.searchsorted(self._steps, self._position, "right")) / len(self._steps)
            x = round(area.left() + area.width() * share)
            painter.setPen(QPen(QColor(look.text), look.line_width))
            painter.drawLine(x, area.top(), x, area.bottom())

    def value_at(self, x: int, y: int) -> tuple[str, int, float] | None:
        """Layer, step and norm under a point, or None."""
        area = self.area()
        if not area.contains(x, y) or not self._norms.size:
            return None
        column = (x - area.left()) * len(self._steps) // area.width()
        row = (y - area.top()) * len(self._layers) // area.height()
        value = float(self._norms[column, row])
        return None if value == -1 else (self._layers[row], int(self._steps[column]), value)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            found = self.value_at(event.pos().x(), event.pos().y())
            if found is None:
                QToolTip.hideText()
            else:
                layer, step, value = found
                QToolTip.showText(
                    event.globalPos(), f"{layer}, step {step}: {number_text(value)}", self
                )
            return True
        return super().event(event)


class HeatLegend(QWidget):
    """What the colours of a picture mean: ``unit`` names the quantity."""

    def __init__(self, unit: str, colours: str = HEAT_MAP) -> None:
        super().__init__()
        self._unit = unit
        self.bar = ScaleBar(theme.colour_map(colours))
        self.bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.rows = QLabel(textFormat=Qt.TextFormat.RichText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar)
        row.addWidget(self.rows)

    def show_scale(self, scale: Scale) -> None:
        """Label the ends; what is off the scale is explained where it occurs."""
        self.bar.set_labels(power_of_ten(scale.low), power_of_ten(scale.high), self._unit)
        self.rows.setText(
            " ".join(
                f"<span style='color:{colour}'>■</span>&nbsp;{row}"
                for row, colour in row_colours().items()
                if row in scale.rows
            )
        )
        self.rows.setVisible(bool(scale.rows))
