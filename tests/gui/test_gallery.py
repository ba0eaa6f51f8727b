"""The gallery marks what the network can know, and offers CIFAR-10's test images."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viz.images import cifar10_archive
from resnet_viz.networks.family import CLASSES
from resnet_viz.views.shell.gallery import UNKNOWN, GalleryDialog


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cifar10_archive, "home", lambda: tmp_path)
    return tmp_path


def opened(qtbot: QtBot, labels: tuple[str, ...]) -> GalleryDialog:
    dialog = GalleryDialog(labels)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_samples_are_marked_by_what_a_cifar10_network_knows(qtbot: QtBot) -> None:
    dialog = opened(qtbot, CLASSES)
    texts = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert "Chelsea the cat\n✓ cat" in texts
    assert sum(UNKNOWN in text for text in texts) == 8
    assert dialog.knows.text().startswith("8 of the 10 sample photos")
    assert not dialog.which.isVisible()  # there are no test images


def test_before_the_first_result_nothing_is_claimed(qtbot: QtBot) -> None:
    dialog = opened(qtbot, ())
    assert dialog.list.item(0).text() == "Chelsea the cat"
    assert dialog.knows.text() == ""


def test_test_images_are_offered_by_class(qtbot: QtBot, home: Path) -> None:
    inside = home / "cifar-10-batches-py"
    inside.mkdir()
    held = {b"data": np.zeros((20, 3072), np.uint8), b"labels": [k % 10 for k in range(20)]}
    (inside / "test_batch").write_bytes(pickle.dumps(held, protocol=2))
    dialog = opened(qtbot, CLASSES)
    assert dialog.which.isVisible()
    for _ in range(4):
        qtbot.keyClick(dialog.which, Qt.Key.Key_Down)
    assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == [
        "cat 1",
        "cat 2",
    ]
    with qtbot.waitSignal(dialog.chosen) as chosen:
        place = dialog.list.visualItemRect(dialog.list.item(1)).center()
        qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["cifar10-test/cat/2"]
