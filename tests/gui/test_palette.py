"""Finding anything by a few letters, with the keyboard alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.views.help.glossary import Glossary
from resnet_viz.views.shell.fuzzy import score
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.palette import Palette
from resnet_viz.views.widgets import theme
from tests.gui import fit
from tests.gui.conftest import Driver


def opened(qtbot: QtBot, window: MainWindow, typed: str = "") -> Palette:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChildren(Palette)[-1]
    assert palette.isVisible()
    QTest.keyClicks(palette.field, typed)
    return palette


def listed(palette: Palette) -> list[tuple[str, str, str]]:
    items = [palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount())]
    return [(item.text(0), item.text(1), item.text(2)) for item in items if item is not None]


@pytest.mark.parametrize(
    ("typed", "first", "kind"),
    [
        ("sk off", "All skips off", "Skips"),
        ("res152", "ResNet-152", "Network"),
        ("labor", "Laboratory", "Page"),
        ("grad-cam", "Grad-CAM", "Glossary"),
        ("skip connections", "Shortcut", "Glossary"),
        ("l2.1.conv1", "layer2.1.conv1", "Layer"),
    ],
)
def test_a_few_letters_find_it(driver: Driver, typed: str, first: str, kind: str) -> None:
    window = driver.show().window
    found = listed(opened(driver.qtbot, window, typed))
    assert found[0][:2] == (first, kind)


def test_all_is_done_with_the_keys(driver: Driver) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    palette = opened(qtbot, window, "all skips off")
    assert ("All skips off", "Skips", "0") in listed(palette)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not any(map(window.state.snapshot.gates.skip, ("layer1.0",))))
    palette = opened(qtbot, window, "layer3.1.bn2")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.explorer.diagram.selected == "layer3.1"
    palette = opened(qtbot, window, "ResNet-56")
    before = palette.list.currentItem().text(0)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentItem().text(0) != before
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    QTest.keyClick(palette.field, Qt.Key.Key_Enter)
    assert window.state.snapshot.network == "resnet56"
    palette = opened(qtbot, window, "vanishing gradient")
    QTest.keyClick(palette.field, Qt.Key.Key_Enter)
    glossary = window.findChild(Glossary)
    assert glossary is not None
    assert glossary.isVisible()
    glossary.close()
    palette = opened(qtbot, window)
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_what_cannot_be_used_now_stands_last_and_does_nothing(
    made: MainWindow, qtbot: QtBot
) -> None:
    made.turn_to_page("story")
    palette = opened(qtbot, made, "all skips off")
    found = [text for text, *_ in listed(palette)]
    assert "All skips off" in found
    item = next(
        item
        for row in range(palette.list.topLevelItemCount())
        if (item := palette.list.topLevelItem(row)) is not None and item.text(0) == "All skips off"
    )
    assert item.isDisabled()
    palette.list.setCurrentItem(item)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.field.setText("qqqq")
    assert listed(palette) == []
    assert palette.sentence.isVisible()
    palette.close()
    made.turn_to_page("explorer")


def test_it_fits_the_least_window_in_every_theme(
    made: MainWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    made.resize(960, 600)
    for name in theme.THEMES:
        made.set_theme(name)
        palette = opened(qtbot, made, "net")
        qapp.processEvents()
        assert palette.width() <= made.width()
        assert palette.height() <= made.height()
        assert fit.faults(palette) == []
        palette.close()
    made.set_theme(theme.DARK.name)
    made.resize(1366, 768)


words = st.text("abcdefgh -.", max_size=12)


@given(words, words)
def test_every_part_of_a_text_finds_it_and_other_letters_do_not(text: str, other: str) -> None:
    assert score(text, text) is not None
    assert score(other.replace(" ", ""), other.replace(" ", "") + text) is not None
    assert score("z" + other, text) is None
    assert score("", text) == 0.0


def test_beginnings_of_words_come_before_letters_in_their_middle() -> None:
    texts = ["Paste a photo", "ResNet-152", "Reset the layout"]
    assert max(texts, key=lambda text: score("rl", text) or -1) == "Reset the layout"
    assert (score("res", "ResNet-20") or 0) > (score("res", "Pre-act ResNet-20") or 0)
