"""File → Hand-out: made by the worker, with progress, cancel and a sentence at the end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from resnet_viz.analysis import handout
from resnet_viz.results.handout import Question
from resnet_viz.results.result import Pass
from resnet_viz.results.task import Cancelled
from resnet_viz.views.instruments.page import InstrumentsPage
from tests.gui.conftest import Driver


@pytest.fixture
def small(driver: Driver) -> Driver:
    driver.window.state.set_network("resnet20")
    return driver.show()


def test_the_hand_out_is_written_beside_the_passes(
    small: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = small.window
    offered: list[str] = []

    def choose(parent: object, title: str, name: str, filters: str) -> tuple[str, str]:
        offered.append(name)
        return str(tmp_path / "mine"), filters

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    window.handouts.lecture = lambda: ("My lecture", (Question("Why?", ("so", "not")),))
    window.state.set_skips(window.engine.result.structure.skips, False)
    window.actions_by_name["handout"].trigger()
    small.qtbot.waitUntil(lambda: "is written" in window.message.text.text(), timeout=90_000)
    assert offered == ["ResNet-20-Chelsea-the-cat.html"]
    text = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert '"first": "off"' in text
    assert "My lecture" in text
    assert "Why?" in text
    assert str(tmp_path / "mine.html") in window.message.text.text()
    small.qtbot.waitUntil(lambda: not window.handouts.progress.isVisible())
    assert small.next_result().snapshot == window.state.snapshot


@pytest.mark.long
def test_it_has_the_attribution_that_is_on_screen(small: Driver, tmp_path: Path) -> None:
    window = small.window
    assert window.pages.attribution() is None
    window.pages.turn_to("instruments")
    page = window.pages["instruments"]
    assert isinstance(page, InstrumentsPage)
    panel = page.panel("attribution")
    panel.restore({"methods": ["hires_cam"], "against": 5})
    with small.qtbot.waitSignal(panel.channel.ended, timeout=60_000):
        panel.measure.click()
    window.handouts.make(tmp_path / "mine.html")
    small.qtbot.waitUntil(lambda: "is written" in window.message.text.text(), timeout=90_000)
    text = (tmp_path / "mine.html").read_text(encoding="utf-8")
    section = text.partition('<section id="attribution">')[2].partition("</section>")[0]
    assert "HiRes-CAM, skips off" in section
    assert "rather than “dog”" in section


def test_it_can_be_cancelled(
    small: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a pass, which is made to take until then."""
    window = small.window
    ended = threading.Event()

    def endless(*given: object) -> Pass:
        cancelled = given[-1]
        assert callable(cancelled)
        while not cancelled():
            pass
        ended.set()
        raise Cancelled

    with monkeypatch.context() as patch:
        patch.setattr(handout.Prober, "probe", endless)
        window.handouts.make(tmp_path / "mine.html")
        progress = window.handouts.progress
        small.qtbot.waitUntil(lambda: "All skips on" in progress.text.text(), timeout=90_000)
        assert progress.isVisible()
        progress.cancel.click()
        assert not progress.isVisible()
        small.qtbot.waitUntil(ended.is_set, timeout=90_000)
    window.handouts.make(tmp_path / "other.html")
    small.qtbot.waitUntil(lambda: "other.html" in window.message.text.text(), timeout=90_000)
    assert [file.name for file in tmp_path.glob("*.html*")] == ["other.html"]


def test_what_fails_is_said(small: Driver, tmp_path: Path) -> None:
    window = small.window
    window.handouts.make(tmp_path / "nowhere" / "mine.html")
    small.qtbot.waitUntil(lambda: "cannot be written" in window.message.text.text(), timeout=90_000)
    assert "choose another place" in window.message.text.text()
