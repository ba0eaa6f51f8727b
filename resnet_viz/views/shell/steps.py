"""Settings that the user changes on a page, as steps that can be undone one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QDockWidget,
    QDoubleSpinBox,
    QLineEdit,
    QListWidget,
    QMenu,
    QScrollBar,
    QSpinBox,
    QTabBar,
    QWidget,
)

from resnet_viz.views.widgets.feature import Feature
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.picture import Picture

_TOUCHES = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.KeyPress,
    QEvent.Type.Wheel,
    QEvent.Type.Shortcut,
)


class Steps(QObject):
    """Looks at what a page's `choices` say before and after the user touches one of its controls.

    What differs becomes a step on the state's undo stack, which `page` puts back when it is undone;
    what one touch changes, such as a drag of a slider, is one step, and so is going through a list
    or through tabs. What the program itself changes is none: neither what is put back within
    `quietly`, nor what follows from another network.
    """

    def __init__(self, page: Page, name: str) -> None:
        super().__init__(page)
        self._page, self._name = page, name
        self._kept = page.choices()
        self._quiet = False
        self._touch = 0
        self._hand: QObject | None = None  # the control that was touched last
        page.grown.connect(self.watch)
        self.watch(page)

    def watch(self, part: QWidget) -> None:
        """Look at the controls of a part of the page that was just made."""
        for box in part.findChildren(QComboBox):
            self._look_at(box)
            box.activated.connect(lambda _, box=box: self._changed(box))
        for button in part.findChildren(QAbstractButton):
            self._look_at(button)
            button.clicked.connect(lambda _=False, button=button: self._changed(button))
        for menu in part.findChildren(QMenu):
            self._look_at(menu)
            menu.triggered.connect(lambda _, menu=menu: self._changed(menu))
        numbers: list[QSpinBox | QDoubleSpinBox] = [*part.findChildren(QSpinBox)]
        for number in (*numbers, *part.findChildren(QDoubleSpinBox)):
            self._look_at(number)
            for line in number.findChildren(QLineEdit):
                line.installEventFilter(self)
            number.valueChanged.connect(lambda _, number=number: self._changed(number))
        for slider in part.findChildren(QAbstractSlider):
            if not isinstance(slider, QScrollBar):
                self._look_at(slider)
                slider.valueChanged.connect(lambda _, slider=slider: self._changed(slider))
        for picture in part.findChildren(Picture):  # some are drawn on
            self._look_at(picture)
        features = part.findChildren(Feature)
        for feature in [part, *features] if isinstance(part, Feature) else features:
            feature.edited.connect(self._note)
        for bar in part.findChildren(QTabBar):
            self._look_at(bar)
            bar.currentChanged.connect(lambda _, bar=bar: self._walked(bar))
        for some in part.findChildren(QListWidget):
            self._look_at(some)
            self._look_at(some.viewport())
            some.currentRowChanged.connect(lambda _, some=some: self._walked(some))
        for dock in part.findChildren(QDockWidget):
            shown = dock.toggleViewAction()
            shown.hovered.connect(self._touched)
            shown.triggered.connect(lambda _=False, dock=dock: self._changed(dock))

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Within the context nothing becomes a step."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before
            self._kept = self._page.choices()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A touch begins: what is chosen now is what its step leads back to."""
        if event.type() in _TOUCHES:
            self._hand = watched
            self._touched()
        return False

    def _touched(self) -> None:
        self._touch += 1
        self._kept = self._page.choices()

    def _look_at(self, control: QWidget) -> None:
        control.installEventFilter(self)

    def _changed(self, control: QWidget) -> None:
        self._note(_words(control))

    def _walked(self, control: QTabBar | QListWidget) -> None:
        """Unlike the others these say it too when the program goes on, as to what was asked for."""
        inside = control.viewport() if isinstance(control, QListWidget) else control
        if self._hand in (control, inside):
            self._note(_words(control), control)

    def _note(self, what: str, gesture: object = None) -> None:
        now = self._page.choices()
        before, self._kept = self._kept, now
        if self._quiet or now == before:
            return
        self._page.state.note_beside(
            (self._name, {self._name: before}),
            (self._name, {self._name: now}),
            f"{self._page.title}: {what}",
            (self._name, gesture or self._touch),
        )


def _words(control: QWidget) -> str:
    """What a control is called on screen."""
    text = control.text() if isinstance(control, QAbstractButton) else control.windowTitle()
    if any(letter.isalpha() for letter in text):  # and no mere sign
        return text.replace("&", "").rstrip("…")
    return control.accessibleName().rstrip("…") or "setting"
