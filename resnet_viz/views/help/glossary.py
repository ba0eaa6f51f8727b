"""The glossary: a window beside the window that explains a term in a few sentences.

``open_term("shortcut", widget)`` opens it anywhere; ``LinkedLabel`` is a label whose text links to
it, and ``follow(label)`` makes any other label's links do so.
"""

from __future__ import annotations

import html
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDesktopServices,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.views.help import terms
from resnet_viz.views.widgets import theme

_KEY = Qt.ItemDataRole.UserRole


class Glossary(QDialog):
    """A search field over a list of terms, and beside it what the chosen one means."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Glossary")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search the glossary")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Terms")
        self.list.currentItemChanged.connect(self._choose)
        self.page = QTextBrowser()
        self.page.setAccessibleName("Meaning")
        self.page.setOpenLinks(False)
        self.page.anchorClicked.connect(self._follow)
        self.shown = ""
        left = QVBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.list)
        row = QHBoxLayout(self)
        row.addLayout(left, 2)
        row.addWidget(self.page, 3)
        self.retheme()
        self._fill()

    def open_term(self, word: str) -> None:
        """Show the entry for ``word``: a key, a name or another word for it.

        Raises:
            KeyError: there is none.
        """
        term = terms.find(word)
        self.search.clear()
        self._fill()  # the list may have been a few terms only, with nothing in the search field
        for row in range(self.list.count()):
            if self.list.item(row).data(_KEY) == term.key:
                self.list.setCurrentRow(row)
                self.list.scrollToItem(self.list.item(row))
        self._come_up()

    def open_terms(self, found: list[terms.Term]) -> None:
        """Offer a few entries and show the first."""
        self.search.clear()
        self._offer(found)
        self._come_up()

    def bring_up(self) -> None:
        """Come to the front with all that the search finds, the search field ready."""
        self._fill()  # the list may have been a few terms only
        self._come_up()

    def _come_up(self) -> None:
        if not self.isVisible():
            metrics = self.fontMetrics()
            least = QSize(90 * metrics.averageCharWidth(), 24 * metrics.height())
            self.resize(self.size().expandedTo(least.boundedTo(self.screen().availableSize())))
        self.show()
        self.raise_()
        self.activateWindow()
        self.search.setFocus()

    def _fill(self) -> None:
        """List what the search finds."""
        self._offer(terms.matching(self.search.text()))

    def _offer(self, found: list[terms.Term]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for term in found:
            item = QListWidgetItem(term.name, self.list)
            item.setData(_KEY, term.key)
        self.list.blockSignals(False)
        if found:
            kept = [number for number, term in enumerate(found) if term.key == self.shown]
            by_name = not self.search.text() and kept
            self.list.setCurrentRow(kept[0] if by_name else 0)
        else:
            self.shown = ""
            self.page.setHtml(
                f"<p>Nothing here is called “{html.escape(self.search.text())}”. "
                "Try a shorter word.</p>"
            )

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.shown = item.data(_KEY)
            self.page.setHtml(meaning(terms.terms()[self.shown]))

    def _follow(self, address: QUrl) -> None:
        if address.scheme() + ":" == terms.SCHEME:
            self.open_term(address.path())
        else:
            browse(address.toString(), self)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Up and down in the search field move in the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
            if step is not None:
                row = self.list.currentRow() + step
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
                return True
        return False

    def changeEvent(self, event: QEvent) -> None:
        """Take the new colours when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "page"):
            self.retheme()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.page.document().setDocumentMargin(14)
        if self.shown:
            self.page.setHtml(meaning(terms.terms()[self.shown]))


def meaning(term: terms.Term) -> str:
    """The entry as a rich text: name, other words, text, paper, and what to read next."""
    style = theme.current()
    lines = [f"<h2>{html.escape(term.name)}</h2>"]
    if term.also:
        also = html.escape(", ".join(term.also))
        lines.append(f'<p style="color: {style.muted}">also: {also}</p>')
    lines.append(
        f'<p style="line-height: 130%">{terms.linked(html.escape(term.text), term.key)}</p>'
    )
    if term.paper:
        text, link = term.paper
        lines.append(f"<p>{_link(link, text)}</p>")
    if term.see:
        see = ", ".join(_link(terms.SCHEME + key, terms.terms()[key].name) for key in term.see)
        lines.append(f'<p style="color: {style.muted}">See also: {see}</p>')
    return "".join(lines)


