"""Text that is shown as it is: a file, a class or a lecture may be called like a piece of HTML."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import QLabel


class PlainLabel(QLabel):
    """A label of plain text. Qt takes what looks like HTML in any other for HTML."""

    def __init__(self, *given: Any, **properties: Any) -> None:
        super().__init__(*given, textFormat=Qt.TextFormat.PlainText, **properties)


def plain(text: str) -> str:
    """The text as tool tips and message boxes show it unchanged, whatever is in it."""
    if not Text.mightBeRichText(text):
        return text
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>")
