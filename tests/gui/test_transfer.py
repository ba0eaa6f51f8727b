"""The part Transfer of the backbone page with real clicks: examples, training, labels, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.images import cifar10_test
from resnet_viz.images.photo import Photo
from resnet_viz.views.backbone.page import BackbonePage
from resnet_viz.views.backbone.transfer import STALE, TransferPart
from tests import fakes
from tests.analysis.test_transfer import picture

LEFT = Qt.MouseButton.LeftButton
GREEN, BROWN = (40, 200, 40), (120, 80, 30)


@pytest.fixture
def part(backbone: BackbonePage) -> TransferPart:
    made = backbone.panel("transfer")
    assert isinstance(made, TransferPart)
    made.setProperty("page", backbone)
    QApplication.processEvents()
    return made


def folder(path: Path, name: str, colour: tuple[int, int, int], count: int = 5) -> str:
    (path / name).mkdir()
    for number in range(count):
        Image.fromarray(picture(number, colour)).save(path / name / f"{number}.png")
    return str(path / name)


def drag(qtbot: QtBot, part: TransferPart, start: tuple[float, float], side: float) -> None:
    rect = part.photo.image_rect()
    first = QPoint(rect.x() + round(start[0] * rect.width()), rect.y() + round(start[1] * 100))
    last = first + QPoint(round(side * rect.width()), 5)
    qtbot.mousePress(part.photo, LEFT, pos=first)
    qtbot.mouseMove(part.photo, last)
    part.photo.mouseMoveEvent(_moved(last))
    qtbot.mouseRelease(part.photo, LEFT, pos=last)


def _moved(at: QPoint) -> QMouseEvent:

    none = Qt.KeyboardModifier.NoModifier
    return QMouseEvent(QEvent.Type.MouseMove, QPointF(at), QPointF(at), LEFT, LEFT, none)


def test_two_folders_are_told_apart_and_a_new_photo_is_named(
    qtbot: QtBot, part: TransferPart, state: ExplorerState, tmp_path: Path, said: list[str]
) -> None:
    assert not part.train.isEnabled()
    part.add_folder(folder(tmp_path, "leaves", GREEN))
    part.add_folder(folder(tmp_path, "wood", BROWN))
    (tmp_path / "wood" / "torn.jpg").write_bytes(b"nothing")
    part.examples["wood"].append(str(tmp_path / "wood" / "torn.jpg"))
    assert part.counts.text() == "Examples of leaves: 5, wood: 5."
    qtbot.mouseClick(part.train, LEFT)
    qtbot.waitUntil(lambda: part.result is not None and part.result.complete, timeout=90_000)
    assert part.progress.isHidden()
    assert [one.name for one in part.plot.chart.series] == [
        "this backbone", "without its skips", "untrained",
    ]  # fmt: skip
    assert part.plot.chart.references[0][1] == 0.5
    assert "1 file was passed over, which cannot be read as photos: torn.jpg." in (
        part.caption.text()
    )
    assert "held-out ones are easy" not in part.caption.text()
    assert "“gradient” is “" in part.label.text()
    state.set_photo(Photo("a plank", picture(78, BROWN)))
    part.show_result(replace(fakes.result(), snapshot=state.snapshot))
    qtbot.waitUntil(lambda: "“a plank” is “" in part.label.text(), timeout=30_000)
    assert "“a plank” is “wood”" in part.label.text()
    state.set_network("plain20")
    assert part.label.text() == STALE
    assert part.figures()[0].name == "backbone-transfer"
    assert not "".join(said)


def test_drawn_squares_are_examples_of_the_class_that_is_written(
    qtbot: QtBot, part: TransferPart, said: list[str]
) -> None:
    drag(qtbot, part, (0.1, 0.2), 0.2)
    part.group.setEditText("B")
    drag(qtbot, part, (0.6, 0.2), 0.25)
    assert part.counts.text() == "Examples of A: 1, B: 1."
    assert "term:linear-probe" in part.sentence.text()
    assert "term:transfer" in part.sentence.text()
    first, second = part.examples["A"][0], part.examples["B"][0]
    assert isinstance(first, Photo)
    assert isinstance(second, Photo)
    # The photo grows redder to the right, and a square has the side that was drawn.
    assert first.pixels[..., 0].mean() < 90 < 150 < second.pixels[..., 0].mean()
    assert first.width == pytest.approx(0.2 * 320, abs=2)
    part.group.setEditText("  ")
    drag(qtbot, part, (0.1, 0.2), 0.2)
    assert said[-1] == "Write the name of a class beside the buttons first"
    qtbot.mouseClick(part.train, LEFT)
    qtbot.waitUntil(lambda: "fewer than two examples" in said[-1], timeout=60_000)
    qtbot.mouseClick(part.clear, LEFT)
    assert part.counts.text() == "There are no examples yet."
    assert not part.train.isEnabled()


def test_squares_of_one_photo_are_said_to_be_an_easy_test(qtbot: QtBot, part: TransferPart) -> None:
    for name, left in (("A", 0.05), ("B", 0.65)):
        part.group.setEditText(name)
        for number in range(3):
            drag(qtbot, part, (left + 0.02 * number, 0.2), 0.2)
    qtbot.mouseClick(part.train, LEFT)
    qtbot.waitUntil(lambda: part.result is not None, timeout=60_000)
    assert "held-out ones are easy." in part.caption.text()


def test_it_can_be_cancelled(qtbot: QtBot, part: TransferPart, tmp_path: Path) -> None:
    part.add_folder(folder(tmp_path, "leaves", GREEN, 40))
    part.add_folder(folder(tmp_path, "wood", BROWN, 40))
    qtbot.mouseClick(part.train, LEFT)
    qtbot.waitUntil(part.progress.isVisible, timeout=60_000)
    qtbot.mouseClick(part.progress.cancel, LEFT)
    assert not part.channel.running
    assert part.progress.isHidden()


def test_what_cannot_be_had_is_said(
    qtbot: QtBot,
    part: TransferPart,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    part.add_folder(str(tmp_path / "empty"))
    assert "has no photos in it" in said[-1]
    monkeypatch.setattr(cifar10_test, "_source", None)
    monkeypatch.setattr(cifar10_test.cifar10_archive, "home", lambda: tmp_path)
    qtbot.mouseClick(part.cifar10, LEFT)
    qtbot.waitUntil(lambda: "download CIFAR-10" in said[-1], timeout=60_000)