def _link(address: str, text: str) -> str:
    colour = theme.current().accent
    return f'<a href="{address}" style="color: {colour}">{html.escape(text)}</a>'


def glossary_of(widget: QWidget) -> Glossary:
    """The glossary of the window that ``widget`` is in; made when it is first asked for."""
    window = _top(widget)
    return window.findChild(Glossary) or Glossary(window)


def _top(widget: QWidget) -> QWidget:
    """The window that ``widget`` is in; of a dialogue, the one that it belongs to."""
    window = widget.window()
    while (above := window.parentWidget()) is not None:
        window = above.window()
    return window


def open_term(word: str, widget: QWidget) -> None:
    """Open the glossary at ``word`` beside the window that ``widget`` is in.

    Raises:
        KeyError: the glossary has no such term.
    """
    glossary_of(widget).open_term(word)


def browse(address: str, widget: QWidget) -> None:
    """Open ``address`` in the browser; where there is none, have it said in the message area."""
    if not QDesktopServices.openUrl(QUrl(address)):
        window = _top(widget)
        if isinstance(window, SaysAddresses):
            window.say_address(address)


@runtime_checkable
class SaysAddresses(Protocol):
    """A window that can say an address that no browser opens."""

    def say_address(self, address: str) -> None: ...


def follow(label: QLabel) -> None:
    """Let a label's links open the glossary, and addresses the browser."""

    def open_link(address: str) -> None:
        if address.startswith(terms.SCHEME):
            open_term(address.removeprefix(terms.SCHEME), label)
        elif "://" in address:
            browse(address, label)

    label.linkActivated.connect(open_link)


class LinkedLabel(QLabel):
    """A label that wraps, and whose terms open the glossary: say what it says with ``say``.

    Its links are followed by mouse and by keyboard (Tab and Enter). One whose address is the name
    of a network of the catalog gives it to ``network_asked``.
    """

    network_asked = Signal(str)

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.said = ""
        """What it says, as it was given, without the links to the glossary."""
        self._html = ""
        self._drawn = ("", "", "")
        self._pressed = False
        follow(self)
        self.linkActivated.connect(self._activated)
        self.say(text)

    def say(self, text: str) -> None:
        """Show a rich text, with links."""
        self.said = self._html = text
        self._show()

    def say_plain(self, text: str) -> None:
        """Show a plain text, which may have several lines, with links."""
        self.said = text
        self._html = html.escape(text, quote=False).replace("\n", "<br>")
        self._show()

    def retheme(self) -> None:
        """Take the links' colours from the theme in use."""
        self._show()

    def _show(self) -> None:
        if self._pressed:
            return  # else a click that has begun on a link would be lost; it is shown afterwards
        self.ensurePolished()
        drawn = (self._html, self.palette().windowText().color().name(), theme.current().name)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        shown = terms.linked(self._html, colour=drawn[1])
        if shown == self.text():
            return
        chosen = self.selectedText() if self.hasFocus() else ""
        self.setText(shown)
        if chosen:  # back to the link that the keyboard was at
            self.heightForWidth(self.width())  # lays the text out, and so finds its links
            for _ in range(shown.count("<a ")):
                self.focusNextPrevChild(True)
                if self.selectedText() == chosen:
                    break
        # Only what has a link is a stop for Tab; a click is to leave the focus where it is.
        policy = Qt.FocusPolicy.TabFocus if "<a " in shown else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)

    def _activated(self, address: str) -> None:
        if ":" not in address:
            self.network_asked.emit(address)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._pressed = False
        self._show()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the first link, or backwards at the last."""
        super().focusInEvent(event)
        reason = Qt.FocusReason
        if event.reason() in (reason.TabFocusReason, reason.BacktabFocusReason):
            self.focusNextPrevChild(event.reason() == reason.TabFocusReason)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy what is selected; else leave it to the window, which explains terms."""
        if self.hasSelectedText():
            super().contextMenuEvent(event)
        else:
            event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the links in the colour of the text; a hidden label does so when it is shown."""
        super().changeEvent(event)
        changes = (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)
        if event.type() in changes and self.isVisible():
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()
