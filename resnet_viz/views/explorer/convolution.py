"""A window on one convolution: its kernels, and how it computes one pixel of its output.

Kernels, window, products and sum stand in a row, as CNN Explainer (Wang et al. 2020,
arXiv:2004.15004) has them, on the user's own image.
"""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.numbers import fixed_text, number_text
from resnet_viz.results.convolution import ConvolutionRequest, ConvolutionResult, PixelAt, Term
from resnet_viz.results.result import Snapshot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

_SIGNED, _MAP = "CET-D1", "viridis"
_MOST_NUMBERS = 5
"""Grids of more columns than this show colours alone."""


def signed_text(value: float) -> str:
    """A number in few digits, with a proper minus: "−0.31", "1.20×10⁵"."""
    return number_text(value, 3) if abs(value) >= 100 else fixed_text(value)


def coloured(values: np.ndarray, low: float, high: float, colours: np.ndarray) -> np.ndarray:
    """(h, w) to (h, w, 3) uint8, ``low`` being the first of 256 ``colours``."""
    span = high - low if high > low else 1.0
    share = np.nan_to_num((values - low) / span, nan=0.0, posinf=1.0, neginf=0.0)
    return np.asarray(colours[(255 * np.clip(share, 0, 1)).astype(np.uint8)], np.uint8)


