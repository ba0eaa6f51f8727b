"""Copies a panel: its picture, and its numbers as text with tabs, which spreadsheets take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from resnet_viz.export.script import NoScript
from resnet_viz.figures.table import Table
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Feature

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

SCALE = 2.0
"""Pixels of the copy for each one on screen."""

_MOST_CELLS = 200_000


class Copying(QObject):
    """What is copied is the panel that has the focus, else the page; ``feature`` names one."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def copy(self, feature: Feature | None = None) -> None:
        """Picture and numbers, for whatever the clipboard's next reader wants."""
        one = feature or self._chosen()
        data = QMimeData()
        data.setImageData(picture_of(one))
        table = one.table()
        if table is not None:
            data.setText(tabbed(table))
        QApplication.clipboard().setMimeData(data)

    def copy_picture(self, feature: Feature | None = None) -> None:
        """The picture alone."""
        QApplication.clipboard().setImage(picture_of(feature or self._chosen()))

    def copy_numbers(self, feature: Feature | None = None) -> None:
        """The numbers alone; a sentence where there are none yet."""
        table = (feature or self._chosen()).table()
        if table is None:
            self._window.message.say("There are no numbers here yet; measure something first")
        else:
            QApplication.clipboard().setText(tabbed(table))

    def copy_python(self, feature: Feature | None = None) -> None:
        """A script that computes the numbers; a sentence where there is none for them."""
        try:
            text = (feature or self._chosen()).script(self._window.engine.result)
        except NoScript as error:
            self._window.message.say(str(error))
        else:
            QApplication.clipboard().setText(text)

    def offer(self, widget: QWidget, at: QPoint) -> bool:
        """A menu for the panel that ``widget`` is in, at a point of the screen; False if none."""
        feature = feature_of(widget)
        if feature is None:
            return False
        menu = QMenu(self._window)
        menu.addAction("Copy picture", lambda: self.copy_picture(feature))
        menu.addAction("Copy numbers", lambda: self.copy_numbers(feature))
        menu.addAction("Copy as Python", lambda: self.copy_python(feature))
        menu.popup(at)
        menu.aboutToHide.connect(menu.deleteLater)
        return True

    def _chosen(self) -> Feature:
        focus = QApplication.focusWidget()
        found = feature_of(focus) if focus is not None else None
        return found or self._window.pages[self._window.pages.current]


def feature_of(widget: QWidget) -> Feature | None:
    """The innermost panel or page that a widget is in."""
    at: QWidget | None = widget
    while at is not None and not isinstance(at, Feature):
        at = at.parentWidget()
    return at


def picture_of(widget: QWidget) -> QImage:
    """A widget as it is on screen, in more pixels."""
    image = QImage(widget.size() * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(theme.current().window))
    widget.render(image)
    image.setDevicePixelRatio(1.0)
    return image


def tabbed(table: Table) -> str:
    """A table as lines of cells with tabs between, the titles first; very long ones are cut."""
    rows = table.rows[: max(1, _MOST_CELLS // max(1, len(table.columns)))]
    lines = [table.columns, *rows]
    return "\n".join("\t".join("" if c is None else _plain(c) for c in line) for line in lines)


def _plain(cell: object) -> str:
    return " ".join(str(cell).split())
