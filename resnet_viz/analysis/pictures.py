"""A batch of pictures to measure a loss on: crops of photos, or labelled CIFAR-10 images."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from resnet_viz.analysis.session import as_input
from resnet_viz.images import cifar10, gallery
from resnet_viz.images.photo import Crop, Photo, clamp_crop, default_crop, network_picture
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.results.task import TaskError


@dataclass(frozen=True)
class Pictures:
    """``pixels`` are (N, S, S, 3) uint8; ``labels`` (N,) int64, or None where nobody knows them.

    ``words`` say what they are, such as "64 CIFAR-10 images from cifar10-test.zip".
    """

    pixels: np.ndarray
    labels: np.ndarray | None
    words: str

    def batch(self, spec: NetworkSpec) -> Tensor:
        """The network's input, (N, 3, S, S) float32, normalised."""
        return torch.cat([as_input(picture, spec) for picture in self.pixels])


def cifar10_pictures(path: str, count: int, spec: NetworkSpec) -> Pictures:
    """The first images of each class in a folder or a zip file, ``count`` in all.

    Raises:
        TaskError: the file cannot be used, or the network knows other classes.
    """
    if spec.family != "cifar":
        raise TaskError(
            f"{spec.title} knows ImageNet's classes, not CIFAR-10's; choose the photos instead, "
            "or a CIFAR network in the explorer"
        )
    steps = cifar10.loading(Path(path), count)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        data: cifar10.LabelledImages = end.value
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise TaskError(f"{path} gives no labelled images: {error}") from error
    words = f"{len(data.labels)} CIFAR-10 images from {Path(path).name}"
    return Pictures(data.images, data.labels, words)


def photo_pictures(
    photo: Photo, crop: Crop | None, count: int, spec: NetworkSpec, seed: int
) -> Pictures:
    """The open photo as the network sees it, then random crops of it and of the gallery's photos.

    A crop has a side of 60 to 100 % of the photo's default crop, lies anywhere in the photo and is
    mirrored or not; the same ``seed`` gives the same crops.
    """
    asked = clamp_crop(crop or default_crop(photo, spec.crop_fraction), photo)
    pictures = [network_picture(photo, asked, spec.input_size)]
    photos = [photo, *gallery.others(photo)]
    random = np.random.default_rng(seed)
    turns = [photos[number % len(photos)] for number in range(1, count)]
    # One photo after the other: network_picture keeps the halved copies of the last ones only.
    for one in sorted(turns, key=photos.index):
        side = default_crop(one, spec.crop_fraction).size * random.uniform(0.6, 1.0)
        x, y = random.uniform(0, one.width - side), random.uniform(0, one.height - side)
        picture = network_picture(one, clamp_crop(Crop(x, y, side), one), spec.input_size)
        pictures.append(picture[:, ::-1] if random.random() < 0.5 else picture)
    words = f"{count} crops of the open photo and of the gallery"
    return Pictures(np.stack(pictures[:count]), None, words)
