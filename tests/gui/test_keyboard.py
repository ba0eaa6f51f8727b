"""Without a mouse: Tab reaches every control of every page, and each one has a name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

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
    QPushButton,
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


def stops(qtbot: QtBot, window: MainWindow) -> dict[QWidget, int]:
    """The widgets that Tab comes to, in order, until it comes to known ones alone."""
    found: dict[QWidget, int] = {}
    repeated = 0
    for _ in range(MOST):
        focus = QApplication.focusWidget() or window
        before = len(found)
        found.setdefault(focus, before)
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
    assert "\n".join(against_the_eye(reached)) == ""


def against_the_eye(reached: dict[QWidget, int]) -> list[str]:
    """Neighbours in one container that Tab comes to from below to above, or from right to left.

    The circle is cut where it begins; a row is what overlaps in height by more than a half.
    """
    found = []
    inside: dict[QWidget | None, list[QWidget]] = {}
    for widget in reached:
        inside.setdefault(widget.parentWidget(), []).append(widget)
    for stops_there in inside.values():
        turned = 0
        for one, other in pairwise(stops_there):
            a, b = one.geometry(), other.geometry()
            shared = min(a.bottom(), b.bottom()) - max(a.top(), b.top())
            same_row = shared > 0.5 * min(a.height(), b.height())
            backwards = b.center().x() < a.center().x() if same_row else b.top() < a.top()
            # Columns are read one after the other: then the next lies wholly to the right.
            if backwards and (same_row or b.left() < a.right()):
                turned += 1
                found.append(f"{described(one)} before {described(other)}")
        if turned == 1 and len(stops_there) > 2:
            found.pop()  # where the circle closes
    return found


def _in_a_group(widget: QWidget, reached: Collection[QWidget]) -> bool:
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


def test_the_check_of_the_order_sees_what_goes_against_the_eye(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    buttons = [QPushButton(str(number), box) for number in range(4)]
    for number, button in enumerate(buttons):
        button.setGeometry(100 * (number % 2), 50 * (number // 2), 90, 40)
    assert against_the_eye({button: number for number, button in enumerate(buttons)}) == []
    turned = [buttons[place] for place in (1, 0, 3, 2)]
    assert len(against_the_eye({button: number for number, button in enumerate(turned)})) == 2
