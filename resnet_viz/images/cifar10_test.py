"""CIFAR-10's images with their true classes: the unpacked archive, or a folder or zip file."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from resnet_viz.images import cifar10, cifar10_archive
from resnet_viz.images.photo import Photo, PhotoError
from resnet_viz.networks.family import CLASSES

PREFIX = "cifar10-test/"
"""Names of these photos are this, the class, a stroke and the number within the class."""

_MOST_PIXELS = 1024 * 1024
_FILE = Path("cifar-10-batches-py") / "test_batch"
_ALLOWED = {("multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}


_source: Path | None = None


def set_source(path: Path | None) -> None:
    """Take the images from a folder or a zip file of class/name.jpg; None is the archive again.

    Raises:
        PhotoError: there are no images there in folders named after classes.
    """
    global _source
    if path is not None:
        _listed(path)
    _source = path


def source_title() -> str:
    """What the images are called: those of the archive, or the file's or folder's name."""
    return "CIFAR-10 test images" if _source is None else _source.name


def at_hand(folder: Path | None = None) -> bool:
    """True if the images can be shown: a source is set, or the test images are in ``folder``, by
    default the program's own."""
    return _source is not None or ((folder or cifar10_archive.home()) / _FILE).is_file()


def photos(label: str, count: int, folder: Path | None = None) -> list[Photo]:
    """The first ``count`` test images of a class, each with its ``label``.

    Raises:
        PhotoError: the file is missing or damaged, or there is no such class.
    """
    if label not in CLASSES:
        raise PhotoError(f"CIFAR-10 has no class “{label}”; its classes are {', '.join(CLASSES)}.")
    if _source is not None:
        reads = _listed(_source).get(CLASSES.index(label), ())[:count]
        return [
            Photo(f"{_source.name}: {label} {number}", _decoded(read, _source), label=label)
            for number, read in enumerate(reads, start=1)
        ]
    images, labels = _read((folder or cifar10_archive.home()) / _FILE)
    places = np.flatnonzero(labels == CLASSES.index(label))[:count]
    return [
        Photo(f"CIFAR-10 test: {label} {number}", images[place], label=label)
        for number, place in enumerate(places, start=1)
    ]


def photo(name: str) -> Photo:
    """The test image called ``name``, such as "cifar10-test/cat/3".

    Raises:
        PhotoError: there is none.
    """
    label, _, number = name.removeprefix(PREFIX).partition("/")
    if not number.isdecimal() or not 1 <= int(number) <= 10_000:
        raise PhotoError(f"There is no test image “{name}”; choose another one.")
    found = photos(label, int(number))
    if len(found) < int(number):
        raise PhotoError(f"CIFAR-10 has {len(found)} test images of “{label}”; choose one of them.")
    return found[-1]


@lru_cache(maxsize=1)
def _listed(path: Path) -> dict[int, tuple[Callable[[], bytes], ...]]:
    """How to read the images of each class."""
    found: dict[int, list[Callable[[], bytes]]] = {}
    try:
        for _, label, read in cifar10.files(path):
            found.setdefault(label, []).append(read)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise PhotoError(
            f"{path} cannot be read ({error}); choose a folder or a zip file of CIFAR-10."
        ) from error
    if not found:
        raise PhotoError(
            f"{path} has no images in folders named {', '.join(CLASSES)}; choose another one."
        )
    return {label: tuple(reads) for label, reads in found.items()}


def _decoded(read: Callable[[], bytes], path: Path) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(read())) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ValueError(f"{image.width}×{image.height} pixels")
            return np.asarray(image.convert("RGB"))
    except Exception as error:  # whatever a damaged file makes of itself
        raise PhotoError(f"An image in {path} is damaged ({error}); choose another one.") from error


class _PlainReader(pickle.Unpickler):
    """Makes arrays and plain values alone, so that nothing in a file is run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module.rpartition(".")[2], name) in _ALLOWED and module.partition(".")[0] == "numpy":
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


@lru_cache(maxsize=1)
def _read(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N, 32, 32, 3) uint8 and (N,) int64."""
    try:
        with file.open("rb") as stream:
            held = _PlainReader(stream, encoding="bytes").load()
        held = {key.decode() if isinstance(key, bytes) else key: held[key] for key in held}
        rows = np.asarray(held["data"], np.uint8).reshape(-1, 3, 32, 32)
        labels = np.asarray(held["labels"], np.int64)
        if len(rows) != len(labels):
            raise ValueError(f"{len(rows)} images and {len(labels)} labels")
    except FileNotFoundError as error:
        raise PhotoError(
            f"{file} does not exist; download CIFAR-10 on the page Training."
        ) from error
    except Exception as error:  # whatever a damaged pickle makes of itself
        raise PhotoError(
            f"{file} is damaged ({error}); delete its folder and download CIFAR-10 again."
        ) from error
    images = np.ascontiguousarray(rows.transpose(0, 2, 3, 1))
    images.setflags(write=False)
    return images, labels
