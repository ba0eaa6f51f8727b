"""What ⊕ does, with the figures of this image: two vectors, their angle and their sum."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.layout.geometry import Point
from resnet_viz.figures.numbers import number_text
from resnet_viz.networks.structure import Block
from resnet_viz.results.path_sum import PathSum
from resnet_viz.views.diagram.items.paint import arrow_path
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel


def skip_word(block: Block) -> str:
    """What comes through the skip: x itself, or what the shortcut makes of it."""
    return {"pad": "pad(x)", "projection": "W x"}.get(block.shortcut, "x")


def figures(block: Block, met: PathSum) -> list[str]:
    """The norms of what meets, of what comes of it, and the angle between, line by line."""
    x = skip_word(block)
    lines = [
        f"‖{x}‖ = {number_text(met.skip_norm)}  (through the skip)",
        f"‖F(x)‖ = {number_text(met.branch_norm)}  (through the branch)",
    ]
    if block.combine == "concat":
        return [*lines, f"‖[{x}, F(x)]‖ = {number_text(met.sum_norm)}  (side by side)"]
    lines.append(f"‖{x} + F(x)‖ = {number_text(met.sum_norm)}")
    if math.isnan(met.cosine):
        lines.append(f"cos({x}, F(x)): none, since one of them is 0")
    else:
        angle = math.degrees(math.acos(met.cosine))
        cosine = f"{round(met.cosine, 2) + 0.0:.2f}".replace("-", "−")  # −0.00 reads 0.00
        lines.append(f"cos({x}, F(x)) = {cosine}, an angle of {angle:.0f}°")
    lines.append(
        f"The gradient at x: {number_text(met.skip_gradient_norm)} through the skip, "
        f"{number_text(met.branch_gradient_norm)} through the branch"
    )
    return lines


def sentence(block: Block, met: PathSum) -> str:
    """What the figures say, in one sentence."""
    if block.combine == "concat":
        return "The two are put side by side; nothing is added."
    if met.skip_norm == 0 and met.branch_norm == 0:
        return "Both paths carry nothing here."
    if met.skip_norm == 0:
        return "The skip carries nothing: all that goes on is what the branch computes."
    if met.branch_norm == 0:
        return "The branch adds nothing: x goes on as it came."
    share = met.branch_norm / met.skip_norm
    size = f"The branch adds {100 * share:.0f} % of the skip's length"
    if share > 9.99:
        size = f"The branch is {share:.0f} times as long as the skip"
    if abs(met.cosine) < 0.2:
        return f"{size}, nearly at a right angle to it: it writes something new."
    if met.cosine > 0:
        return f"{size}, partly in its direction: it strengthens what is there."
    return f"{size}, partly against it: it takes away from what is there."


def explanation(block: Block, met: PathSum | None) -> str:
    """All of it as rich text for hovering, or "" where nothing is measured."""
    if met is None:
        return ""
    return "<br>" + "<br>".join([*figures(block, met), sentence(block, met)])


class VectorPicture(QWidget):
    """x, F(x) and their sum in the plane that they span: lengths and angle are as measured."""

    def __init__(self, word: str, met: PathSum, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._word, self._met = word, met
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The two vectors and their sum")

    def sizeHint(self) -> QSize:
        unit = self.fontMetrics().height()
        return QSize(18 * unit, 8 * unit)

    def ends(self) -> tuple[QPointF, QPointF]:
        """The tips of x and of the sum, with x along the horizontal; up is negative."""
        met = self._met
        cosine = 0.0 if math.isnan(met.cosine) else met.cosine
        sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
        first = QPointF(met.skip_norm, 0.0)
        return first, first + QPointF(met.branch_norm * cosine, -met.branch_norm * sine)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        start, (first, last) = QPointF(0, 0), self.ends()
        points = (start, first, last)
        left, right = min(p.x() for p in points), max(p.x() for p in points)
        top, low = min(p.y() for p in points), max(p.y() for p in points)
        unit = self.fontMetrics().height()
        room = (self.width() - 5.0 * unit, self.height() - 3.2 * unit)
        scale = min(room[0] / max(1e-30, right - left), room[1] / max(1e-30, low - top))
        if not math.isfinite(scale) or not math.isfinite(right - left + low - top):
            painter.end()
            return
        shift = QPointF(
            (self.width() - (right - left) * scale) / 2 - left * scale,
            (self.height() - (low - top) * scale) / 2 - top * scale,
        )
        a, b, c = (point * scale + shift for point in points)
        wide = 1.4 * look.line_width
        for one, two, colour, words, away in (
            (a, b, look.skip, self._word, QPointF(0, 0.9 * unit)),
            (b, c, look.branch, "F(x)", QPointF(1.3 * unit, 0)),
            (a, c, look.text, f"{self._word} + F(x)", QPointF(-0.4 * unit, -0.9 * unit)),
        ):
            if (two - one).manhattanLength() < 0.5:
                continue
            painter.setPen(QPen(QColor(colour), wide))
            painter.drawLine(one, two)
            head = min(5.0 * look.line_width, 0.5 * (two - one).manhattanLength())
            tip = arrow_path(Point(one.x(), one.y()), Point(two.x(), two.y()), head)
            painter.fillPath(tip, QColor(colour))
            at = (one + two) / 2 + away
            half = self.fontMetrics().horizontalAdvance(words) / 2
            x = min(max(at.x() - half, 2.0), self.width() - 2 * half - 2)
            painter.drawText(QPointF(x, at.y() + 0.35 * unit), words)
        painter.end()


class Explanation(QFrame):
    """A small window with picture and figures, that a click beside it closes."""

    def __init__(self, block: Block, met: PathSum | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(f"What ⊕ of {block.name} does")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        adds = "adds" if block.combine == "add" else "puts side by side"
        name = f"<b>{escape(block.name)}</b>"
        title = QLabel(
            f"{name} {adds} {skip_word(block)} and F(x)", textFormat=Qt.TextFormat.RichText
        )
        column.addWidget(title)
        if met is None:
            self.text = PlainLabel("Nothing is measured here yet: it comes with the next result.")
            column.addWidget(self.text)
            return
        if block.combine == "add":
            column.addWidget(VectorPicture(skip_word(block), met))
        self.text = PlainLabel("\n".join(figures(block, met)))
        says = PlainLabel(sentence(block, met))
        says.setWordWrap(True)
        look = theme.current()
        note = PlainLabel(
            "L2 norms of the whole maps for this image, before the activation that follows; "
            "the picture is the plane of the two vectors."
        )
        note.setWordWrap(True)
        note.setStyleSheet(f"color: {look.muted};")
        for widget in (self.text, says, note):
            column.addWidget(widget)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any of the keys that mean "done" closes it."""
        keys = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_E)
        if event.key() in keys:
            self.close()
        else:
            super().keyPressEvent(event)

    def open_at(self, at: QPoint) -> None:
        """Show it beside a point of the screen, and whole."""
        self.adjustSize()
        area = self.screen().availableGeometry()
        x = min(at.x() + 10, area.right() - self.width())
        y = min(at.y() + 10, area.bottom() - self.height())
        self.move(max(area.left(), x), max(area.top(), y))
        self.show()
