"""Without a mouse: Tab reaches every control of every page, and each one has a name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenuBar,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES
from tests.gui.walk import window_with_result

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
    QTabBar,
)  # fmt: skip
MOST = 300
"""Stops of Tab on one page; more is a circle that does not close."""


@pytest.fixture(scope="module")
def window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    yield from window_with_result(qapp, tmp_path_factory.mktemp("settings"))


def controls(window: QWidget) -> list[QWidget]:
    """What can be operated on screen, without the parts of other controls and of the menu bar."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, CONTROLS)
        and widget.isVisible()
        and widget.isEnabled()
        and not isinstance(widget, QScrollBar)
        and not (isinstance(widget, QTabBar) and _put_aside(widget))
        and not _part_of_another(widget)
    ]


def _put_aside(bar: QTabBar) -> bool:
    """True for a dock's tab bar that Qt keeps outside the window until it is needed."""
    window = bar.window()
    return not window.rect().intersects(QRect(bar.mapTo(window, QPoint()), bar.size()))


def _part_of_another(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit | QTabBar | QMenuBar):
            # The pages' tabs lie in the menu bar's corner and have keys of their own.
            return True
        # A dock's own buttons; the View menu and the panel's keys do the same.
        if parent.metaObject().className() in ("QDockWidgetTitleButton", "QDockWidget") and (
            widget.metaObject().className() == "QDockWidgetTitleButton"
        ):
            return True
        parent = parent.parentWidget()
    return False


def named(widget: QWidget) -> str:
    """What a screen reader would call it."""
    text = getattr(widget, "text", None)
    said = str(text()) if callable(text) and isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or said.replace("&", "").strip()


def described(widget: QWidget) -> str:
    parent = widget.parentWidget()
    inside = type(parent).__name__ if parent is not None else "nothing"
    return f"{type(widget).__name__} {named(widget)!r} in {inside}, tip {widget.toolTip()!r}"


def stops(qtbot: QtBot, window: MainWindow) -> set[QWidget]:
    """The widgets that Tab comes to, until it comes to a known one a second time in a row."""
    found: set[QWidget] = set()
    repeated = 0
    for _ in range(MOST):
        focus = QApplication.focusWidget() or window
        before = len(found)
        found.add(focus)
        repeated = repeated + 1 if len(found) == before else 0
        if repeated > 60:
            break
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    return found


@pytest.mark.parametrize("page", [entry.name for entry in PAGES])
def test_tab_reaches_every_control_and_each_has_a_name(
    qtbot: QtBot, window: MainWindow, page: str
) -> None:
    window.resize(1366, 768)
    window.turn_to_page(page)
    with qtbot.waitActive(window):
        window.activateWindow()
    QApplication.processEvents()
    wanted = controls(window)
    assert wanted
    nameless = [described(widget) for widget in wanted if not named(widget)]
    window.pages.shown.setFocus()
    reached = stops(qtbot, window)
    missed = []
    for widget in wanted:
        proxy = widget.focusProxy() or widget
        if widget not in reached and proxy not in reached and not _in_a_group(widget, reached):
            missed.append(described(widget))
    assert "\n".join(nameless) == ""
    assert "\n".join(missed) == ""


def _in_a_group(widget: QWidget, reached: set[QWidget]) -> bool:
    """True for a button of a group that Tab comes to: the arrow keys go on from there."""
    if not isinstance(widget, QAbstractButton):
        return False
    group = widget.group()
    if group is not None:
        return group.exclusive() and any(button in reached for button in group.buttons())
    return widget.autoExclusive() and any(
        isinstance(one, QAbstractButton)
        and one.autoExclusive()
        and one.parentWidget() is widget.parentWidget()
        for one in reached
    )
