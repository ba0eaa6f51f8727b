"""The parts of a model downstream of a backbone in a row, its backbone lit; a click on a stage
chooses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_viz.networks.downstream import BackboneStage, Downstream
from resnet_viz.views.widgets import theme

_STAGES = ("C2", "C3", "C4", "C5")
_GAP = 0.3  # of a box's width, between two
_ROW = 2.5  # lines of a box
_SMALLEST = 0.7  # how far words shrink to fit


@dataclass(frozen=True)
class Item:
    """A box: its ``lines``, the first its title, and what is said of it in a tip. ``stage`` is what
    a click chooses; ``colour`` is a role of the theme, "" for what is not of the backbone."""

    rect: QRectF
    lines: tuple[str, ...]
    tip: str
    stage: str = ""
    colour: str = ""


class ModelDiagram(QWidget):
    """``chosen`` carries a stage's title, or "" where the chosen one is clicked again."""

    chosen = Signal(str)

    def __init__(self, spec: Downstream) -> None:
        super().__init__()
        self._spec, self._side, self._stage = spec, spec.side, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._name()

    @property
    def stage(self) -> str:
        """The chosen stage, such as "C4"; "" for all."""
        return self._stage

    def set_model(self, spec: Downstream, side: int = 0) -> None:
        """Draw another model; ``side`` is what the photo's short side becomes, 0 its own."""
        self._spec, self._side = spec, side or spec.side
        self._name()
        self.updateGeometry()
        self.update()

    def choose(self, stage: str) -> None:
        """Outline a stage, or none."""
        self._stage = stage if stage in _STAGES else ""
        self._name()
        self.update()

    def _name(self) -> None:
        head = ", ".join(title for title, _ in self._spec.head)
        stages = ", ".join(
            f"{one.title} with stride {one.stride}"
            + (f" and dilation {one.dilation}" if one.dilation > 1 else "")
            for one in self._spec.stages
        )
        pyramid = "a feature pyramid, " if self._spec.pyramid else ""
        chosen = f"; {self._stage} is chosen" if self._stage else ""
        self.setAccessibleName(
            f"{self._spec.title}: the backbone, ResNet-50, of {stages}; then {pyramid}{head}"
            f"{chosen}"
        )

    # ---- where everything is

    def sizeHint(self) -> QSize:
        rows = 2 if self._spec.pyramid else 1
        line = self._small().lineSpacing()
        height = 1.3 * line + rows * _ROW * line + (rows - 1) * 0.9 * line + 4
        return QSize(640, round(height))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.sizeHint().height())

    def _small(self) -> QFontMetrics:
        return QFontMetrics(self._font())

    def _font(self, lines: tuple[str, ...] = (), room: float = 0.0) -> QFont:
        """Somewhat smaller than other text, and smaller still where ``lines`` have less room."""
        font = self.font()
        font.setPointSizeF(0.85 * font.pointSizeF())
        widest = max((QFontMetrics(font).horizontalAdvance(line) for line in lines), default=0)
        if widest > room:
            font.setPointSizeF(font.pointSizeF() * max(_SMALLEST, room / widest))
        return font

    def items(self) -> list[Item]:
        """Every box, from input to output."""
        spec = self._spec
        line = self._small().lineSpacing()
        count = 1 + len(spec.stages) + len(spec.head)
        step = (self.width() - 2) / (count - _GAP / (1 + _GAP))
        wide, top, high = step / (1 + _GAP), 1.3 * line, _ROW * line

        def box(column: int, row: float = 0.0) -> QRectF:
            return QRectF(1 + column * step, top + row * (high + 0.9 * line), wide, high)

        found = [Item(box(0), ("Photo", f"short side {self._side}"), _photo_tip(spec, self._side))]
        for number, stage in enumerate(spec.stages):
            found.append(
                Item(
                    box(1 + number),
                    _lines(stage),
                    _stage_tip(stage),
                    stage.title if stage.title in _STAGES else "",
                    f"stage {number}" if number else "muted",
                )
            )
        if spec.pyramid:
            for number, stage in enumerate(spec.stages[1:], start=2):
                level = f"P{number}"
                tip = (
                    f"{level} of the pyramid: {stage.title} in 256 channels, "
                    + ("" if number == 5 else f"with P{number + 1} enlarged added, ")
                    + "then a 3×3 convolution."
                    + (" A P6, P5 with a stride of 2, is for proposals alone."
                       if number == 5 else "")
                )  # fmt: skip
                found.append(Item(box(number, 1), (level, f"256, stride {stage.stride}"), tip))
        for number, (title, what) in enumerate(spec.head):
            place = box(1 + len(spec.stages) + number, 1 if spec.pyramid else 0)
            found.append(Item(place, (title,), f"{title}: {what}."))
        return found

    def at(self, position: QPointF) -> Item | None:
        """The box at a place of the widget."""
        return next((one for one in self.items() if one.rect.contains(position)), None)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        look, items = theme.current(), self.items()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        lit = [one.rect for one in items if one.colour]
        self._draw_words(painter, lit[0].united(lit[-1]))
        painter.setPen(QPen(QColor(look.muted), 1.5))
        painter.setBrush(QColor(look.muted))
        for start, end in self._arrows(items):
            _arrow(painter, start, end)
        for one in items:
            self._draw_item(painter, one)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(look.accent), 1, Qt.PenStyle.DotLine))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _draw_words(self, painter: QPainter, lit: QRectF) -> None:
        """The backbone's name above its stages, and the pyramid's beside its levels."""
        line = self._small().lineSpacing()
        painter.setPen(QColor(theme.current().text))
        named = "Backbone: ResNet-50"
        if self._spec.pyramid:
            first = next(one.rect for one in self.items() if one.lines[0] == "P2")
            beside = QRectF(0, first.top(), first.left() - 8, first.height())
            end = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(beside, end, "Feature pyramid (FPN)")
        else:
            named += ", C4 and C5 dilated in place of a stride"
        words = QRectF(lit.left(), 0, self.width() - lit.left(), 1.15 * line)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, named)

    def _draw_item(self, painter: QPainter, one: Item) -> None:
        look = theme.current()
        chosen = bool(one.stage) and one.stage == self._stage
        fill = QColor(look.raised)
        if one.colour:
            fill = QColor(look.colour(one.colour))
            fill.setAlphaF(0.45)
        painter.setBrush(fill)
        border = look.accent if chosen else look.colour(one.colour) if one.colour else look.line
        width = 2 * look.line_width if chosen else look.line_width if one.colour else 1.0
        painter.setPen(QPen(QColor(border), width))
        painter.drawRoundedRect(one.rect, 4, 4)
        painter.setPen(QColor(look.text))
        font = self._font(one.lines[1:], 0.95 * one.rect.width() - 4)
        line = self._small().lineSpacing()
        high = len(one.lines) * line
        for number, words in enumerate(one.lines):
            font.setBold(number == 0)
            painter.setFont(font)
            top = one.rect.center().y() - high / 2 + number * line
            room = QRectF(one.rect.left() + 2, top, one.rect.width() - 4, line)
            shown = painter.fontMetrics().elidedText(
                words, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)

    def _arrows(self, items: list[Item]) -> Iterator[tuple[QPointF, QPointF]]:
        """From where to where numbers flow."""
        rects = {one.lines[0]: one.rect for one in items}
        row = ["Photo", *(stage.title for stage in self._spec.stages)]
        heads = [title for title, _ in self._spec.head]
        if self._spec.pyramid:
            for number in range(2, 6):
                yield _foot(rects[f"C{number}"]), _top(rects[f"P{number}"])
            for number in (5, 4, 3):  # the way down of the pyramid goes from coarse to fine
                yield _left(rects[f"P{number}"]), _right(rects[f"P{number - 1}"])
            yield _right(rects["P5"]), _left(rects[heads[0]])
        else:
            row += heads[:1]
        for names in (row, heads):
            for before, after in pairwise(names):
                yield _right(rects[before]), _left(rects[after])

    # ---- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        if found is not None and found.stage:
            self._click(found.stage)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        hand = found is not None and found.stage
        self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        names = ("", *_STAGES)
        self._click(names[(names.index(self._stage) + step) % len(names)] or self._stage)

    def _click(self, stage: str) -> None:
        """The chosen one again is no one."""
        self.choose("" if stage == self._stage else stage)
        self.chosen.emit(self._stage)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), found.tip if found is not None else "", self)
            return True
        return super().event(event)


