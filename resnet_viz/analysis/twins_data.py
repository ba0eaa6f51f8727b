"""The images that the twins train on, loaded in steps, and the batches made of them."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_viz.analysis.training_run import augment, normalise, to_tensor
from resnet_viz.images import cifar10, cifar10_archive, digits
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks.preprocessing import CIFAR10
from resnet_viz.results.live_training import DataChoice
from resnet_viz.results.task import Progress, TaskError


@dataclass(frozen=True)
class TrainingData:
    """Images with their mean and deviation; ``augmented`` if they are mirrored and moved about."""

    images: LabelledImages
    mean: tuple[float, ...]
    std: tuple[float, ...]
    augmented: bool


_last: dict[DataChoice, TrainingData] = {}
"""What was loaded last, so that the next start need not wait for it."""


def loading(choice: DataChoice) -> Generator[Progress, None, TrainingData]:
    """Load the images, or give those of last time.

    Raises:
        TaskError: they cannot be read; the sentence says what to do instead.
        WeightsError: CIFAR-10 could not be downloaded; likewise.
    """
    if choice not in _last:
        with _in_words(choice.path):
            found = yield from _load(choice)
        _last.clear()
        _last[choice] = found
    return _last[choice]


def _load(choice: DataChoice) -> Generator[Progress, None, TrainingData]:
    if choice.kind == "digits":
        yield Progress("Reading the digits", 0, 0)
        grey = digits.load()
        values = grey.images[..., 0] / 255
        return TrainingData(grey, (float(values.mean()),) * 3, (float(values.std()),) * 3, False)
    folder = Path(choice.path) if choice.kind == "path" else cifar10_archive.home()
    if choice.kind == "cifar10":
        for text, done, total in cifar10_archive.fetching(folder):
            yield Progress(text, done, total)
    if cifar10_archive.is_there(folder):
        yield Progress("Reading CIFAR-10", 0, 0)
        images = cifar10_archive.read(folder, choice.limit)
    else:
        yield Progress(f"Reading {folder.name}", 0, 0)
        steps = cifar10.loading(folder, choice.limit)
        while True:
            try:
                done, total = next(steps)
            except StopIteration as end:
                images = end.value
                break
            yield Progress(f"Reading {folder.name}, {done:,} of {total:,} images", done, total)
    return TrainingData(images, CIFAR10.mean, CIFAR10.std, True)


@contextmanager
def _in_words(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise TaskError(str(error)) from error
    except (zipfile.BadZipFile, OSError) as error:
        raise TaskError(
            f"{path or cifar10_archive.home()} cannot be read ({error}); "
            f"{cifar10_archive.OTHERWISE}"
        ) from error


class Batches:
    """The batch of every step, which depends on nothing but the data, the seed and the step.

    Each epoch goes through the images in another order and leaves out the last few, which would
    not fill a batch. CIFAR-10's images are mirrored at random and moved by up to 4 pixels (He 2015
    §4.2); digits are left as they are: they look into one direction, and are learnt sooner.
    """

    def __init__(self, data: TrainingData, size: int, seed: int) -> None:
        self.data, self.seed = data, seed
        count = len(data.images.labels)
        self.size = min(size, count)
        self.per_epoch = count // self.size
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (N, 3, 32, 32), normalised, and labels (N,) of a step, which counts from 0."""
        epoch, index = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
            self._order = torch.randperm(len(self.data.images.labels), generator=generator)
            self._epoch = epoch
        chosen = self._order[index * self.size : (index + 1) * self.size].numpy()
        images = to_tensor(self.data.images.images[chosen])
        if self.data.augmented:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
            images = augment(images, 0.0, generator)
        batch = normalise(images, self.data.mean, self.data.std)
        labels = torch.from_numpy(self.data.images.labels[chosen])
        return batch.contiguous(memory_format=torch.channels_last), labels
