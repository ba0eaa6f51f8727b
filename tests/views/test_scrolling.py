"""What scrolls is painted once as it comes into sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from resnet_viz.views.widgets.scrolling import put_into


class Paints(QObject):
    """How often what it watches was painted."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


def paints(qtbot: QtBot, put: Callable[[QScrollArea, QWidget], None]) -> int:
    """How often a page of labels is painted when it is turned to."""
    area, inside = QScrollArea(), QWidget()
    area.setWidgetResizable(True)
    column = QVBoxLayout(inside)
    for number in range(4):
        column.addWidget(QLabel(f"label {number}"))
    put(area, inside)
    window, stack = QMainWindow(), QStackedWidget()
    qtbot.addWidget(window)
    window.setCentralWidget(stack)
    stack.addWidget(QWidget())
    stack.addWidget(area)
    with qtbot.waitExposed(window):
        window.show()
    watcher = Paints()
    inside.installEventFilter(watcher)
    for place in (1, 0):
        stack.setCurrentIndex(place)
        for _ in range(5):
            QApplication.processEvents()
    return watcher.count


def test_a_page_that_scrolls_is_painted_less_often_than_qt_would(qtbot: QtBot) -> None:
    ours = paints(qtbot, put_into)
    assert 0 < ours < paints(qtbot, QScrollArea.setWidget)
