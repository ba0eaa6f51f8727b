"""Gradient flow: the gradient's norm at every block, with the skips as they are and with all on."""

from __future__ import annotations

import html
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.gradient_words import reference, remark, sentence, short_sentence
from resnet_viz.figures.numbers import number_text, power_of_ten, row_of
from resnet_viz.figures.scale import Scale, decade_ticks
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Pass, Result
from resnet_viz.views.explorer.gradient_legend import SYMBOLS, Legend, all_on_style, now_style
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.curve_motion import CurveMotion
from resnet_viz.views.widgets import theme

_EDGE = 8.0  # pixels between the outermost decade and the edge, so that no marker is cut
_ROOMY = 17  # lines of text in the view's height, below which the remark is a short one
_TIGHT = 14  # the same, below which one short text must do and the stages go unnamed


class GradientFlowView(QWidget):
    """The L2 norm of the gradient of the target's logit at each block's output, from stem to last.

    Two curves are always drawn: the skips as they are now, and all of them on. Where only the gates
    have changed, the curve and the axis move to the new result, so that an audience sees the fall.
    """

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._result: Result | None = None
        self._scale = Scale.covering([])
        self._bands: list[Any] = []
        self.motion = CurveMotion(self)
        self.motion.moved.connect(self._arrange)
        self.setAccessibleName("Gradient flow")

        self.empty = QLabel("Gradient flow appears with the first pass.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.sentence = LinkedLabel()
        self.caption = QLabel()
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hold = QCheckBox("Hold scale")
        self.hold.setToolTip("Keep the vertical range, so that results can be compared.")
        self.hold.toggled.connect(self._hold_toggled)
        self.remark = LinkedLabel()
        for label in (self.sentence, self.remark):
            label.network_asked.connect(state.set_network)
        self.legend = Legend()
        self.plot = self._make_plot()
        self.readout = QLabel(self.plot)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()

        below = QHBoxLayout()
        below.addWidget(self.legend, 1)
        below.addWidget(self.hold)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(8, 4, 8, 4)
        rows.setSpacing(3)
        rows.addWidget(self.sentence)
        rows.addWidget(self.caption)
        rows.addWidget(self.plot, 1)
        rows.addLayout(below)
        rows.addWidget(self.remark)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)

        state.block_changed.connect(self._block_changed)
        self.retheme()

    def show_result(self, result: Result) -> None:
        """Draw the gradient norms of ``result``."""
        before, self._result = self._result, result
        new_network = before is None or before.structure != result.structure
        same = before is not None and result.snapshot == replace(
            before.snapshot, gates=result.snapshot.gates
        )
        held = self._scale if self.hold.isChecked() else None
        self._scale = Scale.covering(self._norms(), held)
        self.readout.hide()
        self._hovered.hide()
        self.legend.describe(result)
        if new_network:
            self._make_bands(result.structure)
        self._pages.setCurrentIndex(1)
        self._fit_texts()
        (self.motion.move if same else self.motion.jump)(self._now(), self._scale)
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
        self.crosses = pg.ScatterPlotItem(symbol=SYMBOLS["off"])
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

    def _now(self) -> list[float]:
        assert self._result is not None
        return [block.gradient_norm for block in self._result.now.blocks]

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
        metrics = self.fontMetrics()
        whole, short = remark(self._result), remark(self._result, short=True)
        lines = self.height() / metrics.lineSpacing()
        room, tight = lines >= _ROOMY, lines < _TIGHT
        self.remark.say(whole if room else short)
        self.remark.setToolTip("" if room else whole)
        self.remark.setVisible(bool(whole) and not tight)
        words = sentence(self._result)
        if tight:
            self.sentence.say(f"{html.escape(short_sentence(self._result))} {short}".strip())
        else:
            self.sentence.say_plain(words)
        self.sentence.setToolTip(f"{words} {whole}".strip() if tight else "")
        self.caption.setVisible(not tight)
        self.plot.setAccessibleDescription(words)
        label = self._result.labels[self._result.now.target]
        caption = f"Gradient of the logit of “{label}”, L2 norm"
        width = self.width() - 24
        frame = metrics.horizontalAdvance("Gradient of logit “”")
        short = metrics.elidedText(label, Qt.TextElideMode.ElideRight, max(0, width - frame))
        texts = (caption, f"Gradient of the logit of “{label}”", f"Gradient of logit “{short}”")
        fitting = (text for text in texts if metrics.horizontalAdvance(text) <= width)
        self.caption.setText(next(fitting, texts[-1]))
        self.caption.setToolTip(caption)

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
        lowest, highest = self.motion.low, self.motion.high
        unit = (highest - lowest) / room  # decades in a pixel
        bottom = lowest - unit * (_EDGE + under)
        top = highest + unit * (_EDGE + line * len(above))
        places = {"0": bottom + unit * (crosses + line / 2)}
        for number, row in enumerate(above):
            places[row] = highest + unit * (_EDGE + line * (number + 0.5))
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
        powers = range(math.ceil(self.motion.low), math.floor(self.motion.high) + 1)
        labelled, others = decade_ticks(scale, powers, least)
        rows = [(y, row) for row, y in places.items() if row in scale.rows]
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
        moving = self.motion.moving
        before = _on_scale(self._result.all_on)
        now = self.motion.heights if moving else _on_scale(self._result.now)
        for curve, edge, run, heights, style, extra in (
            (self.curve_now, self.edge_now, self._result.now, now, now_style(look), 0.0),
            (
                self.curve_all_on,
                self.edge_all_on,
                self._result.all_on,
                before,
                all_on_style(look),
                more,
            ),
        ):
            curve.setData(
                range(len(heights)),
                heights,
                pen=style.line,
                symbol=style.symbol,
                symbolPen=style.outline,
                symbolBrush=style.fill,
                symbolSize=size + extra,
            )
            # On its way to a row, a point is still on the axis.
            rows = [
                (x, row_of(block.gradient_norm) if math.isnan(heights[x]) else None)
                for x, block in enumerate(run.blocks)
            ]
            edge.setData(
                [
                    {"pos": (x, places[row]), "symbol": SYMBOLS[row]}
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
            self.motion.move(self._now(), self._scale)
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
                f"{reference(self._result)}: {number_text(before.gradient_norm)}",
                f"now ÷ all on: {number_text(ratio)}",
            )
        )


def _on_scale(run: Pass) -> np.ndarray:
    """log10 of the norms; NaN, which breaks the line, where off the scale."""
    norms = [block.gradient_norm for block in run.blocks]
    return np.array([math.log10(n) if row_of(n) is None else math.nan for n in norms])
