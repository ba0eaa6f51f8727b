"""Names from files, class names and lectures that look like HTML: they are read, never rendered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import Qt as QtText
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QMessageBox,
    QPushButton,
    QTextEdit,
)
from pytestqt.qtbot import QtBot

import resnet_viz.views
from resnet_viz.networks import catalog
from resnet_viz.networks.builder import build
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.instruments.registry import INSTRUMENTS
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets.plain_text import plain
from tests.gui.conftest import Driver
from tests.networks.test_reading import SMALL

EVIL = "<img src=x onerror=alert(1)><b>&amp;"


def rendered(text: str, form: Qt.TextFormat = Qt.TextFormat.AutoText) -> bool:
    """True if Qt takes a tag of `EVIL` in the text for a tag."""
    auto = Qt.TextFormat.AutoText
    rich = form == Qt.TextFormat.RichText or (form == auto and QtText.mightBeRichText(text))
    return rich and "<img" in text


def items(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    for row in range(min(model.rowCount(parent), 50)):
        for column in range(3):
            if model.hasIndex(row, column, parent):
                index = model.index(row, column, parent)
                yield index
                yield from items(model, index)


def faults() -> list[str]:
    """Where on screen, or in a tool tip, something of `EVIL` is rendered."""
    found = []

    def look(what: object, text: str, form: Qt.TextFormat = Qt.TextFormat.AutoText) -> None:
        if rendered(text, form):
            found.append(f"{type(what).__name__}: {text}")

    for widget in QApplication.allWidgets():
        look(widget, widget.toolTip())
        look(widget, widget.whatsThis())
        for action in widget.actions():
            look(action, action.toolTip())
            if "<img" in action.text() and "&&amp;" not in action.text():
                found.append(f"an underlined letter in {action.text()}")
        if isinstance(widget, QLabel):
            look(widget, widget.text(), widget.textFormat())
        if isinstance(widget, QTextEdit) and "<img" in widget.toHtml():
            found.append(f"{type(widget).__name__}: {widget.toHtml()}")
        if isinstance(widget, QAbstractItemView | QComboBox) and (model := widget.model()):
            for index in items(model, QModelIndex()):
                look(widget, str(index.data(Qt.ItemDataRole.ToolTipRole) or ""))
        if isinstance(widget, QGraphicsView) and widget.scene() is not None:
            for item in widget.scene().items():
                look(item, item.toolTip())
                if isinstance(item, QGraphicsTextItem) and "<img" in item.toHtml():
                    found.append(f"{type(item).__name__}: {item.toHtml()}")
    return sorted(set(found))


def seen() -> str:
    """All that labels show."""
    return "\n".join(w.text() for w in QApplication.allWidgets() if isinstance(w, QLabel))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of photos, weights and names of classes whose names are all markup."""
    folder = tmp_path / EVIL
    folder.mkdir()
    for number in range(2):
        picture = Image.effect_noise((40, 40), 60 + number)
        picture.convert("RGB").save(folder / f"{EVIL}{number}.png")
    state = catalog.find("resnet20").adapted(3, None).build().state_dict()
    torch.save({"state_dict": state, "arch": EVIL}, folder / f"{EVIL}.pt")
    names = "\n".join(f"{EVIL}{number}" for number in range(3))
    (folder / f"{EVIL}.txt").write_text(names, encoding="utf-8")
    return folder


@pytest.fixture
def opened(driver: Driver, qtbot: QtBot, files: Path) -> MainWindow:
    """The window with all of that."""
    window = driver.show().window
    window.open_path(str(files / f"{EVIL}.pt"))
    qtbot.waitUntil(lambda: window.state.snapshot.weights.kind == "file", timeout=60_000)
    window.checkpoints.name_classes(str(files / f"{EVIL}.txt"))
    window.opening.open_photos([str(files)])
    qtbot.waitUntil(lambda: EVIL in window.state.snapshot.photo.name, timeout=60_000)
    assert EVIL in driver.next_result().labels[0]
    return window


