"""One thing large: a panel, a plot or a picture laid over its whole page, and put back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

_TITLE, _FIRST = "enlarges", "enlarges first"
SIGN = "⤢"


def offer(
    widget: QWidget, title: str, handle: QWidget | None = None, *, first: bool = False
) -> None:
    """Let ``widget`` be enlarged under a title; a double click on ``handle`` does so.

    Where neither the mouse nor the focus says which of a page is meant, it is the ``first``.
    """
    widget.setProperty(_TITLE, title)
    widget.setProperty(_FIRST, first)
    if handle is not None:
        handle.installEventFilter(_DoubleClick(widget, handle))


class Button(QToolButton):
    """Enlarges ``widget`` when it is clicked, and puts it back."""

    def __init__(self, widget: QWidget, title: str) -> None:
        super().__init__()
        self._widget = widget
        self.setText(SIGN)
        self.setAutoRaise(True)
        self.setAccessibleName(f"Enlarge {title}")
        self.setToolTip(f"{title} over the whole page (Z, or a double click on the title)")
        self.clicked.connect(lambda: toggle(self._widget))


class _DoubleClick(QObject):
    def __init__(self, widget: QWidget, handle: QWidget) -> None:
        super().__init__(handle)
        self._widget = widget

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            toggle(self._widget)
            return True
        return False


def toggle(widget: QWidget) -> None:
    """Enlarge ``widget`` in its window, or put it back."""
    zoom = widget.window().findChild(Zoom)
    if isinstance(zoom, Zoom):
        zoom.toggle(widget)


class Zoom(QFrame):
    """Lies over ``pages``, whose current page's widgets it enlarges, one at a time.

    While one is large, the arrow keys go on to the next or back to the one before, and Esc puts it
    back where it was. ``refused`` carries a sentence where there is nothing to enlarge.
    """

    refused = Signal(str)

    def __init__(self, pages: QStackedWidget) -> None:
        super().__init__(pages.parentWidget())
        self._pages = pages
        self._widget: QWidget | None = None
        self._stand_in: QWidget | None = None
        self.setProperty("overlay", True)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Enlarged")
        self.title = PlainLabel()
        self.before = self._button("‹", "The one before (←)", lambda: self.go(-1))
        self.after = self._button("›", "The next one (→)", lambda: self.go(1))
        self.back = self._button(SIGN, "Back to its place (Z, Esc)", self.put_back)
        head = QHBoxLayout()
        head.setContentsMargins(8, 2, 4, 2)
        head.addWidget(self.title, 1)
        for button in (self.before, self.after, self.back):
            head.addWidget(button)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._rows.addLayout(head)
        self.hide()
        pages.installEventFilter(self)
        pages.currentChanged.connect(lambda _: self.put_back())

    def _button(self, sign: str, tip: str, press: object) -> QToolButton:
        button = QToolButton()
        button.setText(sign)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(press)
        return button

    @property
    def enlarged(self) -> QWidget | None:
        """What is large now."""
        return self._widget

    def toggle(self, widget: QWidget | None = None) -> None:
        """Enlarge ``widget``, or put it back if it is large. None is what the mouse is over, else
        what has the focus, else the page's first."""
        if self._widget is not None and widget in (None, self._widget):
            self.put_back()
            return
        chosen = widget or self._under_the_mouse() or self._with_focus() or self._first()
        if chosen is None:
            self.refused.emit("There is nothing to enlarge on this page before it has a result")
        else:
            self.enlarge(chosen)

    def enlarge(self, widget: QWidget) -> None:
        """Lay ``widget`` over the page; what was large before goes back."""
        self.put_back()
        self._stand_in = QWidget()
        self._stand_in.setSizePolicy(widget.sizePolicy())
        self._stand_in.setMinimumSize(widget.minimumSize())
        if not _swap(widget, self._stand_in):
            self._stand_in = None
            return
        self._widget = widget
        widget.destroyed.connect(self._lose)
        self.title.setText(str(widget.property(_TITLE)))
        self._rows.addWidget(widget, 1)
        widget.show()
        self.retheme()
        several = len(self.choices()) > 1
        self.before.setVisible(several)
        self.after.setVisible(several)
        self.setGeometry(self._pages.geometry())
        self.show()
        self.raise_()
        self.setFocus()

    def put_back(self) -> None:
        """Give what is large its place again."""
        widget, stand_in = self._widget, self._stand_in
        self._widget = self._stand_in = None
        if widget is None or stand_in is None:
            return
        widget.destroyed.disconnect(self._lose)
        self._rows.removeWidget(widget)
        _swap(stand_in, widget)
        widget.show()
        stand_in.deleteLater()
        self.hide()

    def _lose(self) -> None:
        """The page has taken away what is large, for another result: show the page again."""
        if self._stand_in is not None:
            self._stand_in.deleteLater()
        self._widget = self._stand_in = None
        self.hide()

    def choices(self) -> list[QWidget]:
        """What of the current page can be enlarged, from the top left to the bottom right."""
        page = self._pages.currentWidget()
        if page is None:
            return []
        places: list[tuple[int, int, QWidget]] = []
        for widget in page.findChildren(QWidget):
            stands = self._widget if widget is self._stand_in else widget
            if stands is not None and stands.property(_TITLE) and widget.isVisibleTo(page):
                place = widget.mapTo(page, QPoint())
                places.append((place.y(), place.x(), stands))
        return [widget for *_, widget in sorted(places, key=lambda one: one[:2])]

    def go(self, steps: int) -> None:
        """Enlarge the next one (1) or the one before (−1)."""
        if self._widget is None:
            return
        choices = self.choices()
        self.enlarge(choices[(choices.index(self._widget) + steps) % len(choices)])

    def retheme(self) -> None:
        """Take the font from the theme in use."""
        look = theme.current()
        self.title.setStyleSheet(f"font-weight: 600; font-size: {1.15 * look.point_size:.1f}pt")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on with the arrow keys, go back with Esc."""
        keys = Qt.Key
        if event.key() in (keys.Key_Right, keys.Key_Down):
            self.go(1)
        elif event.key() in (keys.Key_Left, keys.Key_Up):
            self.go(-1)
        elif event.key() == keys.Key_Escape:
            self.put_back()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click on the title goes back."""
        if event.position().y() <= self.title.geometry().bottom():
            self.put_back()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.isVisible():
            self.setGeometry(self._pages.geometry())
        return False

    def _under_the_mouse(self) -> QWidget | None:
        return self._chosen_of(QApplication.widgetAt(QCursor.pos()))

    def _with_focus(self) -> QWidget | None:
        return self._chosen_of(QApplication.focusWidget())

    def _chosen_of(self, widget: QWidget | None) -> QWidget | None:
        choices = self.choices()
        while widget is not None and widget not in choices:
            widget = widget.parentWidget()
        return widget

    def _first(self) -> QWidget | None:
        choices = self.choices()
        first = (widget for widget in choices if widget.property(_FIRST))
        return next(first, next(iter(choices), None))


