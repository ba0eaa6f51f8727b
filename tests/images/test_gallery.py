"""The samples come from the installed package alone."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.images.gallery import DEFAULT_SAMPLE, SAMPLES, load_sample, thumbnail
from resnet_viz.images.photo import Photo, PhotoError

NAMES = [sample.name for sample in SAMPLES]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a sample went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_loads_without_a_network(name: str) -> None:
    photo = load_sample(name)
    sample = SAMPLES[NAMES.index(name)]
    assert (photo.name, photo.path) == (sample.title, None)
    assert min(photo.width, photo.height) >= 224
    assert photo.pixels.std() > 20
    assert all((sample.title, sample.what, sample.credit))


def test_names_and_titles_are_unique_and_hold_the_default() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert len({sample.title for sample in SAMPLES}) == len(SAMPLES)
    assert DEFAULT_SAMPLE in NAMES


def test_the_default_is_the_cat() -> None:
    photo = load_sample(DEFAULT_SAMPLE)
    assert (photo.width, photo.height) == (451, 300)
    # The left eye is greenish yellow, so far less blue than red.
    red, _, blue = photo.pixels[110, 150].astype(int)
    assert red > blue + 30


def test_transparency_in_the_horse_is_white() -> None:
    assert load_sample("horse").pixels[0, 0].tolist() == [255, 255, 255]


def test_an_unknown_sample_names_the_choices() -> None:
    with pytest.raises(PhotoError, match=r"no sample “dog”; choose one of chelsea, astronaut, "):
        load_sample("dog")


@pytest.mark.parametrize("error", [ModuleNotFoundError, FileNotFoundError])
def test_a_missing_package_or_file_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def files(package: str) -> Path:
        if error is ModuleNotFoundError:
            raise error(package)
        return Path("nowhere")

    monkeypatch.setattr("importlib.resources.files", files)
    with pytest.raises(PhotoError, match="“chelsea” is missing; install scikit-image again"):
        load_sample("chelsea")


def test_importing_the_gallery_is_cheap() -> None:
    code = "import sys, resnet_viz.images.gallery; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert not {"skimage", "torch", "PySide6"} & set(loaded.stdout.split())


def test_thumbnail_is_the_centred_square() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 90, 160, 230
    small = thumbnail(Photo("bar", pixels), 25)
    assert small.shape == (25, 25, 3)
    assert (small[:, 1:-1] == (90, 160, 230)).all()