def test_names_are_shown_as_they_are(
    opened: MainWindow, driver: Driver, qtbot: QtBot, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert EVIL in opened.windowTitle()
    assert EVIL in seen()
    assert "<img" in opened.actions_by_name["undo"].text()
    assert not faults()
    for name in ("explorer", "compare", "backbone", "instruments"):
        opened.turn_to_page(name)
        driver.next_result()
        assert not faults(), name

    path = files / f"{EVIL}.resnet.json"
    opened.sessions.save_to(path)
    qtbot.waitUntil(lambda: opened.sessions.path == path)
    opened.state.set_target(1)
    asked: list[str] = []

    def answer(_parent: object, _title: str, text: str, *_: object) -> object:
        asked.append(text)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    assert not opened.sessions.may_close()
    assert "&lt;img" in asked[0]
    assert not rendered(asked[0])
    opened.sessions.path = None


def test_a_network_of_a_files_own_is_shown_as_it_is_called(
    opened: MainWindow, driver: Driver, qtbot: QtBot, files: Path
) -> None:
    path = files / f"{EVIL}own.pt"
    torch.save(build(SMALL).state_dict(), path)
    opened.open_path(str(path))
    qtbot.waitUntil(lambda: EVIL in opened.state.snapshot.network, timeout=60_000)
    driver.next_result()
    assert not faults()
    opened.explorer.findChild(DiagramView).explain_selected()
    QApplication.processEvents()
    assert not faults()
    buttons = opened.message.findChildren(QPushButton)
    for button in [one for one in buttons if one.isVisible() and "guessed" in one.text()]:
        button.click()
        assert not faults()
    for name in opened.pages:
        opened.turn_to_page(name)
        assert not faults(), name
    opened.dialogs.show_welcome()
    opened.dialogs.find_anything()
    assert not faults()
    opened.menus.refresh()
    for menu in opened.menuBar().actions():
        menu.menu().aboutToShow.emit()
    assert not faults()


@pytest.mark.long
def test_instruments_show_names_as_they_are(opened: MainWindow, qtbot: QtBot) -> None:
    instruments = opened.pages["instruments"]
    opened.turn_to_page("instruments")
    for entry in INSTRUMENTS:
        instruments.panel(entry.name)
        assert not faults(), entry.name
    for name in ("readout", "attribution", "folder", "witness", "lesions"):
        panel = instruments.panel(name)
        panel.begin()
        qtbot.waitUntil(lambda panel=panel: panel.settled, timeout=60_000)
        assert not faults(), name


LECTURE = f"""---
lecture: "{EVIL}"
---

---
network: resnet20
measured: [target_probability]
predict:
  question: "{EVIL}?"
  measure: stem_gradient_ratio
  answers:
  - {{text: "{EVIL} 1", from: 0.5, to: 2}}
  - {{text: "{EVIL} 2", to: 0.5}}
---
# {EVIL}

{EVIL} **bold**

> {EVIL}
"""


def test_a_lecture_shows_its_words_as_they_are(
    driver: Driver, qtbot: QtBot, tmp_path: Path
) -> None:
    window = driver.show().window
    path = tmp_path / f"{EVIL}.md"
    path.write_text(LECTURE, encoding="utf-8")
    window.open_path(str(path))
    try:
        qtbot.waitUntil(lambda: EVIL in seen(), timeout=60_000)
        assert not faults()
    finally:
        window.presenting.end()


@pytest.mark.parametrize("text", [EVIL, f"a {EVIL}\nb", "1 < 2 & 3 > 2", "&lt;b&gt;", "", "a\n<b>"])
def test_a_plain_text_is_read_as_it_is(text: str) -> None:
    shown = plain(text)
    if QtText.mightBeRichText(shown):
        document = QTextDocument()
        document.setHtml(shown)
        shown = document.toPlainText()
    assert shown == text


def test_every_label_says_whether_its_text_is_plain_or_rich() -> None:
    """A label that leaves it to Qt shows a class that is called <b> in bold."""
    folder = Path(resnet_viz.views.__file__).parent
    loose = [
        f"{path.relative_to(folder)}:{number}"
        for path in sorted(folder.rglob("*.py"))
        for number, call in calls(path)
        if "textFormat" not in call
    ]
    assert not loose, f"let these be a PlainLabel, or say textFormat=…: {loose}"


def calls(path: Path) -> Iterator[tuple[int, set[str | None]]]:
    """Where labels of Qt's own are made, and with which properties."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("QLabel"):
            yield node.lineno, {keyword.arg for keyword in node.keywords}
