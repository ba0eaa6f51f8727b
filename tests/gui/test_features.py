"""A page, an instrument or a panel of the explorer is one module and one entry."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from resnet_viz.engine.worker import Worker
from resnet_viz.views.explorer.panels import BELOW, PANELS, PanelEntry
from resnet_viz.views.instruments.registry import INSTRUMENTS, InstrumentEntry
from resnet_viz.views.shell.commands import COMMANDS, SKIPS, Command
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.pages import PAGES, PageEntry
from resnet_viz.views.shell.shortcuts import groups
from tests import demo, fakes
from tests.gui.conftest import discard

DEMO_PAGE = PageEntry("demo", "Demo", "tests.demo:DemoPage", "Count the results")


@pytest.fixture
def window(settings: QSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """With a demo of each kind of feature, and no passes."""
    monkeypatch.setattr(Worker, "request", lambda *_: None)
    monkeypatch.setattr("resnet_viz.views.shell.pages.PAGES", PAGES)
    for registry, entry in (
        (PAGES, DEMO_PAGE),
        (INSTRUMENTS, InstrumentEntry("demo", "Demo", "tests.demo:DemoInstrument", "Nothing")),
        (PANELS, PanelEntry("demo", "Demo", "tests.demo:DemoPanel", BELOW, shown=False)),
        (COMMANDS, Command("demo", "De&mo", "demo.retheme", SKIPS, 3, "D", on="demo")),
    ):
        registry.append(entry)  # type: ignore[attr-defined]
    made = MainWindow(settings)
    made.resize(1366, 768)
    made.show()
    yield made
    discard(made)
    for registry in (PAGES, INSTRUMENTS, PANELS, COMMANDS):
        registry.pop()


def test_a_page_is_one_entry(qtbot: QtBot, window: MainWindow) -> None:
    last = window.tabs.count() - 1
    assert window.tabs.tabText(last) == "Demo"
    assert window.tabs.tabToolTip(last) == f"Count the results (Ctrl+{last + 1})"
    action = window.actions_by_name["page_demo"]
    assert action in window.menus.menus["&View"].actions()
    assert action.shortcut().toString() == f"Ctrl+{last + 1}"
    assert (f"Ctrl+{last + 1}", "Demo") in groups()["Pages"]
    assert ("#", "Count again") in groups()["Demo"]
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_1 + last), Qt.KeyboardModifier.ControlModifier)
    page = window.pages.shown
    assert isinstance(page, demo.DemoPage)
    assert page.title == "Demo"
    assert (list(page.figures()), page.table()) == ([], None)


def test_a_page_is_made_when_it_is_shown_and_gets_the_last_result(window: MainWindow) -> None:
    first, second = fakes.result(), fakes.result("plain20")
    window.worker.finished.emit(first)
    window.worker.finished.emit(second)
    assert "demo" not in window.pages.made
    page = window.pages["demo"]
    assert page.seen == [second]  # type: ignore[attr-defined]
    window.worker.finished.emit(first)
    assert page.seen == [second, first]  # type: ignore[attr-defined]


def test_choices_of_pages_are_kept_and_put_back(window: MainWindow) -> None:
    page = window.pages["demo"]
    page.unit = "passes"  # type: ignore[attr-defined]
    kept = window.pages.choices()
    assert kept["demo"] == {"unit": "passes"}
    window.pages.restore({"demo": {"unit": "shows"}, "of the future": {}})
    assert page.unit == "shows"  # type: ignore[attr-defined]


def test_every_page_takes_back_what_it_gave(window: MainWindow) -> None:
    for name in window.pages:
        window.pages[name]
    window.explorer.panel("cascade")  # type: ignore[attr-defined]
    first = window.pages.choices()
    assert first == json.loads(json.dumps(first))
    changed = json.loads(json.dumps(first))
    changed["explorer"]["panels"]["activations"] |= {
        "sorted": False,
        "common_scale": False,
        "own_scale": True,
    }
    changed["explorer"]["panels"]["gradient_flow"] = {"hold_scale": True}
    changed["explorer"]["panels"]["cascade"] = {"order": "random", "seed": 5, "pause": 1000}
    changed["explorer"]["open"] = ["photo", "cascade"]
    changed["laboratory"] |= {"depth": 20, "norm": True, "combine": "none", "data": "noise"}
    changed["training"] |= {"depth": 20, "norm": False, "rate": 0.25, "whole_run": True}
    changed["compare"]["right"] = {"network": "plain56", "skips": "on"}
    changed["instruments"] = {"instrument": "paths", "instruments": {"paths": {"samples": 7}}}
    window.pages.restore(changed)
    assert window.pages.choices() == changed
    window.pages.restore({name: {} for name in first})
    assert window.pages.choices() == changed, "what is missing stays as it is"
    window.pages.restore(first)
    now = window.pages.choices()
    instruments = now.pop("instruments")
    assert instruments["instrument"] == first.pop("instruments")["instrument"]
    assert instruments["instruments"]["paths"] == {"samples": 7}  # it was made since
    assert now == first


def test_an_instrument_is_one_entry(window: MainWindow) -> None:
    page = window.pages["instruments"]
    names = [page.list.item(row).text() for row in range(page.list.count())]  # type: ignore[attr-defined]
    assert names[-1] == "Demo\nNothing"
    panel = page.panel("demo")  # type: ignore[attr-defined]
    assert isinstance(panel, demo.DemoInstrument)
    assert panel.heading.text() == panel.title == "Demo"
    assert page.choices()["instrument"] == "demo"


def test_a_panel_of_the_explorer_is_one_entry(qtbot: QtBot, window: MainWindow) -> None:
    page = window.explorer
    assert "demo" not in page.panels  # type: ignore[attr-defined]
    window.worker.finished.emit(fakes.result())
    menu = window.menus.menus["&Panels"]
    menu.aboutToShow.emit()
    menu.actions()[-1].trigger()
    assert menu.actions()[-1].text() == "Demo"
    dock = page.docks["demo"]  # type: ignore[attr-defined]
    qtbot.waitUntil(dock.isVisible)
    assert dock.widget().text.text() == "ResNet-20"
    window.worker.finished.emit(fakes.result("plain20"))
    assert dock.widget().text.text() == "Plain-20"


def test_a_command_is_one_entry_and_can_be_used_on_its_page(window: MainWindow) -> None:
    action = window.actions_by_name["demo"]
    assert action in window.menus.menus["&Skips"].actions()
    assert not action.isEnabled()
    window.turn_to_page("demo")
    assert action.isEnabled()
    assert ("D", "Demo") in groups()["Demo"]


def test_a_view_that_raises_does_not_starve_those_after_it(
    settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "request", lambda *_: None)
    PAGES.insert(1, PageEntry("broken", "Broken", "tests.demo:BrokenPage", "Broken"))
    PAGES.append(DEMO_PAGE)
    window = MainWindow(settings)
    try:
        for name in ("broken", "demo"):
            window.pages[name]
        with capture_exceptions() as exceptions:
            window.worker.finished.emit(fakes.result())
        assert [str(error) for _, error, _ in exceptions] == ["this page is broken"]
        assert len(window.pages["demo"].seen) == 1  # type: ignore[attr-defined]
        assert "ResNet-20" in window.status.text.text()
    finally:
        del PAGES[1], PAGES[-1]
        discard(window)


def test_a_problem_is_said_and_its_details_copied(qtbot: QtBot, window: MainWindow) -> None:
    window.message.say_problem("Something went wrong", "Traceback …")
    assert window.message.text.text() == "Something went wrong"
    buttons = window.message.findChildren(QPushButton)
    copy = next(button for button in buttons if button.text() == "Copy details")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Traceback …"


def test_only_the_page_on_screen_is_imported_at_the_start() -> None:
    code = """
import sys, tempfile
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from resnet_viz.engine.worker import Worker
from resnet_viz.views.shell.main_window import MainWindow
app = QApplication([])
Worker.request = lambda self, snapshot: None
window = MainWindow(QSettings(tempfile.mktemp(), QSettings.Format.IniFormat))
window.show()
app.processEvents()
views = "resnet_viz.views."
print(*[name for name in sys.modules if name.startswith(views) and name.endswith(".page")])
window.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == [
        "resnet_viz.views.explorer.page",
        "resnet_viz.views.widgets.page",
    ]
