"""The glossary beside the real window: search, links, keys, and “What is this?”."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import (
    QContextMenuEvent,
    QDesktopServices,
    QKeySequence,
    QShortcut,
    QTextDocument,
)
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from resnet_viz.views.help import terms
from resnet_viz.views.help.glossary import Glossary, LinkedLabel, follow, glossary_of, open_term
from resnet_viz.views.help.what_is_this import WhatIsThis
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot, made: MainWindow) -> Iterator[MainWindow]:
    with qtbot.waitActive(made):
        made.activateWindow()
    made.turn_to_page("explorer")
    yield made
    made.what_is_this.end()
    glossary_of(made).search.clear()
    glossary_of(made).hide()


@pytest.fixture
def glossary(window: MainWindow) -> Glossary:
    return glossary_of(window)


def test_keys_open_it_with_the_search_ready(qtbot: QtBot, window: MainWindow) -> None:
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_G, keys)
    (glossary,) = window.findChildren(Glossary)
    assert glossary.isVisible()
    assert glossary.list.count() == len(terms.terms())
    qtbot.keyClicks(glossary.search, "bottle")
    assert glossary.shown == "bottleneck"
    assert "three convolutions" in glossary.page.toPlainText()
    assert glossary_of(window.pages["story"]) is glossary, "one for the whole window"


def test_every_term_opens_and_all_its_links_lead_on(glossary: Glossary) -> None:
    for key, term in terms.terms().items():
        glossary.open_term(key)
        assert glossary.shown == key
        assert glossary.list.currentItem().text() == term.name
        assert glossary.page.toPlainText().startswith(term.name)
        for also in term.see:
            glossary.page.anchorClicked.emit(QUrl(terms.SCHEME + also))
            assert glossary.shown == also


def test_a_search_that_finds_nothing_says_so(qtbot: QtBot, glossary: Glossary) -> None:
    glossary.bring_up()
    qtbot.keyClicks(glossary.search, "<zebra>")
    assert glossary.list.count() == 0
    assert "“<zebra>”" in glossary.page.toPlainText()
    glossary.search.clear()
    assert glossary.list.count() == len(terms.terms())
    assert glossary.shown


def test_up_and_down_in_the_search_field_move_in_the_list(qtbot: QtBot, glossary: Glossary) -> None:
    glossary.bring_up()
    first, second = list(terms.terms())[:2]
    glossary.open_term(first)
    qtbot.keyClick(glossary.search, Qt.Key.Key_Down)
    assert glossary.shown == second
    qtbot.keyClick(glossary.search, Qt.Key.Key_Up)
    assert glossary.shown == first
    qtbot.keyClick(glossary.search, Qt.Key.Key_Up)
    assert glossary.shown == first


def test_open_term_takes_any_word_and_names_an_unknown_one(window: MainWindow) -> None:
    open_term("Skip connections", window)
    assert glossary_of(window).shown == "shortcut"
    with pytest.raises(KeyError, match="zebra"):
        open_term("zebra", window)


def test_links_of_labels_open_terms_and_papers(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not opened.append(url.toString()))
    paper = "https://arxiv.org/abs/1512.03385"
    label = LinkedLabel(f"A bottleneck, see <a href='{paper}'>He</a>", window)
    assert "term:bottleneck" in label.text()
    label.linkActivated.emit("term:bottleneck")
    assert glossary_of(window).shown == "bottleneck"
    label.linkActivated.emit(paper)
    assert opened == [paper]
    other = QLabel(terms.linked("The stem"), window)
    follow(other)
    other.linkActivated.emit("term:stem")
    assert glossary_of(window).shown == "stem"


def test_a_label_keeps_plain_text_as_it_is_and_its_links_calm(window: MainWindow) -> None:
    label = LinkedLabel(parent=window)
    label.setStyleSheet("color: #123456")
    label.say_plain("Skips & <b>blocks</b>\nskips & stages")
    assert label.said == "Skips & <b>blocks</b>\nskips & stages"
    document = QTextDocument()
    document.setHtml(label.text())
    assert document.toPlainText() == label.said
    assert label.text().count("term:shortcut") == 1, "a term is linked once"
    for block in (document.firstBlock(), document.lastBlock()):
        for fragment in (f.fragment() for f in block):
            form = fragment.charFormat()
            if form.isAnchor():
                assert form.foreground().color().name() == "#123456"
                assert form.underlineStyle() == form.UnderlineStyle.DotLine
    label.setStyleSheet("color: #654321")
    label.show()
    QApplication.processEvents()
    assert "#654321" in label.text()


def test_only_labels_with_links_are_stops_for_tab(window: MainWindow) -> None:
    label = LinkedLabel("A zebra", window)
    assert label.focusPolicy() == Qt.FocusPolicy.NoFocus
    label.say("A stage")
    assert label.focusPolicy() == Qt.FocusPolicy.TabFocus


def test_the_keyboard_stays_at_a_link_while_figures_change(
    qtbot: QtBot, window: MainWindow
) -> None:
    label = LinkedLabel("Step 1: loss 2.3; gradient 1.0", window)
    label.show()
    label.setFocus(Qt.FocusReason.TabFocusReason)
    assert label.selectedText() == "loss"
    qtbot.keyClick(label, Qt.Key.Key_Tab)
    label.say("Step 2: loss 2.2; gradient 0.9")
    assert label.selectedText() == "gradient"
    qtbot.keyClick(label, Qt.Key.Key_Return)
    assert glossary_of(window).shown == "gradient"


def test_a_click_on_a_link_outlasts_a_change_of_figures(qtbot: QtBot, window: MainWindow) -> None:
    label = LinkedLabel("loss 2.3", window)
    label.adjustSize()
    label.show()
    at = QPoint(6, label.height() // 2)
    qtbot.mousePress(label, LEFT, pos=at)
    label.say("loss 2.2")
    qtbot.mouseRelease(label, LEFT, pos=at)
    assert glossary_of(window).shown == "loss"
    assert "2.2" in label.text()


def test_the_message_of_a_page_goes_when_it_is_mended(window: MainWindow) -> None:
    page, other = window.pages["laboratory"], window.pages["training"]
    page.say("Depth 21 is none")
    assert window.message.isVisible()
    other.say("")
    assert window.message.isVisible(), "it is not the other page's"
    page.say("")
    assert not window.message.isVisible()
    page.say("Depth 21 is none")
    window.message.say("No network", [("Retry", lambda: None)])
    page.say("")
    assert window.message.isVisible(), "it waits for an answer"
    window.message.clear()


def test_a_click_on_a_link_in_the_story_opens_its_term(qtbot: QtBot, window: MainWindow) -> None:
    window.turn_to_page("story")
    label = window.pages["story"].text  # type: ignore[attr-defined]
    QApplication.processEvents()
    seen = set()
    for y in range(2, label.height(), 6):
        for x in range(2, label.width(), 12):
            qtbot.mouseMove(label, QPoint(x, y))
            if label.cursor().shape() == Qt.CursorShape.PointingHandCursor:
                qtbot.mouseClick(label, LEFT, pos=QPoint(x, y))
                seen.add(glossary_of(window).shown)
    assert {"ilsvrc", "top5", "ensemble"} <= seen


def test_it_follows_the_theme(window: MainWindow, glossary: Glossary) -> None:
    glossary.open_term("stage")
    window.set_theme("light")
    QApplication.processEvents()
    assert theme.LIGHT.accent in glossary.page.toHtml()
    assert glossary.page.palette().base().color().name() == theme.LIGHT.panel


def test_what_is_this_explains_instead_of_doing(qtbot: QtBot, window: MainWindow) -> None:
    done: list[str] = []
    button = QPushButton("Switch every &skip off", window)
    button.clicked.connect(lambda: done.append("clicked"))
    button.show()
    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert window.what_is_this.on
    qtbot.mouseClick(button, LEFT)
    assert done == []
    assert glossary_of(window).shown == "shortcut"
    assert not window.what_is_this.on
    assert QApplication.overrideCursor() is None
    qtbot.mouseClick(button, LEFT)
    assert done == ["clicked"]


def test_what_is_this_reads_the_help_of_what_has_no_words(qtbot: QtBot, window: MainWindow) -> None:
    window.turn_to_page("story")
    window.what_is_this.begin()
    figure = window.pages["story"].depth_figure  # type: ignore[attr-defined]
    qtbot.mouseClick(figure, LEFT, pos=QPoint(5, 5))
    glossary = glossary_of(window)
    assert [glossary.list.item(n).text() for n in range(glossary.list.count())] == [
        "Depth",
        "ILSVRC",
    ]
    open_term("block", window)
    assert glossary.shown == "block", "the whole list is back"


def test_what_is_this_ends_with_escape_and_says_when_it_knows_nothing(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.what_is_this.begin()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.what_is_this.on
    window.what_is_this.begin()
    label = QLabel("zebra", window)
    label.show()
    qtbot.mouseClick(label, LEFT)
    assert "The glossary has nothing about this" in window.message.text.text()


def test_escape_ends_it_before_any_shortcut_takes_the_key(qtbot: QtBot) -> None:
    alone, done = QWidget(), []
    qtbot.addWidget(alone)
    shortcut = QShortcut(QKeySequence("Esc"), alone)
    shortcut.activated.connect(lambda: done.append("stopped"))
    with qtbot.waitActive(alone):
        alone.show()
        alone.activateWindow()
    what_is_this = WhatIsThis(alone)
    what_is_this.begin()
    qtbot.keyClick(alone, Qt.Key.Key_Escape)
    assert not what_is_this.on
    assert done == []
    qtbot.keyClick(alone, Qt.Key.Key_Escape)
    assert done == ["stopped"]


def test_the_key_lists_everything_again_after_one_term_was_explained(
    qtbot: QtBot, window: MainWindow
) -> None:
    glossary_of(window).open_terms([terms.find("block")])
    assert glossary_of(window).list.count() == 1
    glossary_of(window).hide()
    window.activateWindow()
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_G, keys)
    assert glossary_of(window).list.count() == len(terms.terms())


def test_a_right_click_on_a_label_offers_its_terms(qtbot: QtBot, window: MainWindow) -> None:
    label = QLabel("Gradient norm of each block", window)
    label.show()
    at = label.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, label.mapToGlobal(at))
    QApplication.sendEvent(label, event)
    (menu,) = label.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == [
        "What is “Gradient”?",
        "What is “Block”?",
    ]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(menu, key)
    assert glossary_of(window).shown == "block"


def test_an_address_that_no_browser_opens_is_said(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = LinkedLabel(parent=window)
    asked: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: asked.append(url.toString()) or False
    )
    label.linkActivated.emit("https://arxiv.org/abs/1512.03385")
    assert asked == ["https://arxiv.org/abs/1512.03385"]
    text = window.message.text.text()
    assert text == "No browser could be opened for https://arxiv.org/abs/1512.03385"
    label.deleteLater()


def test_links_take_the_new_themes_colour(qtbot: QtBot, qapp: QApplication) -> None:
    label = LinkedLabel('See <a href="https://arxiv.org/abs/1512.03385">the paper</a>.')
    qtbot.addWidget(label)
    for shown in (True, False):
        label.setVisible(shown)
        for style in (theme.LIGHT, theme.PROJECTOR, theme.DARK):
            theme.apply(qapp, style)
            label.show()
            assert style.accent in label.text()
            label.setVisible(shown)
