"""What the story's figures have in common: marks to point at, with a card, that open networks."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from resnet_viz.networks import catalog
from resnet_viz.views.widgets import theme, zoom

_CARD_LETTERS = 46
_GAP = 12


@dataclass(frozen=True)
class Mark:
    """Something in a figure that can be pointed at.

    ``area`` is where, in pixels; ``card`` is a rich text about it. ``network`` is the name of the
    network that a click opens, or None where there is none; ``title`` is for messages.
    """

    key: str
    title: str
    area: QRectF
    card: str
    network: str | None

    @property
    def opens(self) -> bool:
        """Whether the catalog has the network."""
        return self.network in catalog.CATALOG

    @property
    def refusal(self) -> str:
        """Why a click opens nothing."""
        if self.network is None:
            return f"{self.title}: there is no network to open"
        return f"{self.title} cannot be opened yet: the catalog has no network {self.network!r}"


class Figure(QWidget):
    """A picture with marks. A click on one gives ``network_asked``, or ``refused`` with a sentence.

    The arrow keys go from mark to mark and Enter opens one. A subclass gives the marks, in
    ``marks_now``, and paints; ``marks`` are those of the present size.
    """

    network_asked = Signal(str)
    refused = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(560, 280)
        self.marks: list[Mark] = []
        self.current: Mark | None = None
        self.card = QLabel(self, textFormat=Qt.TextFormat.RichText)
        self.card.setObjectName("card")
        self.card.setWordWrap(True)
        self.card.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.card.hide()
        self._style_card()
        zoom.offer(self, name)

    def marks_now(self) -> list[Mark]:
        """The marks for the present size and theme, from left to right."""
        raise NotImplementedError

    def arrange(self) -> None:
        """Work the marks out anew."""
        self.marks = self.marks_now()
        self.point_at(None)
        self.update()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self._style_card()
        self.arrange()

    def mark(self, key: str) -> Mark:
        """The mark called ``key``."""
        return next(mark for mark in self.marks if mark.key == key)

    def point_at(self, mark: Mark | None) -> None:
        """Show the card of a mark, or none."""
        self.current = mark
        self.update()
        if mark is None:
            self.card.hide()
            self.unsetCursor()
            return
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if mark.opens else Qt.CursorShape.WhatsThisCursor
        )
        after = "Click to open it in the explorer." if mark.opens else f"{mark.refusal}."
        colour = theme.current().accent if mark.opens else theme.current().warning
        self.card.setText(f'{mark.card}<p style="color: {colour}">{after}</p>')
        self._place_card(mark.area)

    def open(self, mark: Mark) -> None:
        """Ask for the network of a mark, or say why there is none."""
        if mark.opens:
            self.network_asked.emit(mark.network)
        else:
            self.refused.emit(mark.refusal)

    def _style_card(self) -> None:
        style = theme.current()
        self.card.setStyleSheet(
            f"#card {{ background: {style.raised}; color: {style.text}; padding: 8px 12px;"
            f" border: 1px solid {style.line}; border-radius: 6px; }}"
        )

    def _place_card(self, area: QRectF) -> None:
        """Beside ``area``, on the side with more room, and inside the figure."""
        width = min(self.width() // 2, _CARD_LETTERS * self.fontMetrics().averageCharWidth())
        self.card.setFixedWidth(width)
        height = self.card.heightForWidth(width)
        self.card.resize(width, height)
        right = area.right() + _GAP
        if right + width > self.width():
            right = max(0.0, area.left() - _GAP - width)
        top = min(max(0.0, area.center().y() - height / 2), max(0.0, self.height() - height - 2.0))
        self.card.move(round(right), round(top))
        self.card.show()
        self.card.raise_()

    def _mark_at(self, at: QPointF) -> Mark | None:
        """The mark under ``at``; of several the smallest, and of those the nearest."""

        def rank(mark: Mark) -> tuple[float, float]:
            size = mark.area.width() * mark.area.height()
            return round(size), (mark.area.center() - at).manhattanLength()

        return min((m for m in self.marks if m.area.contains(at)), key=rank, default=None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        mark = self._mark_at(event.position())
        if mark is not self.current:
            self.point_at(mark)

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        mark = self._mark_at(event.position())
        if mark is not None and event.button() == Qt.MouseButton.LeftButton:
            self.open(mark)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self.marks:
            if self.current is None:
                self.point_at(self.marks[0 if step == 1 else -1])
            else:
                number = self.marks.index(self.current) + step
                self.point_at(self.marks[max(0, min(len(self.marks) - 1, number))])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.open(self.current)
        elif event.key() == Qt.Key.Key_Escape and self.current is not None:
            self.point_at(None)
        else:
            super().keyPressEvent(event)


def scaled(font: QFont, factor: float, bold: bool = False) -> QFont:
    """``font`` in another size."""
    made = QFont(font)
    made.setPointSizeF(font.pointSizeF() * factor)
    made.setBold(bold)
    return made


def text_width(font: QFont, text: str) -> float:
    """The width of a line in pixels."""
    return QFontMetricsF(font).horizontalAdvance(text)


def faded(colour: str, share: float) -> QColor:
    """``colour`` with an opacity between 0 and 1."""
    made = QColor(colour)
    made.setAlphaF(share)
    return made
