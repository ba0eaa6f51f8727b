"""Test images of CIFAR-10 come with their true class, and nothing in a file is run."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viz.images import cifar10_archive, cifar10_test, gallery
from resnet_viz.images.photo import PhotoError, load_photo
from resnet_viz.networks.family import CLASSES


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """40 test images in turn of each class, image k being of the grey k."""
    monkeypatch.setattr(cifar10_archive, "home", lambda: tmp_path)
    inside = tmp_path / "cifar-10-batches-py"
    inside.mkdir()
    data = np.arange(40, dtype=np.uint8)[:, None].repeat(3072, 1)
    held = {b"data": data, b"labels": [k % 10 for k in range(40)]}
    (inside / "test_batch").write_bytes(pickle.dumps(held, protocol=2))
    return tmp_path


def test_the_images_of_a_class_have_its_label(home: Path) -> None:
    assert cifar10_test.at_hand()
    found = cifar10_test.photos("cat", 3)
    assert [int(photo.pixels[0, 0, 0]) for photo in found] == [3, 13, 23]
    assert {photo.label for photo in found} == {"cat"}
    assert found[0].pixels.shape == (32, 32, 3)
    again = gallery.load_sample("cifar10-test/cat/2")
    assert (again.label, int(again.pixels[0, 0, 0])) == ("cat", 13)


@pytest.mark.parametrize("name", ["cat/5", "cat/0", "cat/x", "cow/1", "cat"])
def test_what_is_not_there_is_a_sentence(home: Path, name: str) -> None:
    with pytest.raises(PhotoError, match=r"choose|classes are"):
        gallery.load_sample(f"cifar10-test/{name}")


class Harm:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("harm"),)


@pytest.mark.parametrize(
    "content", [b"nothing", pickle.dumps(Harm()), pickle.dumps({"data": 1}), pickle.dumps([])]
)
def test_a_damaged_or_hostile_file_is_named_and_not_run(
    home: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    (home / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    with pytest.raises(PhotoError, match=r"test_batch is damaged .*; delete its folder"):
        cifar10_test.photos("cat", 1)
    assert not Path("harm").exists()


def test_without_the_archive_nothing_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar10_archive, "home", lambda: tmp_path)
    assert not cifar10_test.at_hand()
    with pytest.raises(PhotoError, match="download CIFAR-10"):
        cifar10_test.photos("cat", 1)


def test_an_image_in_a_folder_of_its_class_has_that_label(tmp_path: Path) -> None:
    for folder, side in (("cat", 32), ("cat", 64), ("cow", 32)):
        (tmp_path / folder).mkdir(exist_ok=True)
        Image.new("RGB", (side, side)).save(tmp_path / folder / f"{side}.png")
    assert load_photo(tmp_path / "cat" / "32.png").label == "cat"
    assert load_photo(tmp_path / "cat" / "64.png").label is None
    assert load_photo(tmp_path / "cow" / "32.png").label is None


def test_two_of_the_ten_samples_show_what_cifar10_knows() -> None:
    known = {one.name: gallery.fitting(one, CLASSES) for one in gallery.SAMPLES}
    assert {name: label for name, label in known.items() if label} == {
        "chelsea": "cat",
        "horse": "horse",
    }
    assert gallery.unknown_in_words(CLASSES).startswith("8 of the 10 sample photos show nothing")


def test_the_classes_that_fit_are_imagenets_own_names() -> None:
    from torchvision.models import ResNet18_Weights

    labels = ResNet18_Weights.DEFAULT.meta["categories"]
    named = [one.imagenet for one in gallery.SAMPLES if one.imagenet]
    assert len(named) >= 5
    assert set(named) <= set(labels)
    assert gallery.fitting(gallery.SAMPLES[0], labels) == "tabby"
