"""CIFAR-10 from a folder and from a zip file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viz.images import cifar10
from resnet_viz.networks.family import CLASSES


def save(path: Path, value: int, side: int = 32) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), (value, 0, 255 - value)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    save(data / "train" / "cat" / "0001.png", 10)
    save(data / "train" / "cat" / "0000.png", 20)
    save(data / "train" / "airplane" / "0000.PNG", 30)
    save(data / "train" / "truck" / "0000.png", 40)
    save(data / "train" / "unicorn" / "0000.png", 50)
    (data / "train" / "cat" / "notes.txt").write_text("no image")
    return data


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder))


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_images_and_labels_of_known_classes(folder: Path, kind: str) -> None:
    data = cifar10.load(folder if kind == "folder" else zipped(folder))
    assert data.images.shape == (4, 32, 32, 3)
    assert data.images.dtype == np.uint8
    assert data.labels.dtype == np.int64
    assert [CLASSES[label] for label in data.labels] == ["airplane", "cat", "cat", "truck"]
    assert data.images[:, 5, 5, 0].tolist() == [30, 20, 10, 40]
    assert data.images[:, 5, 5, 2].tolist() == [225, 235, 245, 215]


def test_jpeg_and_grey_are_read_as_colour(tmp_path: Path) -> None:
    save(tmp_path / "dog" / "0.jpg", 200)
    Image.new("L", (32, 32), 99).save(tmp_path / "dog" / "1.png")
    images = cifar10.load(tmp_path).images
    assert np.abs(images[0].astype(int) - (200, 0, 55)).max() < 6
    assert (images[1] == 99).all()


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_an_image_of_another_size_is_named(folder: Path, kind: str) -> None:
    save(folder / "train" / "frog" / "big.png", 0, side=33)
    path = folder if kind == "folder" else zipped(folder)
    with pytest.raises(ValueError, match=r"big\.png in .* is 33×33, not 32×32"):
        cifar10.load(path)


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"lost does not exist; give a folder or a zip"):
        cifar10.load(tmp_path / "lost")


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_no_images_at_all(tmp_path: Path, kind: str) -> None:
    empty = tmp_path / "empty"
    (empty / "cat").mkdir(parents=True)
    path = empty if kind == "folder" else zipped(empty)
    with pytest.raises(ValueError, match="has no images in folders named airplane, automobile"):
        cifar10.load(path)


def test_progress_every_thousand(tmp_path: Path) -> None:
    save(tmp_path / "cat" / "0.png", 1)
    for number in range(1, 1001):
        shutil.copy(tmp_path / "cat" / "0.png", tmp_path / "cat" / f"{number}.png")
    calls: list[tuple[int, int]] = []
    data = cifar10.load(tmp_path, lambda done, total: calls.append((done, total)))
    assert calls == [(1000, 1001)]
    assert len(data.labels) == 1001


def test_a_subset_takes_the_first_of_each_class(folder: Path) -> None:
    steps = cifar10.loading(folder, limit=3)
    with pytest.raises(StopIteration) as end:
        next(steps)
    data = end.value.value
    assert [CLASSES[label] for label in data.labels] == ["airplane", "cat", "truck"]
    assert data.images[:, 5, 5, 0].tolist() == [30, 20, 40]


@pytest.mark.parametrize(
    ("limit", "chosen"),
    [
        (0, [0, 1, 2, 3, 4, 5]),
        (9, [0, 1, 2, 3, 4, 5]),
        (2, [0, 3]),
        (3, [0, 1, 3]),
        (5, [0, 1, 2, 3, 5]),
    ],
)
def test_the_first_of_each_class(limit: int, chosen: list[int]) -> None:
    assert cifar10.first_of_each([7, 7, 7, 2, 7, 2], limit).tolist() == chosen
