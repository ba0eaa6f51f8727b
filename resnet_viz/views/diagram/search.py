"""A field that finds a block or a layer by its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from resnet_viz.networks.structure import Structure
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel


def names_of(structure: Structure) -> list[str]:
    """Every block's and every layer's name, each once, from input to output."""
    names: dict[str, None] = {}
    for block in structure.blocks:
        names[block.name] = None
        for layer in (*block.layers, *block.shortcut_layers):
            names[layer.name] = None
    for layer in structure.head:
        names[layer.name] = None
    return list(names)


def find(names: Sequence[str], words: str) -> str | None:
    """The name that is meant: the same, else the first that begins so, else that contains it."""
    plain = words.strip().lower()
    if not plain:
        return None
    tests = (
        lambda name: name == plain,
        lambda name: name.startswith(plain),
        lambda name: name.removeprefix("layer").startswith(plain),
        lambda name: plain in name,
    )
    for test in tests:
        for name in names:
            if test(name.lower()):
                return name
    return None


class SearchField(QFrame):
    """``found`` carries the name of a block or a layer, and the field closes; so does Escape."""

    found = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Block or layer, such as layer2.1.conv1")
        self.field.setAccessibleName("Find a block or a layer")
        self.field.setClearButtonEnabled(True)
        self.sentence = PlainLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setVisible(False)
        self._model = QStringListModel(self)
        self.completer = QCompleter(self._model, self)
        self.completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completer.setMaxVisibleItems(8)
        self.field.setCompleter(self.completer)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(6, 6, 6, 6)
        self.column.addWidget(self.field)
        self.column.addWidget(self.sentence)
        self.field.textEdited.connect(lambda _: self._say(""))
        self.completer.activated.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.completer.setPopup(self.list)
        self.list.setAccessibleName("Names that fit")
        self.list.installEventFilter(self)
        self.hide()

    def set_structure(self, structure: Structure) -> None:
        self._names = names_of(structure)
        self._model.setStringList(self._names)

    def open(self, width: int) -> None:
        """Show the field at the parent's upper left, which is ``width`` wide."""
        self._width = width
        self._say("")
        self.show()
        self.raise_()
        self._place()
        self.field.setFocus()
        self.field.selectAll()

    def _place(self) -> None:
        wide = min(max(260, 24 * self.field.fontMetrics().averageCharWidth()), self._width - 16)
        wide = max(wide, 60)
        self.setFixedWidth(wide)
        margins = self.contentsMargins() + self.column.contentsMargins()
        room = wide - margins.left() - margins.right()
        # Qt has no height, -1, for a label without text.
        self.sentence.setMinimumHeight(max(0, self.sentence.heightForWidth(room)))
        self.adjustSize()
        self.move(8, 8)

    def _search(self, words: str) -> None:
        name = find(self._names, words)
        if name is None:
            near = f"{self._names[-1]}" if self._names else "layer1.0"
            block = next((n for n in self._names if n.count(".") == 1), "stem")
            self._say(
                f"Nothing here is called “{words.strip()}”; try {block} or {near}."
                if words.strip()
                else f"Type a name, such as {block} or {near}."
            )
            return
        # It has done its work, and would only lie over what it found.
        self.close_field()
        self.found.emit(name)

    def _say(self, sentence: str) -> None:
        self.sentence.setText(sentence)
        self.sentence.setStyleSheet(f"color: {theme.current().warning};")
        self.sentence.setVisible(bool(sentence))
        if self.isVisible():
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            # Handled here, so that the diagram does not take these keys for its own.
            is_list = watched is self.list
            if event.key() == Qt.Key.Key_Escape and not is_list:
                self.close_field()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if is_list and self.list.currentIndex().isValid():
                    return False  # the completer gives what is chosen there
                self.list.hide()
                self._search(self.field.text())
                return True
        return super().eventFilter(watched, event)

    def close_field(self) -> None:
        self.hide()
        self.closed.emit()
