"""Shift+F1 and a click, or a right click: the glossary explains what is written."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QMenu,
    QTabBar,
    QWidget,
)

from resnet_viz.views.help import terms
from resnet_viz.views.help.glossary import glossary_of, open_term


class WhatIsThis(QObject):
    """While it is on, a click explains instead of doing something. Esc ends it.

    ``unknown`` has a sentence for a click on something that no term of the glossary is about.
    """

    unknown = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.on = False

    def begin(self) -> None:
        """Wait for a click."""
        if not self.on:
            self.on = True
            # Only now: a filter on the whole application sees every event, which takes time.
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
            QApplication.setOverrideCursor(Qt.CursorShape.WhatsThisCursor)

    def end(self) -> None:
        """Let clicks do again what they do."""
        if self.on:
            self.on = False
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            QApplication.restoreOverrideCursor()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # else a shortcut, such as the cascade's, would take the key
            elif event.type() == QEvent.Type.KeyPress:
                self.end()
            return True
        if not (isinstance(watched, QWidget) and isinstance(event, QMouseEvent)):
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            self.end()
            self._explain(watched, event.position().toPoint())
        return event.type() in (
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseButtonRelease,
            QEvent.Type.MouseButtonDblClick,
        )

    def offer(self, widget: QWidget, at: QPoint) -> bool:
        """Open a menu that asks for each term written on a widget at ``at``, on the screen.

        False if nothing there is a term.
        """
        found = _found(widget, widget.mapFromGlobal(at))
        if not found:
            return False
        menu = QMenu(widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for term in found:
            action = menu.addAction(f"What is “{term.name}”?")
            action.triggered.connect(lambda _=False, key=term.key: open_term(key, widget))
        menu.popup(at)
        return True

    def _explain(self, widget: QWidget, at: QPoint) -> None:
        if found := _found(widget, at):
            glossary_of(widget).open_terms(found)
        else:
            self.unknown.emit(
                "The glossary has nothing about this; Ctrl+Shift+G opens it to search"
            )


def _found(widget: QWidget, at: QPoint) -> list[terms.Term]:
    """The terms in the nearest text that has any."""
    return next(filter(None, map(terms.found_in, texts(widget, at))), [])


def texts(widget: QWidget, at: QPoint) -> Iterator[str]:
    """What is written on a widget at a point, then its help, then the same of what it is in."""
    around: QWidget | None = widget
    while around is not None and not around.isWindow():
        yield _written(around, at)
        yield around.toolTip()
        yield around.accessibleName()
        at = around.mapToParent(at)
        around = around.parentWidget()


def _written(widget: QWidget, at: QPoint) -> str:
    if isinstance(widget, QTabBar):
        return widget.tabText(widget.tabAt(at))
    if isinstance(widget, QAbstractItemView):
        return str(widget.indexAt(at).data() or "")
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text().replace("&", "")
    if isinstance(widget, QGroupBox):
        return widget.title()
    if isinstance(widget, QDockWidget):
        return widget.windowTitle()
    return ""
