"""One thing large: by a key, a button or a double click on a title; and back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStackedWidget, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.zoom import DockTitle, Zoom, offer


@pytest.fixture
def window(made: MainWindow) -> MainWindow:
    made.zoom.put_back()
    made.turn_to_page("explorer")
    made.activateWindow()
    made.setFocus()
    QCursor.setPos(made.mapToGlobal(QPoint(5, 5)))  # on the menus: nothing to enlarge
    return made


def button(window: MainWindow, name: str) -> QToolButton:
    return next(b for b in window.findChildren(QToolButton) if b.accessibleName() == name)


def covers(window: MainWindow, widget: QWidget) -> bool:
    """True if ``widget`` has the page's whole width and nearly its height."""
    page = window.stack
    return (
        widget.isVisible()
        and widget.width() == page.width()
        and widget.height() > 0.8 * page.height()
    )


def test_z_enlarges_the_gradient_and_puts_it_back(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.explorer.panels["gradient_flow"]  # type: ignore[attr-defined]
    before = panel.mapTo(window, QPoint()), panel.size()
    qtbot.keyClick(window, Qt.Key.Key_Z)
    assert window.zoom.enlarged is panel
    qtbot.waitUntil(lambda: covers(window, panel))
    assert window.zoom.title.text() == "Gradient flow"
    qtbot.keyClick(window, Qt.Key.Key_Z)
    assert window.zoom.enlarged is None
    assert not window.zoom.isVisible()
    qtbot.waitUntil(lambda: (panel.mapTo(window, QPoint()), panel.size()) == before)
    assert panel.isVisible()


def test_z_means_what_the_mouse_is_over(qtbot: QtBot, window: MainWindow) -> None:
    photo = window.explorer.panels["photo"]  # type: ignore[attr-defined]
    QCursor.setPos(photo.mapToGlobal(photo.rect().center()))
    qtbot.keyClick(window, Qt.Key.Key_Z)
    assert window.zoom.enlarged is photo


def test_arrow_keys_go_round_through_all_and_escape_goes_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    choices = window.zoom.choices()
    assert len(choices) == 6  # the diagram and five panels; the cascade's is not open
    window.zoom.enlarge(choices[0])
    seen = [window.zoom.enlarged]
    for _ in range(len(choices) - 1):
        qtbot.keyClick(window.zoom, Qt.Key.Key_Right)
        seen.append(window.zoom.enlarged)
    assert seen == choices
    qtbot.keyClick(window.zoom, Qt.Key.Key_Right)
    assert window.zoom.enlarged is choices[0]
    qtbot.keyClick(window.zoom, Qt.Key.Key_Left)
    assert window.zoom.enlarged is choices[-1]
    qtbot.keyClick(window.zoom, Qt.Key.Key_Escape)
    assert window.zoom.enlarged is None
    assert window.zoom.choices() == choices


def test_a_double_click_on_a_docks_title_and_its_button(qtbot: QtBot, window: MainWindow) -> None:
    photo = window.explorer.panels["photo"]  # type: ignore[attr-defined]
    title = window.explorer.docks["photo"].titleBarWidget()  # type: ignore[attr-defined]
    assert isinstance(title, DockTitle)
    qtbot.mouseDClick(title.label, Qt.MouseButton.LeftButton)
    assert window.zoom.enlarged is photo
    qtbot.mouseClick(window.zoom.back, Qt.MouseButton.LeftButton)
    assert window.zoom.enlarged is None
    qtbot.mouseClick(button(window, "Enlarge Photo"), Qt.MouseButton.LeftButton)
    assert window.zoom.enlarged is photo
    qtbot.mouseClick(window.zoom.after, Qt.MouseButton.LeftButton)
    assert window.zoom.enlarged is not photo
    assert photo.isVisible()


def test_the_diagram_has_a_button(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(button(window, "Enlarge the block diagram"), Qt.MouseButton.LeftButton)
    diagram = window.explorer.diagram  # type: ignore[attr-defined]
    assert window.zoom.enlarged is diagram
    qtbot.waitUntil(lambda: covers(window, diagram))


@pytest.mark.parametrize("name", ["training", "degradation", "story"])
def test_a_page_has_something_to_enlarge(qtbot: QtBot, window: MainWindow, name: str) -> None:
    window.turn_to_page(name)
    qtbot.keyClick(window, Qt.Key.Key_Z)
    large = window.zoom.enlarged
    assert large is not None
    qtbot.waitUntil(lambda: covers(window, large))
    window.turn_to_page("explorer")
    assert window.zoom.enlarged is None  # another page puts it back
    assert not window.zoom.isVisible()


@pytest.mark.parametrize("name", ["laboratory", "compare"])
def test_a_page_that_waits_for_its_result_says_so(
    qtbot: QtBot, window: MainWindow, name: str
) -> None:
    window.message.clear()
    window.turn_to_page(name)
    qtbot.keyClick(window, Qt.Key.Key_Z)
    assert window.zoom.enlarged is None
    assert "nothing to enlarge" in window.message.text.text()
    window.message.clear()


@pytest.mark.long
def test_the_size_of_text_is_a_choice_of_its_own(qtbot: QtBot, window: MainWindow) -> None:
    usual = theme.current().point_size
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_Plus, keys)
    assert theme.current().point_size == pytest.approx(1.15 * usual)
    assert window.font().pointSizeF() == pytest.approx(1.15 * usual, abs=0.1)
    window.set_theme("light")
    assert theme.current().point_size == pytest.approx(1.15 * theme.LIGHT.point_size)
    assert theme.current().line_width == pytest.approx(1.15 * theme.LIGHT.line_width)
    assert float(str(window.settings.value("text_size"))) == 1.15
    window.set_theme("dark")
    QTest.keyClick(window, Qt.Key.Key_Minus, keys)
    assert theme.current().point_size == pytest.approx(usual)
    for _ in range(7):
        window.choices.change_text_size(1)
    assert theme.current().point_size == pytest.approx(2 * usual)
    window.choices.set_text_size(1.0)


def test_what_is_taken_away_while_it_is_large_gives_the_page_back(qtbot: QtBot) -> None:
    """A page that lays itself out anew for another result deletes what it showed before."""
    window = QWidget()
    qtbot.addWidget(window)
    pages = QStackedWidget(window)
    page = QWidget()
    rows = QVBoxLayout(page)
    old, other = QWidget(), QWidget()
    for widget, title in ((old, "Old"), (other, "Other")):
        offer(widget, title)
        rows.addWidget(widget)
    pages.addWidget(page)
    zoom = Zoom(pages)
    window.show()
    zoom.enlarge(old)
    assert zoom.enlarged is old
    assert zoom.isVisible()
    with qtbot.waitSignal(old.destroyed):
        old.deleteLater()
    assert zoom.enlarged is None
    assert not zoom.isVisible()
    zoom.put_back()
    zoom.toggle()
    assert zoom.enlarged is other
    qtbot.waitUntil(lambda: rows.count() == 1)  # no gap is left in the page
