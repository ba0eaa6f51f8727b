"""A prediction on the screen: the question, its answers, and what was measured."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from resnet_viz.export.lecture import Prediction
from resnet_viz.figures.measures import MEASURES
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

LETTERS = "ABCD"


class Question(QWidget):
    """Answers are guessed with a click; the one that was measured is marked.

    It is ``large`` before the measurement, and a row under the figures after it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._predict: Prediction | None = None
        self._value: float | None = None
        self._large = True
        self.guess: int | None = None
        """What the hall says."""
        self.text = PlainLabel(wordWrap=True)
        self.answers: list[QPushButton] = []
        self.verdict = PlainLabel(wordWrap=True)
        self.verdict.setAccessibleName("What was measured")
        self._grid = QGridLayout()
        self._grid.setSpacing(10)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(10)
        rows.addWidget(self.text)
        rows.addLayout(self._grid)
        rows.addWidget(self.verdict)

    def ask(self, predict: Prediction, guess: int | None = None) -> None:
        """Show the question and its answers, large."""
        self._predict, self._value, self.guess, self._large = predict, None, guess, True
        self._build()

    def wait(self) -> None:
        """The measurement has begun."""
        self._large = False
        self._build()
        self.verdict.setText("Measuring …")

    def mark(self, value: float) -> None:
        """Mark the answer that the measured ``value`` fits."""
        self._value, self._large = value, False
        self._build()

    @property
    def right(self) -> int | None:
        """The place of the answer that was measured."""
        if self._predict is None or self._value is None:
            return None
        return self._predict.right(self._value)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        if self._predict is not None:
            self._build()

    def _build(self) -> None:
        predict = self._predict
        assert predict is not None
        for old in self.answers:
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.text.setText(predict.question)
        self.text.setVisible(self._large)
        self.answers = []
        for number, answer in enumerate(predict.answers):
            sign = "✓" if number == self.right else LETTERS[number]
            button = QPushButton(f"{sign}   {answer.text}", self)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, number=number: self._choose(number))
            button.show()
            self.answers.append(button)
        if self._value is None:
            self.verdict.setText("")
        else:
            measure = MEASURES[predict.measure]
            none = "" if self.right is not None else " None of the answers."
            said = f"Measured: {measure.text(self._value)} ({measure.title}).{none}"
            self.verdict.setText(said)
        self.verdict.setVisible(not self._large)
        self._paint()
        columns = 1 if self._large else self._columns()
        for number, button in enumerate(self.answers):
            self._grid.addWidget(button, number // columns, number % columns)

    def _columns(self) -> int:
        """How many answers fit beside each other."""
        widest = max(button.sizeHint().width() for button in self.answers)
        room = self.width() // (widest + self._grid.spacing())
        count = len(self.answers)
        return count if room >= count else 2 if room >= 2 else 1

    def _choose(self, number: int) -> None:
        self.guess = None if self.guess == number else number
        self._paint()

    def _paint(self) -> None:
        look = theme.current()
        size = look.point_size * (1.25 if self._large else 1.0)
        self.text.setStyleSheet(f"font-size: {1.5 * look.point_size:.1f}pt; font-weight: 600")
        self.verdict.setStyleSheet(f"color: {look.warning}; font-weight: 600")
        for number, button in enumerate(self.answers):
            right = number == self.right
            ground, text = (look.skip, look.window) if right else (look.raised, look.text)
            edge = look.warning if number == self.guess else ground
            button.setStyleSheet(
                f"QPushButton {{ font-size: {size:.1f}pt; text-align: left; color: {text}; "
                f"background: {ground}; border: 3px solid {edge}; border-radius: 6px; "
                f"padding: {10 if self._large else 4}px 14px; "
                f"font-weight: {600 if right else 400}; }}"
            )
