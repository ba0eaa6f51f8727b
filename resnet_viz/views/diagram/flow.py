"""Data that runs forwards through the diagram, and the gradient that runs back, as measured.

The width of a line is the norm of what passes there, on a logarithmic scale that is the same for
the whole network; the skip and the branch of a block have each their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from PySide6.QtCore import QElapsedTimer, QLineF, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QRadialGradient,
)
from PySide6.QtWidgets import QWidget

from resnet_viz.figures.fill_scale import GradientScale
from resnet_viz.figures.numbers import number_text
from resnet_viz.results.result import Pass
from resnet_viz.views.diagram.canvas import DiagramCanvas
from resnet_viz.views.diagram.items.paint import tint
from resnet_viz.views.diagram.scenes.level import Path
from resnet_viz.views.widgets import theme

SECONDS = 2.6
"""How long each of the two directions takes."""

_PAUSE, _FRAME_MS = 0.5, 16
_THIN, _THICK = 1.2, 9.0

Direction = Literal["forwards", "backwards"]


@dataclass(frozen=True)
class Current:
    """What passes along one path: the norm, or None where none is measured."""

    path: Path
    norm: float | None


@dataclass(frozen=True)
class Step:
    """Paths that are passed at the same time, for ``share`` of the whole way."""

    currents: tuple[Current, ...]
    share: float


def steps_of(paths: Sequence[Path], measured: Pass, direction: Direction) -> list[Step]:
    """The way through the network, step by step: to each block, then through both its paths."""
    blocks = {block.name: block for block in measured.blocks}
    names = list(blocks)
    before = dict(zip(names[1:], names, strict=False))

    def norm(path: Path) -> float | None:
        back = direction == "backwards"
        if path.kind == "trunk":
            name = before.get(path.block) if path.block else names[-1]
            if name is None or name not in blocks:
                return None
            return blocks[name].gradient_norm if back else blocks[name].activation_norm
        block = blocks.get(path.block)
        if block is None:
            return None
        met = block.paths
        if met is not None and path.kind == "skip":
            return met.skip_gradient_norm if back else met.skip_norm
        if met is not None:
            return met.branch_gradient_norm if back else met.branch_norm
        # One path alone carries all of it.
        first = before.get(path.block)
        if back:
            return blocks[first].gradient_norm if first else None
        return block.activation_norm

    steps: list[tuple[list[Current], float]] = []
    for path in paths:
        current = Current(path, norm(path))
        if path.kind == "skip" and steps:
            steps[-1][0].append(current)
        else:
            steps.append(([current], 0.4 if path.kind == "trunk" else 1.0))
    whole = sum(weight for _, weight in steps)
    made = [Step(tuple(currents), weight / whole) for currents, weight in steps]
    return made if direction == "forwards" else made[::-1]


def width_of(norm: float | None, scale: GradientScale | None) -> float | None:
    """The width of a line in pixels; None where nothing passes or the norm has no place."""
    if norm is None or scale is None:
        return 2.0
    if not math.isfinite(norm) or norm <= 0:
        return None
    return _THIN + (_THICK - _THIN) * scale.position(norm)


class FlowAnimation(QWidget):
    """Plays over a canvas, first forwards and then backwards; ``playing_changed`` says whether."""

    playing_changed = Signal(bool)

    def __init__(self, canvas: DiagramCanvas) -> None:
        super().__init__(canvas.viewport())
        self._canvas = canvas
        self._ways: dict[Direction, list[Step]] = {}
        self._scales: dict[Direction, GradientScale | None] = {}
        self._direction: Direction = "forwards"
        self._done = 0
        self._share = 0.0
        self._ground = QPixmap()
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._tick)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Data and gradient running through the diagram")
        canvas.moved.connect(self._refresh)
        canvas.resized.connect(self._refresh)
        self.hide()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def direction(self) -> Direction:
        return self._direction

    @property
    def share(self) -> float:
        """How much of the way is done in the present direction, in [0, 1]."""
        return self._share

    def play(self, paths: Sequence[Path], measured: Pass) -> None:
        """Run ``measured`` along ``paths``, forwards and then backwards."""
        for direction in ("forwards", "backwards"):
            steps = steps_of(paths, measured, direction)
            norms = [c.norm for step in steps for c in step.currents if c.norm is not None]
            self._ways[direction] = steps
            self._scales[direction] = GradientScale.covering(norms)
        self._direction = "forwards"
        self._begin()
        self.show()
        self.raise_()
        self._timer.start()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """End at once."""
        if self.playing or self.isVisible():
            self._timer.stop()
            self.hide()
            self.playing_changed.emit(False)

    def _begin(self) -> None:
        self._share, self._done = 0.0, 0
        self._clock.start()
        self._refresh()

    def _tick(self) -> None:
        self.advance(self._clock.elapsed() / 1000)

    def advance(self, seconds: float) -> None:
        """Show what is to be seen so many seconds after the direction began."""
        self._share = min(1.0, seconds / SECONDS)
        if seconds > SECONDS + _PAUSE:
            if self._direction == "backwards":
                self.stop()
                return
            self._direction = "backwards"
            self._begin()
        self._settle()
        self.update()

    def _refresh(self) -> None:
        """Take the canvas as it is now for a ground."""
        if not self.isVisible() and not self._timer.isActive() and not self._clock.isValid():
            return
        if not self._ways:
            return
        self.setGeometry(self._canvas.viewport().rect())
        self._ground = self._canvas.picture()
        self._done = 0
        self._settle()
        self.update()

    def _settle(self) -> None:
        """Paint what has been passed into the ground, once."""
        steps = self._ways.get(self._direction, [])
        passed = sum(step.share for step in steps[: self._done])
        painter: QPainter | None = None
        while self._done < len(steps) and passed + steps[self._done].share <= self._share + 1e-9:
            if painter is None:
                painter = self._painter(self._ground)
            for current in steps[self._done].currents:
                self._paint_current(painter, current, 1.0)
            passed += steps[self._done].share
            self._done += 1
        if painter is not None:
            painter.end()

    def _painter(self, device: QPixmap | QWidget) -> QPainter:
        painter = QPainter(device)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return painter

    def _paint_current(self, painter: QPainter, current: Current, share: float) -> QPointF | None:
        """Paint the first ``share`` of a path; returns where its front is."""
        look = theme.current()
        view = self._canvas.viewportTransform()
        backwards = self._direction == "backwards"
        width = width_of(current.norm, self._scales.get(self._direction))
        front, line = first_part(view.map(current.path.curve), share, backwards)
        if width is None:
            if current.norm == 0:
                return None
            # Not a number, or infinite: a broken line of warning.
            painter.setPen(QPen(QColor(look.warning), 2.0, Qt.PenStyle.DotLine))
            painter.drawPath(line)
            return front
        colours = {"trunk": look.text, "skip": look.skip, "branch": look.branch}
        colour = colours[current.path.kind]
        for wider, alpha in ((5.0, 0.16), (0.0, 0.62)):
            pen = QPen(tint(colour, alpha), width + wider)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(line)
        return front

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self._painter(self)
        painter.drawPixmap(0, 0, self._ground)
        steps = self._ways.get(self._direction, [])
        if self._done < len(steps):
            step = steps[self._done]
            passed = sum(before.share for before in steps[: self._done])
            share = min(1.0, max(0.0, (self._share - passed) / step.share))
            for current in step.currents:
                front = self._paint_current(painter, current, share)
                if front is not None:
                    self._paint_front(painter, front)
        self._paint_words(painter)
        painter.end()

    def _paint_front(self, painter: QPainter, at: QPointF) -> None:
        look, radius = theme.current(), 13.0
        glow = QRadialGradient(at, radius)
        glow.setColorAt(0.0, tint(look.text, 0.95))
        glow.setColorAt(0.25, tint(look.accent, 0.7))
        glow.setColorAt(1.0, tint(look.accent, 0.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(at, radius, radius)

    def words(self) -> str:
        """What is running, and what the width of its lines means."""
        steps = self._ways.get(self._direction, [])
        norms = [c.norm for step in steps for c in step.currents if c.norm is not None]
        finite = [norm for norm in norms if math.isfinite(norm) and norm > 0]
        what = "Data forwards" if self._direction == "forwards" else "Gradient backwards"
        if not finite:
            return f"{what}: nothing arrives"
        low, high = number_text(min(finite)), number_text(max(finite))
        gone = sum(norm == 0 for norm in norms)
        none = f"; {gone} paths carry 0 and have no line" if gone else ""
        return f"{what} · width: L2 norm, logarithmic, {low} to {high}{none}"

    def _paint_words(self, painter: QPainter) -> None:
        look, words = theme.current(), self.words()
        metrics = self.fontMetrics()
        wide = min(metrics.horizontalAdvance(words) + 16, self.width() - 8)
        place = QRectF(4, self.height() - metrics.height() - 8, wide, metrics.height() + 6)
        painter.setPen(QPen(QColor(look.line), 1.0))
        painter.setBrush(tint(look.panel, 0.88))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(QColor(look.text))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(wide) - 12)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)


def first_part(wire: QPainterPath, share: float, backwards: bool) -> tuple[QPointF, QPainterPath]:
    """The first ``share`` of a wire, from its end if ``backwards``, and where that ends.

    It goes through every corner and bend of the wire.
    """
    if share >= 1.0:
        return wire.pointAtPercent(0.0 if backwards else 1.0), wire
    corners = [point for polygon in wire.toSubpathPolygons() for point in polygon.toList()]
    if backwards:
        corners.reverse()
    rest = share * sum(QLineF(a, b).length() for a, b in pairwise(corners))
    front = corners[0]
    line = QPainterPath(front)
    for one, two in pairwise(corners):
        piece = QLineF(one, two)
        if piece.length() >= rest:
            front = piece.pointAt(rest / piece.length()) if rest > 0 else one
            line.lineTo(front)
            break
        rest -= piece.length()
        front = two
        line.lineTo(two)
    return front, line
