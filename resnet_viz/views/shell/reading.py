"""The dialogue on how a file of weights was read: what was guessed, why, and what else it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.networks.reading.reading import Assumption
from resnet_viz.results.recognition import Recognised
from resnet_viz.results.witness import Fit
from resnet_viz.views.shell.message_bar import begun
from resnet_viz.views.widgets.plain_text import PlainLabel

_NAMED = 3
"""How many of the tensors that are not used are called by their names."""


@dataclass(frozen=True)
class Understood:
    """How a file was read: what was ``found``, and how it fits the statistics in it once they were
    ``compared``; a ``fit`` of None then means that they cannot tell."""

    found: Recognised
    fit: Fit | None = None
    compared: bool = False


class ReadingDialog(QDialog):
    """A box for each thing that a file cannot show, with its reason, the least sure first.

    ``asked`` carries the prefix of the network in the file and (assumption, choice) pairs, to read
    the file again with. What the user has changed and not applied yet stays where the same network
    is shown again.
    """

    asked = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("How the file was read")
        self.boxes: dict[str, QComboBox] = {}
        self.networks = _Box()
        self.networks.setAccessibleName("Network in the file")
        self._found: Recognised | None = None
        self._busy = False
        self._body = QScrollArea()
        self._body.setWidgetResizable(True)
        self._body.setFrameShape(QFrame.Shape.NoFrame)
        self._body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._body.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.what, self.fit, self.status = _words(), _words(), _words()
        buttons = QDialogButtonBox()
        roles = QDialogButtonBox.ButtonRole
        self.apply = buttons.addButton("&Apply", roles.ApplyRole)
        self.back = buttons.addButton("&Back to the guesses", roles.ResetRole)
        self.shut = buttons.addButton("&Close", roles.RejectRole)
        for button in (self.apply, self.back, self.shut):
            button.setAutoDefault(button is self.apply)  # Enter never throws choices away
        self.apply.setDefault(True)
        self.apply.clicked.connect(self._apply)
        self.back.clicked.connect(self._go_back)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self._body, 1)
        column.addWidget(self.status)
        column.addWidget(buttons)

    def sizeHint(self) -> QSize:
        """Wide enough for a line of text, and as high as there is something to show or room."""
        line, parent = self.fontMetrics(), self.parentWidget()
        room = self.screen().availableSize() if parent is None else parent.window().size()
        wide = min(72 * line.averageCharWidth(), room.width() - 32)
        return QSize(wide, min(40 * line.height(), room.height() - 32))

    def show_reading(self, one: Understood) -> None:
        """Fill the dialogue, and show it."""
        found, picked = one.found, {}
        old = self._found
        if old is not None and not self._busy:
            same = (old.weights.path, old.which) == (found.weights.path, found.which)
            picked = self._picked() if same else {}
        self._found, self._busy = found, False
        self._fill(one)
        for key, choice in picked.items():
            if key in self.boxes:
                self.boxes[key].setCurrentIndex(max(0, self.boxes[key].findText(choice)))
        self._changed()
        if not self.isVisible():
            self.resize(self.sizeHint())
            self.show()

    def say(self, sentence: str) -> None:
        """Say why the file could not be read again; the choices stay as they are."""
        self._busy = False
        self._changed()
        self.status.setText(begun(sentence))
        self.status.show()

    # ---- filling

    def _fill(self, one: Understood) -> None:
        found = one.found
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 12, 4)
        self.what, self.fit, self.networks = _words(), _words(), _Box()
        self.what.setText(f"{found.summary.partition(';')[0]}.")
        self.fit.setText(_fit_in_words(one))
        column.addWidget(self.what)
        column.addWidget(self.fit)
        self._fill_networks(found, column)
        self.boxes = {}
        assumptions = () if found.reading is None else found.reading.assumptions
        guessed = [a for a in assumptions if not a.sure]
        known = [a for a in assumptions if a.sure]
        if guessed:
            column.addWidget(_heading("Guessed: names and shapes cannot show it"))
        for assumption in guessed:
            self._add(assumption, column)
        if known:
            column.addWidget(_heading("Told by the file, by its names, or by you"))
        for assumption in known:
            self._add(assumption, column)
        if found.reading is None:
            words = _words()
            words.setText(
                "Its names and shapes show all but its input; set that with Network → "
                "Preprocessing, if the weights were trained with another."
            )
            column.addWidget(words)
        notes = [*found.notes, _unused(found)]
        if any(notes):
            column.addWidget(_heading("Also"))
        for note in filter(None, notes):
            words = _words()
            words.setText(f"{note}.")
            column.addWidget(words)
        column.addStretch(1)
        self._body.setWidget(body)
        self.status.hide()
        before: QWidget = self.networks
        for box in self.boxes.values():
            QWidget.setTabOrder(before, box)
            before = box
        QWidget.setTabOrder(before, self.apply)

    def _fill_networks(self, found: Recognised, column: QVBoxLayout) -> None:
        """The networks in the file, if there are several."""
        self.networks.setAccessibleName("Network in the file")
        for number, one in enumerate(found.networks, start=1):
            self.networks.addItem(one.title or f"network {number}", one.prefix)
            if one.prefix == found.which:
                self.networks.setCurrentIndex(number - 1)
        self.networks.currentIndexChanged.connect(self._changed)
        if len(found.networks) > 1:
            column.addWidget(_heading("Network in the file"))
            column.addWidget(self.networks)
            reason = next((one.reason for one in found.networks if one.prefix == found.which), "")
            column.addWidget(_small(f"{reason[:1].upper()}{reason[1:]}."))
        else:
            self.networks.setParent(self)
            self.networks.hide()

    def _add(self, assumption: Assumption, column: QVBoxLayout) -> None:
        what = f"{assumption.what[0].upper()}{assumption.what[1:]}"
        name = _words()
        name.setText(what)
        box = _Box()
        box.setAccessibleName(what)
        box.setAccessibleDescription(assumption.reason)
        box.addItems(list(assumption.choices))
        box.setCurrentText(assumption.guess)
        box.currentIndexChanged.connect(self._changed)
        column.addSpacing(self.fontMetrics().height() // 3)
        column.addWidget(name)
        column.addWidget(box)
        column.addWidget(_small(f"{assumption.reason[0].upper()}{assumption.reason[1:]}."))
        self.boxes[assumption.key] = box

    # ---- choosing

    def _picked(self) -> dict[str, str]:
        """What the boxes say other than what is shown, by assumption."""
        if self._found is None or self._found.reading is None:
            return {}
        return {
            one.key: self.boxes[one.key].currentText()
            for one in self._found.reading.assumptions
            if self.boxes[one.key].currentText() != one.guess
        }

    def _in_force(self) -> dict[str, str]:
        """The choices that the file was read with."""
        reading = None if self._found is None else self._found.weights.reading
        return {} if reading is None else dict(reading.choices)

    def _changed(self) -> None:
        """Offer only what would change something."""
        assert self._found is not None
        other = self.networks.currentData() != self._found.which
        for box in self.boxes.values():
            box.setEnabled(not other)  # these guesses are about the network that is shown
        picked = self._picked()
        self.apply.setEnabled(not self._busy and (other or bool(picked)))
        self.back.setEnabled(not self._busy and bool(other or picked or self._in_force()))

    def _apply(self) -> None:
        assert self._found is not None
        which = self.networks.currentData()
        same = which == self._found.which
        choices = {**self._in_force(), **self._picked()} if same else {}
        self._ask(which, tuple(choices.items()))

    def _go_back(self) -> None:
        """Undo what was picked here, and read the file again if choices were applied before."""
        assert self._found is not None
        found = self._found
        self.networks.setCurrentIndex(self.networks.findData(found.which))
        for one in () if found.reading is None else found.reading.assumptions:
            self.boxes[one.key].setCurrentText(one.guess)
        if self._in_force():
            self._ask(found.which, ())

    def _ask(self, which: str, choices: tuple[tuple[str, str], ...]) -> None:
        assert self._found is not None
        self._busy = True
        self._changed()
        self.status.setText(f"Reading {PurePath(self._found.weights.path).name} again …")
        self.status.show()
        self.asked.emit(which, choices)


class _Box(QComboBox):
    """As wide as there is room; the wheel turns the page that it is on, and not its choice."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _words() -> QLabel:
    """Nothing in it is taken for HTML: much of it comes from a file."""
    label = PlainLabel(wordWrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _heading(text: str) -> QLabel:
    label = _words()
    font = QFont(label.font())
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    label.setText(text)
    label.setContentsMargins(0, label.fontMetrics().height() // 2, 0, 0)
    return label


def _small(text: str) -> QLabel:
    label = _words()
    font = QFont(label.font())
    font.setPointSizeF(0.88 * font.pointSizeF())
    label.setFont(font)
    label.setText(text)
    return label


def _fit_in_words(one: Understood) -> str:
    if one.fit is not None:
        return f"{one.fit.text}."
    if one.found.reading is None:
        return ""
    if one.compared:
        return "It has no statistics from training, so that nothing tells if it was read right."
    return "How it fits its own statistics is not known yet."


def _unused(found: Recognised) -> str:
    """A sentence on the tensors that the network has no use for; "" if there are none."""
    extras = () if found.reading is None else found.reading.extras
    if not extras:
        return ""
    named = ", ".join(extras[:_NAMED])
    more = f" and {len(extras) - _NAMED} more" if len(extras) > _NAMED else ""
    return f"Not used of its tensors: {named}{more}"
