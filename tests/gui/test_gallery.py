"""The gallery marks what the network can know, and offers CIFAR-10's test images."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viz.images import cifar10_archive, cifar10_test
from resnet_viz.networks.family import CLASSES
from resnet_viz.views.shell.gallery import UNKNOWN, GalleryDialog


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(cifar10_archive, "home", lambda: tmp_path)
    yield tmp_path
    cifar10_test.set_source(None)


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


def test_a_zip_file_or_a_folder_is_offered_with_its_true_classes(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    for name, number in (("dog", 1), ("dog", 2), ("ship", 1)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (9 * number, 0, 0)).save(folder / name / f"{number}.png")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as packed:
        for file in folder.rglob("*.png"):
            packed.write(file, file.relative_to(tmp_path))
    dialog = opened(qtbot, CLASSES)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.zip"), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    for button, title in ((dialog.zip, "mine.zip"), (dialog.folder, "mine")):
        with qtbot.waitSignal(dialog.source_chosen):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert dialog.which.itemText(1 + CLASSES.index("dog")) == f"{title}: dog"
        dialog.which.setCurrentIndex(1 + CLASSES.index("dog"))
        assert [dialog.list.item(n).text() for n in range(dialog.list.count())] == [
            "dog 1",
            "dog 2",
        ]
    photo = cifar10_test.photo("cifar10-test/dog/2")
    assert (photo.label, photo.pixels.shape, int(photo.pixels[0, 0, 0])) == ("dog", (32, 32, 3), 18)


def test_a_folder_without_classes_is_refused_in_a_sentence(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(qtbot, CLASSES)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    qtbot.mouseClick(dialog.folder, Qt.MouseButton.LeftButton)
    assert "has no images in folders named airplane" in dialog.knows.text()
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "bad.zip"), ""))
    qtbot.mouseClick(dialog.zip, Qt.MouseButton.LeftButton)
    assert "bad.zip cannot be read" in dialog.knows.text()
    assert not dialog.which.isVisible()