def _draw(painter: QPainter, area: QRectF, pixels: np.ndarray) -> None:
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(area, theme.to_qimage(pixels))
    painter.setPen(QPen(QColor(theme.current().line), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)


class KernelGrid(QWidget):
    """The kernels as small images, the chosen one outlined; ``chosen`` carries a number."""

    chosen = Signal(int)
    _COLUMNS = 8

    def __init__(self) -> None:
        super().__init__()
        self._pixels: list[np.ndarray] = []
        self._at = -1
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Kernels of the convolution")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_result(self, result: ConvolutionResult) -> None:
        most = float(np.abs(result.kernels).max()) or 1.0
        if result.kernels.ndim == 4:
            # An image's colours: grey is 0.
            shades = 127.5 * (1 + result.kernels.transpose(0, 2, 3, 1) / most)
            self._pixels = list(np.clip(shades, 0, 255).astype(np.uint8))
        else:
            colours = theme.colour_map(_SIGNED)
            self._pixels = [coloured(kernel, -most, most, colours) for kernel in result.kernels]
        self._at = result.channel
        self.updateGeometry()
        self.update()

    @property
    def _side(self) -> int:
        return max(20, round(1.7 * self.fontMetrics().height()))

    def sizeHint(self) -> QSize:
        rows = -(-max(1, len(self._pixels)) // self._COLUMNS)
        return QSize((self._side + 4) * self._COLUMNS + 4, (self._side + 4) * rows + 4)

    def place(self, number: int) -> QRectF:
        """Where a kernel lies."""
        row, column = divmod(number, self._COLUMNS)
        step = self._side + 4
        return QRectF(4 + column * step, 4 + row * step, self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for number, pixels in enumerate(self._pixels):
            _draw(painter, self.place(number), pixels)
        if 0 <= self._at < len(self._pixels):
            painter.setPen(QPen(QColor(theme.current().accent), 3.0))
            painter.drawRect(self.place(self._at).adjusted(-1.5, -1.5, 1.5, 1.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for number in range(len(self._pixels)):
            if self.place(number).contains(event.position()):
                self.chosen.emit(number)


class OutputMap(QWidget):
    """One output channel; ``chosen`` carries the row and the column of a clicked pixel."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._result: ConvolutionResult | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Output of the convolution")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_result(self, result: ConvolutionResult) -> None:
        self._result = result
        self.update()

    def sizeHint(self) -> QSize:
        side = 11 * self.fontMetrics().height()
        return QSize(side, side)

    def pixel(self, row: int, column: int) -> QRectF:
        """Where a pixel lies."""
        assert self._result is not None
        height, width = self._result.output.shape
        across, down = (self.width() - 4) / width, (self.height() - 4) / height
        return QRectF(2 + column * across, 2 + row * down, across, down)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._result is not None:
            output = self._result.output
            most = float(np.abs(output).max()) or 1.0
            area = QRectF(2, 2, self.width() - 4, self.height() - 4)
            _draw(painter, area, coloured(output, -most, most, theme.colour_map(_SIGNED)))
            mark = self.pixel(self._result.row, self._result.column)
            _mark(painter, mark)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._result is not None:
            height, width = self._result.output.shape
            row = int((event.position().y() - 2) / (self.height() - 4) * height)
            column = int((event.position().x() - 2) / (self.width() - 4) * width)
            self.chosen.emit(min(max(row, 0), height - 1), min(max(column, 0), width - 1))


def _mark(painter: QPainter, place: QRectF) -> None:
    """An outline that is seen on every colour."""
    for colour, width in (("#000000", 4.0), ("#ffffff", 2.0)):
        painter.setPen(QPen(QColor(colour), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(-1, -1, 1, 1))


class TermsPicture(QWidget):
    """A row for each input channel: its map with the window, window × kernel = products, sum."""

    def __init__(self) -> None:
        super().__init__()
        self._result: ConvolutionResult | None = None
        self.setAccessibleName("Window, kernel, products and sum")

    def show_result(self, result: ConvolutionResult) -> None:
        self._result = result
        self.setMinimumSize(self.sizeHint())
        self.update()

    @property
    def _side(self) -> float:
        return 4.7 * self.fontMetrics().height()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        rows = len(self._result.terms) if self._result else 3
        return QSize(round(4 * self._side + 13.5 * line), round((self._side + 0.6 * line) * rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._result is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        result, side = self._result, self._side
        line = self.fontMetrics().height()
        seen = self.seen(result)
        kernel, product = self.largest(result)
        y = 0.0
        for term in result.terms:
            x = 2.0
            area = QRectF(x, y, side, side)
            self._paint_map(painter, area, term)
            x += side + 0.8 * line
            signed, plain = theme.colour_map(_SIGNED), theme.colour_map(_MAP)
            parts = (
                (term.window, seen[0], seen[1], plain, "×"),
                (term.kernel, -kernel, kernel, signed, "="),
                (term.products, -product, product, signed, "Σ ="),
            )
            for values, low, high, colours, sign in parts:
                place = QRectF(x, y, side, side)
                _paint_grid(painter, place, values, coloured(values, low, high, colours))
                x += side
                wide = (1.6 if len(sign) == 1 else 2.6) * line
                painter.setPen(QColor(theme.current().text))
                middle = QRectF(x, y, wide, side)
                painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, sign)
                x += wide
            words = f"{signed_text(term.total)}\n\nfrom input\nchannel {term.channel}"
            painter.drawText(QRectF(x, y, 6.5 * line, side), Qt.AlignmentFlag.AlignVCenter, words)
            y += side + 0.6 * line
        painter.end()

    @staticmethod
    def seen(result: ConvolutionResult) -> tuple[float, float]:
        """The ends of the windows' common scale, which holds 0."""
        windows = np.stack([term.window for term in result.terms])
        return min(0.0, float(windows.min())), max(0.0, float(windows.max()))

    @staticmethod
    def largest(result: ConvolutionResult) -> tuple[float, float]:
        """The ends of the scales of the kernels and of the products, which are even about 0."""
        kernel = max(float(np.abs(term.kernel).max()) for term in result.terms)
        product = max(float(np.abs(term.products).max()) for term in result.terms)
        return kernel or 1.0, product or 1.0

    def _paint_map(self, painter: QPainter, area: QRectF, term: Term) -> None:
        assert self._result is not None
        low, high = float(term.map.min()), float(term.map.max())
        _draw(painter, area, coloured(term.map, low, high, theme.colour_map(_MAP)))
        height, width = term.map.shape
        across, down = area.width() / width, area.height() / height
        row, column = self._result.corner
        span = term.kernel.shape[0]
        corner = QPointF(area.x() + column * across, area.y() + row * down)
        window = QRectF(corner.x(), corner.y(), span * across, span * down)
        painter.save()
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        _mark(painter, window)
        painter.restore()


def _paint_grid(painter: QPainter, area: QRectF, values: np.ndarray, pixels: np.ndarray) -> None:
    """Numbers on their colours, where there are few enough of them."""
    _draw(painter, area, pixels)
    rows, columns = values.shape
    if columns > _MOST_NUMBERS:
        return
    font = painter.font()
    small = painter.font()
    small.setPixelSize(max(8, round(min(0.5 * area.height() / rows, area.width() / columns / 3.1))))
    painter.setFont(small)
    for row in range(rows):
        for column in range(columns):
            red, green, blue = (int(part) for part in pixels[row, column])
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 130
            painter.setPen(QColor("#ffffff" if dark else "#000000"))
            cell = QRectF(
                area.x() + column * area.width() / columns,
                area.y() + row * area.height() / rows,
                area.width() / columns,
                area.height() / rows,
            )
            number = signed_text(float(values[row, column]))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, number)
    painter.setFont(font)


def sum_sentence(result: ConvolutionResult) -> str:
    """The whole sum in words: the terms, what the other channels give, the bias, the value."""
    parts = [signed_text(term.total) for term in result.terms]
    words = " + ".join(parts)
    others = result.inputs - len(result.terms)
    if others:
        plural = "s" if others > 1 else ""
        words += f" + {signed_text(result.rest)} (the other {others} input channel{plural})"
    if result.bias:
        words += f" + {signed_text(result.bias)} (bias)"
    return f"{words} = {signed_text(result.value)}".replace("+ −", "− ")


class ConvolutionWindow(QDialog):
    """Shows the convolution called ``layer`` on the image and with the gates of ``snapshot``."""

    def __init__(self, snapshot: Snapshot, layer: str, worker: Worker, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{layer}: kernels, and one pixel")
        self.channel = Channel(worker, "convolution", self)
        self.channel.updated.connect(self._show)
        self.channel.failed.connect(self._fail)
        self.heading = QLabel(f"Following {escape(layer)}…", textFormat=Qt.TextFormat.RichText)
        self.heading.setWordWrap(True)
        self.kernels, self.terms, self.output = KernelGrid(), TermsPicture(), OutputMap()
        self.kernel_title, self.output_title = PlainLabel(), PlainLabel()
        self.terms_title, self.sentence = PlainLabel(), PlainLabel()
        for label in (self.terms_title, self.kernel_title, self.output_title, self.sentence):
            label.setWordWrap(True)
        self.kernels.chosen.connect(self._choose_channel)
        self.output.chosen.connect(self._choose_pixel)
        self._result: ConvolutionResult | None = None
        self._arrange()
        self.channel.start(ConvolutionRequest(snapshot, layer))

    def _arrange(self) -> None:
        top = Qt.AlignmentFlag.AlignTop
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.addWidget(self.kernel_title, 0, 0)
        grid.addWidget(self.kernels, 1, 0, top)
        grid.addWidget(self.terms_title, 0, 1)
        grid.addWidget(self.terms, 1, 1, 3, 1, top)
        grid.addWidget(self.output_title, 2, 0)
        grid.addWidget(self.output, 3, 0, top)
        grid.setRowStretch(3, 1)
        grid.setColumnStretch(1, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        column = QVBoxLayout(self)
        column.addWidget(self.heading)
        column.addWidget(scroll, 1)
        column.addWidget(self.sentence)
        line = self.fontMetrics().height()
        room = self.screen().availableGeometry()
        self.resize(min(68 * line, room.width() - 40), min(46 * line, room.height() - 60))

    @property
    def result(self) -> ConvolutionResult | None:  # type: ignore[override]
        """What is shown."""
        return self._result

    def _show(self, update: object) -> None:
        if not isinstance(update, ConvolutionResult):
            return
        self._result = result = update
        side = result.terms[0].kernel.shape[0]
        self.heading.setText(
            f"<b>{escape(result.layer)}</b>: {result.channels} kernels of "
            f"{side}×{side}×{result.inputs}, stride {result.stride}, padding {result.padding}. "
            "Click a kernel for its channel, and a pixel of the output for the sum behind it; the "
            "arrow keys go to the next pixel."
        )
        most = signed_text(float(np.abs(result.kernels).max()))
        shown = len(result.kernels)
        some = f"the first {shown} " if shown < result.channels else ""
        of = "as colours" if result.kernels.ndim == 4 else (
            f"for input channel {result.terms[0].channel}"
        )  # fmt: skip
        self.kernel_title.setText(f"Kernels, {some}{of}, −{most} to {most}")
        largest = signed_text(float(np.abs(result.output).max()))
        self.output_title.setText(
            f"Output channel {result.channel}, row {result.row}, column {result.column}; "
            f"−{largest} to {largest}"
        )
        low, high = TermsPicture.seen(result)
        kernel, product = TermsPicture.largest(result)
        self.terms_title.setText(
            f"Input channel · window ({signed_text(low)} to {signed_text(high)}) × "
            f"kernel (±{signed_text(kernel)}) = products (±{signed_text(product)})"
        )
        self.sentence.setText(f"Pixel = {sum_sentence(result)}")
        for view in (self.kernels, self.terms, self.output):
            view.show_result(result)

    def _fail(self, sentence: str) -> None:
        self.heading.setText(sentence)

    def _choose_channel(self, number: int) -> None:
        if self._result is not None:
            self.channel.tell(PixelAt(number, self._result.row, self._result.column))

    def _choose_pixel(self, row: int, column: int) -> None:
        if self._result is not None:
            self.channel.tell(PixelAt(self._result.channel, row, column))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if key in steps and self._result is not None:
            row, column = (
                self._result.row + steps[key][0],
                self._result.column + steps[key][1],
            )
            height, width = self._result.output.shape
            if 0 <= row < height and 0 <= column < width:
                self._choose_pixel(row, column)
            return
        super().keyPressEvent(event)

    def done(self, code: int) -> None:
        """Let the task go when the window closes."""
        self.channel.stop()
        super().done(code)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.channel.stop()
        super().closeEvent(event)
