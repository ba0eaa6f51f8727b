"""A lecture's text as it is read: Markdown without HTML, in which nothing is loaded or run."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QFont, QTextDocument
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from resnet_viz.views.widgets import theme

MARKDOWN = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


class Words(QTextBrowser):
    """As high as its text, up to what its layout gives it; beyond that it scrolls."""

    def __init__(self, scale: float = 1.0, parent: QWidget | None = None) -> None:
        """``scale`` multiplies the theme's size of text."""
        super().__init__(parent)
        self._scale = scale
        self._markdown = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.document().setDocumentMargin(0)
        self.retheme()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Nothing: no picture or file is fetched for a text."""
        return None

    def say(self, markdown: str) -> None:
        """Show a text; "" hides the widget's contents."""
        self._markdown = markdown
        self.document().setMarkdown(markdown, MARKDOWN)
        self.updateGeometry()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        font = QFont(self.font())
        font.setPointSizeF(self._scale * look.point_size)
        self.setFont(font)
        self.document().setDefaultFont(font)
        self.setStyleSheet(f"QTextBrowser {{ background: transparent; color: {look.text}; }}")
        self.say(self._markdown)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """What the whole text needs."""
        copy = self.document().clone()
        copy.setTextWidth(max(1, width - 2 * self.frameWidth()))
        height = int(copy.size().height()) + 2
        copy.deleteLater()
        return height if self._markdown else 0

    def sizeHint(self) -> QSize:
        width = max(200, self.width())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 0)
