"""Each lecture that comes with the program, from its first to its last step, with a clicker."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from resnet_viz import assets
from resnet_viz.commands.lecture import report
from resnet_viz.export.lecture import read_lecture
from resnet_viz.export.lectures import shipped
from resnet_viz.views.lecture.presenter import Presenter
from tests.gui.conftest import Driver

LECTURES = sorted(assets.path("lectures").glob("*.md"))


def test_three_lectures_come_with_the_program() -> None:
    assert list(shipped()) == [
        "What is a residual network?",
        "Where does the gradient go?",
        "Reading Grad-CAM honestly",
    ]
    for path in shipped().values():
        lecture = read_lecture(path)
        assert 12 <= len(lecture.steps) <= 20
        assert 20 <= (lecture.minutes or 0) <= 40
        assert all(step.title and step.text and step.notes for step in lecture.steps)


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_nothing_is_wrong_and_nothing_is_to_be_downloaded(path: Path) -> None:
    said = report(path)
    assert said["problems"] == []
    assert said["needs"] == []


@pytest.mark.long
@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_it_runs_to_its_end_and_every_prediction_is_marked(driver: Driver, path: Path) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    window.open_path(str(path))
    presenter = window.presenting.presenter
    assert isinstance(presenter, Presenter)
    audience = window.presenting.audience
    audience.showNormal()
    steps = presenter.steps
    seen = []
    for _ in range(2 * len(steps)):
        here = (presenter.number, presenter.asking)
        qtbot.waitUntil(lambda: not presenter.measuring, timeout=180_000)
        audience.resize(1280, 800)  # which it refuses where its contents need more
        if not presenter.asking:
            seen.append(presenter.number)
            assert window.message.text.text() == "" or not window.message.isVisible()
            stage = presenter.stage
            assert stage.tiles, "a step shows something"
            assert (audience.width(), audience.height()) == (1280, 800), presenter.step.title
            assert stage.text.verticalScrollBar().maximum() == 0
            if stage.shows_figures:
                assert any(getattr(tile, "views", None) for tile in stage.tiles)
            assert "not measured" not in stage.measured.text()
        QTest.keyClick(audience, Qt.Key.Key_PageDown)
        if (presenter.number, presenter.asking) == here:
            break
    assert seen == list(range(len(steps)))
    asked = [number for number, step in enumerate(steps) if step.predict is not None]
    assert sorted(presenter.values) == asked
    for number in asked:
        predict = steps[number].predict
        assert predict is not None
        assert math.isfinite(presenter.values[number])
        assert predict.right(presenter.values[number]) is not None, steps[number].title
    window.presenting.end()
