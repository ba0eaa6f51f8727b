"""Gradient flow: the gradient's norm at every block, with the skips as they are and with all on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.analysis.result import Pass, Result
from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.structure import Structure
from resnet_viz.views import theme
from resnet_viz.views.log_scale import Scale, number_text, power_of_ten, row_of
from resnet_viz.views.theme import Theme

REMARK = (
    "Removing skips from a trained network also moves the signal off the distribution that later "
    "blocks were trained on."
)

_SYMBOLS = {"now": "o", "all_on": "s", "off": "x", "0": "t", "∞": "t1", "NaN": "h"}
_EDGE = 8.0  # pixels between the outermost decade and the edge, so that no marker is cut
_TIGHT = 12  # lines of text in the view's height, below which the stages go unnamed


def sentence(result: Result) -> str:
    """What the plot shows, in words: the gradient at the stem, now and with all skips on."""
    now = result.now.blocks[0].gradient_norm
    gates = result.snapshot.gates
    if gates.all_on:
        opening = "All skips are on" if result.structure.skips else "This network has no skips"
        last = result.now.blocks[-1].gradient_norm
        return (
            f"{opening}: the gradient at the stem is {_in_words(now)}, "
            f"at the last block {_in_words(last)}."
        )
    before = result.all_on.blocks[0].gradient_norm
    reference = _reference(result)
    verdict = f"{'has vanished to' if row_of(now) == '0' else 'is'} {_in_words(now)}"
    if row_of(now) is not None and row_of(now) == row_of(before):
        return f"At the stem the gradient {verdict}, with {reference} too."
    if row_of(now) is not None or row_of(before) is not None:
        return f"At the stem the gradient {verdict}; with {reference} it is {_in_words(before)}."
    times = max(now, before) / min(now, before)
    if times < 1.05:
        comparison = "about the same as"
    else:
        comparison = f"{number_text(times)} times {'smaller' if now < before else 'larger'} than"
    return (
        f"At the stem the gradient {verdict}, {comparison} with {reference} ({_in_words(before)})."
    )


def _in_words(norm: float) -> str:
    row = row_of(norm)
    if row is None:
        return number_text(norm)
    return {"0": "exactly 0 (float32)", "∞": "infinite", "NaN": "not a number"}[row]


def _reference(result: Result) -> str:
    return "all skips and branches on" if result.snapshot.gates.branches else "all skips on"


class GradientFlowView(QWidget):
    """The L2 norm of the gradient of the target's logit at each block's output, from stem to last.

    Two curves are always drawn: the skips as they are now, and all of them on.
    """

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._result: Result | None = None
        self._scale = Scale.covering([])
        self._bands: list[Any] = []
        self.setAccessibleName("Gradient flow")

        self.empty = QLabel("Gradient flow appears with the first pass.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.caption = QLabel()
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hold = QCheckBox("Hold scale")
        self.hold.setToolTip("Keep the vertical range, so that results can be compared.")
        self.hold.toggled.connect(self._hold_toggled)
        self.remark = QLabel(REMARK)
        self.remark.setWordWrap(True)
        self.legend = _Legend()
        self.plot = self._make_plot()
        self.readout = QLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()

        top = QHBoxLayout()
        top.addWidget(self.caption, 1)
        top.addWidget(self.hold)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(8, 4, 8, 4)
        rows.setSpacing(3)
        rows.addWidget(self.sentence)
        rows.addLayout(top)
        rows.addWidget(self.plot, 1)
        rows.addWidget(self.legend)
        rows.addWidget(self.remark)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)

        state.block_changed.connect(self._block_changed)
        self.retheme()

    def show_result(self, result: Result) -> None:
        """Draw the gradient norms of ``result``."""
        new_network = self._result is None or self._result.structure != result.structure
        self._result = result
        held = self._scale if self.hold.isChecked() else None
        self._scale = Scale.covering(self._norms(), held)
        self.readout.hide()
        self._hovered.hide()
        self.legend.describe(result)
        if new_network:
            self._make_bands(result.structure)
        self._pages.setCurrentIndex(1)
        self._fit_texts()
        self._arrange()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.plot.setBackground(look.panel)
        for name in ("left", "bottom", "top"):
            axis = self.plot.getAxis(name)
            axis.setStyle(tickFont=self.font())
            axis.setPen(look.line)
            axis.setTextPen(look.text if name != "top" else look.muted)
        grid = QColor(look.line)
        grid.setAlpha(140)
        self._grid.setPen(pg.mkPen(grid, width=1))
        for label in (self.empty, self.caption, self.remark):
            label.setStyleSheet(f"color: {look.muted}")
        self.readout.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )
        self.selected.setPen(pg.mkPen(look.text, width=look.line_width * 0.6))
        self._hovered.setPen(pg.mkPen(look.muted, width=1, style=Qt.PenStyle.DotLine))
        self.crosses.setPen(None)
        self.crosses.setBrush(look.off)
        self.legend.retheme()
        if self._result is not None:
            self._make_bands(self._result.structure)
            self._fit_texts()
            self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(560, 300)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._result is not None:
            self._fit_texts()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.readout.hide()
            self._hovered.hide()
        return super().eventFilter(watched, event)

    def _make_plot(self) -> Any:
        plot = pg.PlotWidget()
        plot.setMinimumHeight(90)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.showAxis("top")
        plot.getAxis("top").setStyle(tickLength=0, tickTextOffset=1)
        for axis in ("left", "bottom", "top"):  # a label may stand out past the end of its axis
            plot.getAxis(axis).setStyle(hideOverlappingLabels=200)
        plot.setAccessibleName("Gradient norm at each block")
        self._grid = pg.PlotCurveItem(connect="pairs")
        self.curve_now = pg.PlotDataItem(connect="finite")
        self.curve_all_on = pg.PlotDataItem(connect="finite")
        for curve in (self.curve_now, self.curve_all_on):
            curve.curve.setSegmentedLineMode("off")  # else the dashes start anew at each block
        self.edge_now = pg.ScatterPlotItem()
        self.edge_all_on = pg.ScatterPlotItem()
        self.crosses = pg.ScatterPlotItem(symbol=_SYMBOLS["off"])
        self.selected = pg.InfiniteLine(angle=90)
        self._hovered = pg.InfiniteLine(angle=90)
        self._hovered.hide()
        for item in (
            self._grid,
            self.selected,
            self._hovered,
            self.crosses,
            self.curve_now,
            self.edge_now,
            self.curve_all_on,
            self.edge_all_on,
        ):
            plot.addItem(item, ignoreBounds=True)
        plot.getViewBox().sigResized.connect(self._arrange)
        plot.scene().sigMouseClicked.connect(self._clicked)
        plot.scene().sigMouseMoved.connect(self._moved)
        plot.viewport().installEventFilter(self)
        for key, step in ((Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)):
            shortcut = QShortcut(key, plot)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda step=step: self._step(step))
        return plot

    def _make_bands(self, structure: Structure) -> None:
        """Shade each stage; the stem, block 0, has no shade."""
        for band in self._bands:
            self.plot.removeItem(band)
        self._bands = []
        end = 0.5
        for stage in structure.stages:
            start, end = end, end + len(stage.blocks)
            colours = theme.current().stages
            colour = QColor(colours[(stage.number - 1) % len(colours)])
            line = pg.mkPen(colour, width=1)
            colour.setAlpha(40)
            band = pg.LinearRegionItem((start, end), brush=colour, pen=line, movable=False)
            band.setZValue(-10)
            self._bands.append(band)
            self.plot.addItem(band, ignoreBounds=True)

    def _norms(self) -> list[float]:
        assert self._result is not None
        passes = (self._result.now, self._result.all_on)
        return [block.gradient_norm for run in passes for block in run.blocks]

    def _names(self) -> list[str]:
        return [block.name for block in self._result.now.blocks] if self._result else []

    def _selected_index(self) -> int | None:
        names = self._names()
        if self._state.block in names:
            return names.index(self._state.block)
        return len(names) - 1 if names and not self._state.block else None

    def _fit_texts(self) -> None:
        """Set the texts around the plot; where it is too low for the remark, a tooltip has it."""
        assert self._result is not None
        gates, metrics = self._result.snapshot.gates, self.fontMetrics()
        remark = REMARK if self._result.weights.trained and gates.skips else ""
        room = self.height() >= 17 * metrics.lineSpacing()
        self.remark.setVisible(bool(remark) and room)
        words = sentence(self._result)
        self.sentence.setText(words)
        self.sentence.setToolTip(remark)
        self.plot.setAccessibleDescription(f"{words} {remark}".strip())
        label = self._result.labels[self._result.now.target]
        whole = f"Gradient of the logit of “{label}”, L2 norm"
        width = self.width() - self.hold.sizeHint().width() - 24
        frame = metrics.horizontalAdvance("Gradient of logit “”")
        short = metrics.elidedText(label, Qt.TextElideMode.ElideRight, max(0, width - frame))
        texts = (whole, f"Gradient of the logit of “{label}”", f"Gradient of logit “{short}”")
        fitting = (text for text in texts if metrics.horizontalAdvance(text) <= width)
        self.caption.setText(next(fitting, texts[-1]))
        self.caption.setToolTip(whole)

    def _arrange(self) -> None:
        """Lay the range, the ticks and the marks out for the plot's size in pixels."""
        if self._result is None:
            return
        result, scale, box = self._result, self._scale, self.plot.getViewBox()
        metrics = QFontMetrics(self.font())
        line, names = float(metrics.height()), self._names()
        self.plot.getAxis("bottom").setHeight(metrics.height() + 6)
        # Where there is no room for the stages' names, "layer1" and the shades must do.
        low = self.height() < _TIGHT * metrics.lineSpacing()
        self.plot.getAxis("top").setHeight(4 if low else metrics.height() + 2)
        self.plot.getAxis("top").setStyle(showValues=not low)
        left = max(metrics.horizontalAdvance(power_of_ten(p)) for p in (scale.low, scale.high))
        left = max(left, *(metrics.horizontalAdvance(row) for row in scale.rows or {"0"}))
        self.plot.getAxis("left").setWidth(left + 14)
        overhang = metrics.horizontalAdvance(names[-1]) // 2
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, max(4, overhang), 0)

        above = [row for row in ("∞", "NaN") if row in scale.rows]
        crosses = 0.5 * line if result.structure.skips else 0.0
        under = crosses + (line if "0" in scale.rows else 0.0)
        room = max(20.0, box.height() - 2 * _EDGE - under - line * len(above))
        unit = (scale.high - scale.low) / room  # decades in a pixel
        bottom = scale.low - unit * (_EDGE + under)
        top = scale.high + unit * (_EDGE + line * len(above))
        places = {"0": bottom + unit * (crosses + line / 2)}
        for number, row in enumerate(above):
            places[row] = scale.high + unit * (_EDGE + line * (number + 0.5))
        box.setRange(xRange=(-0.5, len(names) - 0.5), yRange=(bottom, top), padding=0)

        self._set_decade_ticks(places, 0.9 * line * unit, len(names))
        spacing = box.width() / len(names)
        self._set_block_ticks(metrics, spacing)
        self._draw_curves(places, spacing)
        off = [x for x, name in enumerate(names) if self._skip_is_off(name)]
        self.crosses.setData(
            off, [bottom + unit * crosses / 2] * len(off), size=min(0.5 * line, spacing)
        )
        index = self._selected_index()
        self.selected.setVisible(index is not None)
        self.selected.setValue(index or 0)

    def _skip_is_off(self, block: str) -> bool:
        assert self._result is not None
        gates, structure = self._result.snapshot.gates, self._result.structure
        return block in structure.skips and gates.skip(block) == 0.0

    def _set_decade_ticks(self, places: dict[str, float], least: float, blocks: int) -> None:
        """Label as many decades as fit with ``least`` decades between them, and the rows."""
        scale = self._scale
        step = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100, 1000) if s >= least)
        step = min(step, scale.high - scale.low)  # one label alone would not make a scale
        powers = range(scale.low, scale.high + 1)
        labelled = [(p, power_of_ten(p)) for p in powers if (scale.high - p) % step == 0]
        rows = [(y, row) for row, y in places.items() if row in scale.rows]
        others = [(p, "") for p in powers if (scale.high - p) % step]
        self.plot.getAxis("left").setTicks([labelled + rows, others])
        lines = np.repeat([float(y) for y, _ in labelled], 2)
        self._grid.setData(np.tile([-0.5, blocks - 0.5], len(labelled)), lines)

    def _set_block_ticks(self, metrics: QFontMetrics, spacing: float) -> None:
        """Name blocks where no name touches another: the selected one first, then the ends, then
        the first of each stage, then as many of the others as fit."""
        assert self._result is not None
        names, structure = self._names(), self._result.structure
        firsts = [names.index(stage.blocks[0].name) for stage in structure.stages]
        order = [0, len(names) - 1, *firsts, *range(len(names))]
        index = self._selected_index()
        if index is not None:
            order.insert(0, index)
        taken: dict[int, float] = {}
        for x in dict.fromkeys(order):
            half = metrics.horizontalAdvance(names[x]) / 2 + metrics.averageCharWidth() * 0.6
            if all(abs(x - other) * spacing >= half + width for other, width in taken.items()):
                taken[x] = half
        others = [(x, "") for x in range(len(names)) if x not in taken]
        self.plot.getAxis("bottom").setTicks([[(x, names[x]) for x in sorted(taken)], others])
        narrowest = min(len(stage.blocks) for stage in structure.stages) * spacing
        wide = metrics.horizontalAdvance("Stage 8") + 6 <= narrowest
        centres = [
            (first + (len(stage.blocks) - 1) / 2, f"{'Stage ' if wide else 'S'}{stage.number}")
            for first, stage in zip(firsts, structure.stages, strict=True)
        ]
        self.plot.getAxis("top").setTicks([centres])

    def _draw_curves(self, places: dict[str, float], spacing: float) -> None:
        assert self._result is not None
        look = theme.current()
        size = min(4 + 2 * look.line_width, max(3.0, 0.7 * spacing))
        more = min(4.0, max(1.0, spacing - 2 - size))  # hollow markers must not run together
        for curve, edge, run, style, extra in (
            (self.curve_now, self.edge_now, self._result.now, now_style(look), 0.0),
            (self.curve_all_on, self.edge_all_on, self._result.all_on, all_on_style(look), more),
        ):
            curve.setData(
                *_on_scale(run),
                pen=style.line,
                symbol=style.symbol,
                symbolPen=style.outline,
                symbolBrush=style.fill,
                symbolSize=size + extra,
            )
            rows = [(x, row_of(block.gradient_norm)) for x, block in enumerate(run.blocks)]
            edge.setData(
                [
                    {"pos": (x, places[row]), "symbol": _SYMBOLS[row]}
                    for x, row in rows
                    if row is not None
                ],
                size=size + 3 + extra,
                pen=style.outline,
                brush=style.fill,
            )

    def _hold_toggled(self, held: bool) -> None:
        if not held and self._result is not None:
            self._scale = Scale.covering(self._norms())
            self._arrange()

    def _block_changed(self) -> None:
        if self._result is not None:
            self._arrange()

    def _nearest(self, scene_position: QPointF) -> int | None:
        box = self.plot.getViewBox()
        names = self._names()
        if not names or not box.sceneBoundingRect().contains(scene_position):
            return None
        return min(len(names) - 1, max(0, round(box.mapSceneToView(scene_position).x())))

    def _clicked(self, event: Any) -> None:
        index = self._nearest(event.scenePos())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._state.select_block(self._names()[index])

    def _step(self, step: int) -> None:
        index, names = self._selected_index(), self._names()
        if index is not None:
            self._state.select_block(names[min(len(names) - 1, max(0, index + step))])

    def _moved(self, scene_position: QPointF) -> None:
        index = self._nearest(scene_position)
        self._hovered.setVisible(index is not None)
        self.readout.setVisible(index is not None)
        if index is None:
            return
        self._hovered.setValue(index)
        self.readout.setText(self._readout_text(index))
        self.readout.adjustSize()
        # Beside the pointer, in the half of the plot that the pointer is not in.
        pointer = self.plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        left = max(0, pointer.x() - 14 - self.readout.width())
        fits = right + self.readout.width() <= self.plot.width()
        below = self.plot.height() - self.readout.height() - 2
        upper = pointer.y() > self.plot.height() / 2
        self.readout.move(right if fits else left, 2 if upper else max(2, below))

    def _readout_text(self, index: int) -> str:
        assert self._result is not None
        now, before = (run.blocks[index] for run in (self._result.now, self._result.all_on))
        skip = self._result.snapshot.gates.skip(now.name)
        note = "" if skip == 1.0 else " · skip off" if skip == 0.0 else f" · skip × {skip:.2g}"
        with np.errstate(all="ignore"):
            ratio = float(np.divide(now.gradient_norm, before.gradient_norm))
        return "\n".join(
            (
                f"{now.name}{note}",
                f"now: {number_text(now.gradient_norm)}",
                f"{_reference(self._result)}: {number_text(before.gradient_norm)}",
                f"now ÷ all on: {number_text(ratio)}",
            )
        )


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
        _SYMBOLS["now"], pg.mkPen(colour, width=2 * look.line_width), pg.mkPen(colour), colour
    )


