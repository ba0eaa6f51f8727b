"""The message area: one sentence above the diagram, with the buttons that help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel


def begun(sentence: str) -> str:
    """The sentence with a capital, unless it begins with a file's name, which is left as it is."""
    begins_with_word = sentence.split(maxsplit=1)[0].isalpha()
    return sentence[:1].upper() + sentence[1:] if begins_with_word else sentence


class MessageBar(QFrame):
    """Hidden until there is something to say; stays until it is closed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self.setAccessibleName("Message")
        self.text = PlainLabel(wordWrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 6, 6)
        self._row.addWidget(self.text, 1)
        self._buttons: list[QPushButton] = []
        self.retheme()
        self.hide()

    def say(self, sentence: str, buttons: Sequence[tuple[str, Callable[[], None]]] = ()) -> None:
        """Show ``sentence`` and, beside it, a button for each text and what it does.

        "" takes the message away, but not one with buttons: that waits for an answer.
        """
        if not sentence:
            if len(self._buttons) <= 1:
                self.clear()
            return
        self.clear()
        self.text.setText(begun(sentence))
        for text, action in (*buttons, ("Close", lambda: None)):
            button = QPushButton(text)
            button.clicked.connect(self.clear)
            button.clicked.connect(lambda _=False, action=action: action())
            self._row.addWidget(button)
            self._buttons.append(button)
        self.show()

    def say_with_copy(self, sentence: str, offer: str, text: str) -> None:
        """Show ``sentence`` and a button that puts ``text`` on the clipboard."""
        self.say(sentence, [(offer, lambda: QGuiApplication.clipboard().setText(text))])

    def say_problem(self, sentence: str, details: str) -> None:
        """Say that something unexpected happened, and offer its details for a report."""
        self.say_with_copy(sentence, "Copy details", details)

    def clear(self) -> None:
        """Hide the message and drop its buttons."""
        self.hide()
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []

    def retheme(self) -> None:
        """Take the colours of the current theme."""
        ground, edge = theme.current().raised, theme.current().warning
        self.setStyleSheet(f"#message {{ background: {ground}; border-left: 6px solid {edge}; }}")
