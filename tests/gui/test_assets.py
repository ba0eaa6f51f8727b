"""Files that come with the program are missing or damaged: a sentence each; the window opens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from resnet_viz import assets
from resnet_viz.engine.worker import Worker
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES
from tests.gui.conftest import Driver, discard


def forget() -> None:
    """Nothing that was read before is remembered."""
    for name, module in list(sys.modules.items()):
        if name.startswith("resnet_viz."):
            for one in list(vars(module).values()):
                if isinstance(one, _lru_cache_wrapper):
                    one.cache_clear()


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of all files, which the program takes for its own."""
    made = tmp_path / "assets"
    copytree(assets.folder(), made)
    monkeypatch.setattr(assets, "folder", lambda: made)
    monkeypatch.setattr(assets, "faults", set())
    forget()
    yield made
    forget()


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


HARMS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut": cut,
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00" * 50),
    "a list": lambda path: path.write_text('["a", 1]'),
    "another form": lambda path: path.write_text('{"rows": [{"a": 1}], "entries": {"b": 2}}'),
    "nested": lambda path: path.write_text("[" * 100_000),
}

NEEDED = {"glossary.json": "", "torchvision-weights.json": "backbone", "ilsvrc.json": "story"}
"""Tables, and the page that has nothing to show without."""


def labels(window: MainWindow) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


@pytest.fixture
def open_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    monkeypatch.setattr(Worker, "request", lambda *_: None)
    made: list[MainWindow] = []

    def opened() -> MainWindow:
        path = str(tmp_path / "settings.ini")
        made.append(MainWindow(QSettings(path, QSettings.Format.IniFormat)))
        made[-1].show()
        return made[-1]

    yield opened
    for window in made:
        discard(window)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(harm, marks=() if harm in ("missing", "nested") else pytest.mark.long)
        for harm in HARMS
    ],
)
@pytest.mark.parametrize("name", NEEDED)
def test_a_table_is_missing_or_damaged(
    open_window: Callable[[], MainWindow], copy: Path, name: str, harm: str
) -> None:
    HARMS[harm](copy / name)
    sentence = f"{name}, which comes with the program, is missing or damaged"
    window = open_window()
    if name != "ilsvrc.json":
        assert sentence in window.message.text.text()
        assert window.message.isVisible()
    if NEEDED[name]:
        window.turn_to_page(NEEDED[name])
        assert sentence in labels(window)
        assert window.pages.current == NEEDED[name]
    window.turn_to_page("explorer")
    window.dialogs.show_glossary()
    assert window.pages.current == "explorer"


@pytest.mark.long
@pytest.mark.parametrize(
    "names",
    [
        ("training.json", "derived", "lectures", "icons"),
        ("weights/resnet56-cifar10.json", "handout"),
    ],
)
def test_every_page_opens_without_what_was_recorded(
    open_window: Callable[[], MainWindow], copy: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        path = copy / name
        rmtree(path) if path.is_dir() else path.write_text("[" * 100_000)
    window = open_window()
    for page in PAGES:
        window.turn_to_page(page.name)
        QApplication.processEvents()
        assert page.name in window.pages.made
    for menu in window.menuBar().actions():
        menu.menu().aboutToShow.emit()


@pytest.mark.long
def test_missing_weights_are_said_and_others_can_be_opened(
    qtbot: QtBot, settings: QSettings, copy: Path
) -> None:
    (copy / "weights" / "resnet56-cifar10.safetensors").unlink()
    driver = Driver(qtbot, settings)
    try:
        window = driver.window
        window.show()
        qtbot.waitUntil(window.message.isVisible, timeout=60_000)
        assert "resnet56-cifar10.safetensors, which comes with the program, is missing" in (
            window.message.text.text()
        )
        window.choices.choose_network("resnet20")
        assert driver.next_result().structure.title == "ResNet-20"
    finally:
        discard(driver.window)


def test_a_file_that_is_missing_is_named(copy: Path) -> None:
    (copy / "handout" / "handout.js").unlink()
    with pytest.raises(assets.AssetError) as caught:
        assets.text("handout", "handout.js")
    sentence = "handout.js, which comes with the program, is missing or damaged"
    assert str(caught.value) == f"{sentence}; install the program again" == caught.value.strerror
