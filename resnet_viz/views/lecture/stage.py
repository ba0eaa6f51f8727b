"""The picture that the audience sees: the step's title, its figures, its text and its question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.export.lecture import MOST_SHOWN, Prediction, Step
from resnet_viz.figures.figure import Figure
from resnet_viz.results.result import Result
from resnet_viz.views.lecture.question import Question
from resnet_viz.views.lecture.tiles import FigureTile
from resnet_viz.views.lecture.veil import Veil
from resnet_viz.views.lecture.words import Words
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

_TEXT = 0.34  # the share of the picture's height that text may take
_LARGE, _OTHER = 145, 100  # the room of a large tile, and of each other


class Stage(QWidget):
    """Shows nothing but what a step shows, large enough for the last row.

    ``make`` makes a part of the explorer by its name; each is made once and kept.
    """

    def __init__(self, make: Callable[[str], QWidget]) -> None:
        super().__init__()
        self._make = make
        self._parts: dict[str, QWidget] = {}
        self._figures: dict[int, FigureTile] = {}
        self._result: Result | None = None
        self.tiles: list[QWidget] = []
        """Those that are on screen, in the order of the step."""
        self.large: int | None = None
        """The place of the one that is over the whole picture."""
        self.setAutoFillBackground(True)
        self.title = PlainLabel(wordWrap=True)
        self.place = PlainLabel()
        self.place.setAccessibleName("Step")
        self.text = Words(1.0)
        self.question = Question()
        self.measured = PlainLabel(wordWrap=True)
        self.measured.setAccessibleName("Measured")
        self.working = QProgressBar()
        self.working.setRange(0, 0)
        self.working.setTextVisible(False)
        self.working.setFixedHeight(6)
        self.working.setAccessibleName("Measuring")
        self._area = QGridLayout()
        self._area.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.place, 0, Qt.AlignmentFlag.AlignTop)
        self._head = QWidget()
        self._head.setLayout(head)
        head.setContentsMargins(0, 0, 0, 0)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 12, 20, 12)
        rows.setSpacing(8)
        rows.addWidget(self._head)
        rows.addWidget(self.working)
        rows.addWidget(self.text)
        rows.addLayout(self._area, 1)
        rows.addWidget(self.measured)
        rows.addWidget(self.question)
        self._below = QWidget()  # keeps a question alone in the middle
        rows.addWidget(self._below, 1)
        self._rows = rows
        self.overview = Overview(self)
        self.notes = PlainLabel(self, wordWrap=True)
        self.notes.setMargin(14)
        self.notes.setAccessibleName("Notes")
        self.notes.hide()
        self.veil = Veil(self)
        self.working.hide()
        self.question.hide()
        self.retheme()

    # ---- what it shows

    def ask(self, step: Step, place: str, predict: Prediction, guess: int | None) -> None:
        """A step's question alone, before anything is done."""
        self._begin(step, place)
        self._clear()
        self.text.setVisible(False)
        self._below.setVisible(True)
        self.question.ask(predict, guess)
        self.question.setVisible(True)

    def show_step(
        self, step: Step, place: str, shown: Sequence[str], layout: str, guess: int | None = None
    ) -> None:
        """What a step shows, in a layout; below, its question if it has one, and the ``guess``."""
        self._begin(step, place)
        self.text.say(step.text)
        self.text.setVisible(bool(step.text))
        self._fit_text()
        self._below.setVisible(False)
        self.question.setVisible(step.predict is not None)
        if step.predict is not None:
            self.question.ask(step.predict, guess)
            self.question.wait()
        self._clear()
        self.tiles = [self._tile(name) for name in shown]
        self.show_figures(())  # those of the step before would stand under this one's title
        for number, tile in enumerate(self.tiles):
            self._area.addWidget(tile, *_cell(layout, number, len(self.tiles)))
        rows, columns = _stretches(layout, len(self.tiles))
        for line in range(MOST_SHOWN):
            self._area.setRowStretch(line, rows.get(line, 0))
            self._area.setColumnStretch(line, columns.get(line, 0))
        for tile in self.tiles:
            tile.setVisible(True)

    def hold(self, on: bool) -> None:
        """Hide the explorer's parts while they still show another network than the step's."""
        for number, tile in enumerate(self.tiles):
            if not isinstance(tile, FigureTile):
                tile.setVisible(not on and self.large in (None, number))

    def show_result(self, result: Result) -> None:
        """Hand the explorer's newest result to what is on screen."""
        self._result = result
        for tile in self.tiles:
            self._refresh(tile)

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Paint the page's figures, where the step shows them."""
        for tile in self.tiles:
            if isinstance(tile, FigureTile):
                tile.show_figures(figures)

    def show_measured(self, lines: Sequence[str]) -> None:
        """Say numbers that were measured."""
        self.measured.setText("   ·   ".join(lines))
        self.measured.setVisible(bool(lines))

    @property
    def shows_figures(self) -> bool:
        """True if a page's figures are on screen."""
        return any(isinstance(tile, FigureTile) for tile in self.tiles)

    def part(self, name: str) -> QWidget | None:
        """A part of the explorer that is on screen."""
        found = self._parts.get(name)
        return found if found in self.tiles else None

    def enlarge(self, place: int | None) -> None:
        """One tile over the whole picture; None shows all again."""
        self.large = place if place is not None and place < len(self.tiles) else None
        alone = self.large is not None
        for number, tile in enumerate(self.tiles):
            tile.setVisible(not alone or number == self.large)
        for widget in (self._head, self.text):
            widget.setVisible(not alone)
        if not alone:
            self.text.setVisible(bool(self.text.toPlainText()))

    def show_notes(self, text: str) -> None:
        """The speaker's notes over the picture; "" takes them away."""
        self.notes.setText(text)
        self.notes.setVisible(bool(text))
        self._lay_over()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.setStyleSheet(f"Stage {{ background: {look.window}; }}")
        size = 1.45 * look.point_size
        self.title.setStyleSheet(f"font-size: {size:.1f}pt; font-weight: 600")
        self.place.setStyleSheet(f"color: {look.muted}")
        self.measured.setStyleSheet(f"color: {look.warning}; font-weight: 600")
        self.notes.setStyleSheet(
            f"background: {look.raised}; color: {look.text}; border: 2px solid {look.accent}"
        )
        self.text.retheme()
        self._fit_text()
        self.question.retheme()
        self.overview.retheme()
        for part in (*self._parts.values(), *self._figures.values()):
            part.retheme()  # type: ignore[attr-defined]

    # ---- inside

    def _begin(self, step: Step, place: str) -> None:
        self.large = None
        self.title.setText(step.title)
        self.place.setText(place)
        self._head.setVisible(bool(step.title or place))
        self.measured.setVisible(False)
        self.show_notes("")

    def _clear(self) -> None:
        for tile in self.tiles:
            self._area.removeWidget(tile)
            tile.setVisible(False)
        self.tiles = []

    def _tile(self, name: str) -> QWidget:
        if name.startswith("figure"):
            number = int(name.partition(" ")[2] or 0)
            if number not in self._figures:
                self._figures[number] = FigureTile(number or None)
                self._figures[number].setParent(self)
            return self._figures[number]
        if name not in self._parts:
            self._parts[name] = self._make(name)
            self._parts[name].setParent(self)
            if leave := getattr(self._parts[name], "leave_controls", None):
                leave()  # nobody in the hall can click them
        self._refresh(self._parts[name])
        return self._parts[name]

    def _refresh(self, tile: QWidget) -> None:
        if self._result is not None and not isinstance(tile, FigureTile):
            tile.show_result(self._result)  # type: ignore[attr-defined]

    def _fit_text(self) -> None:
        """Give the text the height that it needs, up to a share of the picture."""
        margins = self._rows.contentsMargins()
        needed = self.text.heightForWidth(self.width() - margins.left() - margins.right())
        self.text.setFixedHeight(min(needed, round(_TEXT * self.height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_text()
        self._lay_over()

    def _lay_over(self) -> None:
        self.veil.setGeometry(self.rect())
        self.overview.setGeometry(self.rect())
        width = self.width() - 80
        height = min(self.notes.heightForWidth(width), self.height() // 2)
        self.notes.setGeometry(40, self.height() - height - 30, width, height)
        for over in (self.notes, self.overview, self.veil):
            over.raise_()


def _cell(layout: str, number: int, count: int) -> tuple[int, int, int, int]:
    """Row, column and spans of a tile."""
    if layout == "columns":
        return 0, number, 1, 1
    if layout == "top" and count > 1:
        return (0, 0, 1, count - 1) if number == 0 else (1, number - 1, 1, 1)
    if layout == "left" and count > 1:
        return (0, 0, count - 1, 1) if number == 0 else (number - 1, 1, 1, 1)
    return number, 0, 1, 1


def _stretches(layout: str, count: int) -> tuple[dict[int, int], dict[int, int]]:
    """How much room each row and each column gets, against each other."""
    some = dict.fromkeys(range(max(1, count - 1)), _OTHER)
    if layout == "columns":
        return {0: _OTHER}, dict.fromkeys(range(count), _OTHER)
    if layout == "top" and count > 1:
        return {0: _LARGE, 1: _OTHER}, some
    if layout == "left" and count > 1:
        return some, {0: _LARGE, 1: _OTHER}
    return dict.fromkeys(range(count), _OTHER), {0: _OTHER}


class Overview(QListWidget):
    """All steps, over the picture; one is chosen with the arrow keys and Enter, or a click."""

    def __init__(self, stage: QWidget) -> None:
        super().__init__(stage)
        self.setAccessibleName("All steps")
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What was chosen with a key must not go on to the presentation as another key."""
        super().keyPressEvent(event)
        event.accept()

    def offer(self, steps: Mapping[int, str], now: int) -> None:
        """List the titles of all steps."""
        self.clear()
        for number, title in steps.items():
            self.addItem(f"{number + 1:3}   {title}")
        self.setCurrentRow(now)
        self.show()
        self.raise_()
        self.setFocus()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.setStyleSheet(
            f"QListWidget {{ background: {look.window}; padding: 30px; "
            f"font-size: {1.1 * look.point_size:.1f}pt }}"
        )