def all_on_style(look: Theme) -> CurveStyle:
    """Dashed and hollow; flat caps keep the gaps open, where the other curve shows through."""
    line = pg.mkPen(look.skip, width=look.line_width, dash=[3, 3])
    line.setCapStyle(Qt.PenCapStyle.FlatCap)
    return CurveStyle(
        _SYMBOLS["all_on"], line, pg.mkPen(look.skip, width=0.75 * look.line_width), None
    )


def _on_scale(run: Pass) -> tuple[Sequence[int], np.ndarray]:
    """Block numbers and log10 of the norms; NaN, which breaks the line, where off the scale."""
    norms = [block.gradient_norm for block in run.blocks]
    powers = [math.log10(norm) if row_of(norm) is None else math.nan for norm in norms]
    return range(len(norms)), np.array(powers)


class _Legend(QWidget):
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
        reference = _reference(result).capitalize()
        self._long = (
            "Skips as now",
            reference + (" (the same)" if same else ""),
            f"{count} skip{'' if count == 1 else 's'} off",
        )
        self._short = ("Now", "All on" + (" (same)" if same else ""), f"{count} off")
        for label, text in zip(self.labels, self._long, strict=True):
            label.setToolTip(text)
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
            style = CurveStyle(_SYMBOLS["off"], QPen(), QPen(Qt.PenStyle.NoPen), QColor(look.off))
        else:
            style = now_style(look) if self._kind == "now" else all_on_style(look)
            painter.setPen(style.line)
            painter.drawLine(QPointF(1, middle.y()), QPointF(self.width() - 1, middle.y()))
            size += 4 if self._kind == "all_on" else 0
        painter.translate(middle)
        drawSymbol(painter, style.symbol, size, style.outline, pg.mkBrush(style.fill))