def _lines(stage: BackboneStage) -> tuple[str, ...]:
    words = f"{stage.channels}, stride {stage.stride}"
    return stage.title, words


def _stage_tip(stage: BackboneStage) -> str:
    if stage.title == "C1":
        return "C1, the stem's convolution; a pool with stride 2 follows"
    dilated = (
        f" Its 3×3 convolutions leave holes: dilation {stage.dilation} keeps the places fine."
        if stage.dilation > 1
        else ""
    )
    return (
        f"{stage.title}: {stage.channels} channels, one place for {stage.stride}×{stage.stride} "
        f"pixels of the input.{dilated} Click to see its Grad-CAM alone."
    )


def _photo_tip(spec: Downstream, side: int) -> str:
    longest = round(spec.longest * side / spec.side)
    return (
        f"The whole photo; its short side becomes {side} pixels and its long one at most {longest}"
    )


def _top(rect: QRectF) -> QPointF:
    return QPointF(rect.center().x(), rect.top())


def _foot(rect: QRectF) -> QPointF:
    return QPointF(rect.center().x(), rect.bottom())


def _left(rect: QRectF) -> QPointF:
    return QPointF(rect.left(), rect.center().y())


def _right(rect: QRectF) -> QPointF:
    return QPointF(rect.right(), rect.center().y())


def _arrow(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """A line with a head at its end, straight along one axis."""
    painter.drawLine(start, end)
    along = end - start
    size = 4.0
    length = max(1e-6, (along.x() ** 2 + along.y() ** 2) ** 0.5)
    unit = along / length
    across = QPointF(-unit.y(), unit.x())
    painter.drawPolygon(
        [end, end - unit * size * 1.6 + across * size, end - unit * size * 1.6 - across * size]
    )