def _swap(old: QWidget, new: QWidget) -> bool:
    """Put ``new`` in the place of ``old``; False if that has no place to be taken from."""
    parent = old.parentWidget()
    if parent is None:
        return False
    if isinstance(parent, QDockWidget):
        parent.setWidget(new)
        return True
    if isinstance(parent, QSplitter):
        sizes = parent.sizes()
        parent.replaceWidget(parent.indexOf(old), new)
        new.show()
        parent.setSizes(sizes)
        return True
    if isinstance(parent, QStackedWidget):
        place, current = parent.indexOf(old), parent.currentIndex()
        parent.removeWidget(old)
        parent.insertWidget(place, new)
        parent.setCurrentIndex(current)
        return True
    layout = parent.layout()
    item = None if layout is None else layout.replaceWidget(old, new)
    if item is None:
        return False
    new.show()
    return True


class DockTitle(QWidget):
    """The title of a dock: a double click or the first button enlarges what is in it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        title = dock.windowTitle()
        self._dock = dock
        self.label = PlainLabel(title)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setProperty("elides", True)
        self.label.setToolTip(title)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(0)
        row.addWidget(self.label, 1)
        self.buttons = []
        for sign, name, press in (
            (SIGN, f"Enlarge {title}", self._enlarge),
            ("❐", f"{title} in a window of its own, and back", self._float),
            ("✕", f"Close {title}", dock.close),
        ):
            button = QToolButton()
            button.setText(sign)
            button.setAutoRaise(True)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.clicked.connect(press)
            row.addWidget(button)
            self.buttons.append(button)
        self.retheme()

    def _enlarge(self) -> None:
        widget = self._dock.widget()
        if widget is not None:
            toggle(widget)

    def _float(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def retheme(self) -> None:
        """Take the colours from the theme in use."""
        look = theme.current()
        self.setStyleSheet(f"DockTitle {{ background: {look.panel}; }}")
        self.label.setStyleSheet("font-weight: 600")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Enlarge what is in the dock."""
        self._enlarge()
