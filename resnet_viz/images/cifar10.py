"""CIFAR-10 as JPEG or PNG files in one folder per class, in a folder or a zip file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from resnet_viz.networks.family import CLASSES

_SUFFIXES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True)
class LabelledImages:
    """Images (N, 32, 32, 3) uint8 and their classes (N,) int64, as indices into ``CLASSES``."""

    images: np.ndarray
    labels: np.ndarray


def load(path: Path, progress: Callable[[int, int], None] | None = None) -> LabelledImages:
    """Decode every image of ``class/name.jpg`` below ``path``, a folder or a zip file.

    ``progress`` is called with (images decoded, images in all) every 1,000 images.

    Raises:
        ValueError: ``path`` holds no image in a folder named after a CIFAR-10 class, or one that
            is not 32×32.
        FileNotFoundError: there is nothing at ``path``.
    """
    steps = loading(path)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            return end.value
        if progress:
            progress(done, total)


def loading(path: Path, limit: int = 0) -> Generator[tuple[int, int], None, LabelledImages]:
    """`load` as a generator that yields (images decoded, images in all) every 1,000 images.

    With a ``limit``, only so many images are decoded: the first of each class, as many of one
    class as of another where there are enough.

    Raises: as `load` does.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; give a folder or a zip file of CIFAR-10")
    found = list(files(path))
    if not found:
        raise ValueError(f"{path} has no images in folders named {', '.join(CLASSES)}")
    found = [found[i] for i in first_of_each([label for _, label, _ in found], limit)]
    images = np.empty((len(found), 32, 32, 3), np.uint8)
    labels = np.empty(len(found), np.int64)
    for number, (name, label, read) in enumerate(found):
        with Image.open(io.BytesIO(read())) as image:
            if image.size != (32, 32):
                raise ValueError(f"{name} in {path} is {image.size[0]}×{image.size[1]}, not 32×32")
            images[number] = np.asarray(image.convert("RGB"))
        labels[number] = label
        if (number + 1) % 1000 == 0:
            yield number + 1, len(found)
    return LabelledImages(images, labels)


def first_of_each(labels: Sequence[int] | np.ndarray, limit: int) -> np.ndarray:
    """Indices, in order, of the ``limit`` images that come first in their class; all if it is 0."""
    given = np.asarray(labels)
    if not limit or limit >= len(given):
        return np.arange(len(given))
    rank = np.empty(len(given), np.int64)
    for label in np.unique(given):
        chosen = given == label
        rank[chosen] = np.arange(chosen.sum())
    return np.sort(np.argsort(rank, kind="stable")[:limit])


def files(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """The name, the class and the bytes of each image below ``path``, a folder or a zip file."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() in _SUFFIXES and file.parent.name in CLASSES:
                yield file.name, CLASSES.index(file.parent.name), file.read_bytes
        return
    archive = zipfile.ZipFile(path)
    for name in sorted(archive.namelist()):
        inside = Path(name)
        if inside.suffix.lower() in _SUFFIXES and inside.parent.name in CLASSES:
            yield name, CLASSES.index(inside.parent.name), lambda name=name: archive.read(name)  # type: ignore[misc]
