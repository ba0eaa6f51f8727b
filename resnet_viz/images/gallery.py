"""The sample gallery: photos that come with scikit-image, so that no network is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from resnet_viz.images import cifar10_test
from resnet_viz.images.photo import Photo, PhotoError, decode_photo, default_crop, network_picture


@dataclass(frozen=True)
class Sample:
    """A photo of the gallery. ``what`` says what is on it, ``credit`` whose it is and under which
    terms, as scikit-image documents it; ``file`` is its file in scikit-image's package.
    ``cifar10`` and ``imagenet`` are the classes that fit what is on it, None where none does."""

    name: str
    title: str
    what: str
    credit: str
    file: str
    cifar10: str | None = None
    imagenet: str | None = None


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "chelsea",
        "Chelsea the cat",
        "A tabby cat's face, close up: fur, whiskers and two eyes.",
        "Stefan van der Walt, CC0",
        "chelsea.png",
        cifar10="cat",
        imagenet="tabby",
    ),
    Sample(
        "astronaut",
        "Astronaut",
        "Eileen Collins in an orange space suit, with a flag, a helmet and a model of the Shuttle.",
        "NASA, public domain",
        "astronaut.png",
    ),
    Sample(
        "coffee",
        "Coffee",
        "An espresso in a red cup on a wooden table, with a spoon on the saucer.",
        "Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0",
        "coffee.png",
        imagenet="espresso",
    ),
    Sample(
        "rocket",
        "Rocket",
        "A Falcon 9 on its launch pad at dusk: a small object before a large, smooth sky.",
        "SpaceX, public domain",
        "rocket.jpg",
        imagenet="missile",
    ),
    Sample(
        "motorcycle",
        "Motorcycle",
        "A red motorcycle in a garage, before full shelves.",
        "D. Scharstein and others, Middlebury stereo benchmark, 2014",
        "motorcycle_left.png",
        imagenet="moped",
    ),
    Sample(
        "camera",
        "Cameraman",
        "A man at a camera on a tripod, in grey: a photo without colour.",
        "Lav Varshney, CC0",
        "camera.png",
        imagenet="tripod",
    ),
    Sample(
        "horse",
        "Horse",
        "The black outline of a horse on white: a shape without texture.",
        "Andreas Preuss, CC0",
        "horse.png",
        cifar10="horse",
    ),
    Sample(
        "brick",
        "Brick wall",
        "A brick wall in grey: a texture without an object.",
        "CC0Textures, CC0",
        "brick.png",
    ),
    Sample(
        "coins",
        "Coins",
        "Greek coins from Pompeii in grey: many small objects of one kind.",
        "Brooklyn Museum, no known copyright restrictions",
        "coins.png",
    ),
    Sample(
        "retina",
        "Retina",
        "The back of a human eye: a medical image, far from what the networks were trained on.",
        "Mikael Häggström, CC0",
        "retina.jpg",
    ),
)
"""Every sample, in the order in which the gallery shows them."""

DEFAULT_SAMPLE = "chelsea"


def fitting(sample: Sample, labels: Sequence[str]) -> str | None:
    """That of a network's classes, ``labels``, which fits what is on the sample; None if none."""
    return next((name for name in (sample.cifar10, sample.imagenet) if name in labels), None)


def unknown_in_words(labels: Sequence[str]) -> str:
    """A sentence on how many of the samples show nothing that a network knows."""
    unknown = sum(fitting(sample, labels) is None for sample in SAMPLES)
    if not unknown:
        return "Each sample photo shows something that this network knows."
    return (
        f"{unknown} of the {len(SAMPLES)} sample photos show nothing that this network knows: "
        "what it answers to them is wrong, however sure it is."
    )


def others(photo: Photo) -> list[Photo]:
    """The samples without ``photo``, so that one that is open is not counted twice."""
    photos = [load_sample(sample.name) for sample in SAMPLES]
    return [one for one in photos if not np.array_equal(one.pixels, photo.pixels)]


def load_sample(name: str) -> Photo:
    """The sample of that name; it is read from scikit-image's package and never downloaded.

    Names that begin with `cifar10_test.PREFIX` are test images of CIFAR-10.

    Raises:
        PhotoError: there is no such sample, or scikit-image is not installed or lacks the file.
    """
    if name.startswith(cifar10_test.PREFIX):
        return cifar10_test.photo(name)
    for sample in SAMPLES:
        if sample.name == name:
            return decode_photo(_read(sample), sample.title)
    choices = ", ".join(sample.name for sample in SAMPLES)
    raise PhotoError(f"There is no sample “{name}”; choose one of {choices}.")


def _read(sample: Sample) -> bytes:
    # skimage.data's own functions would go to the network for a file that they do not find.
    try:
        return (resources.files("skimage") / "data" / sample.file).read_bytes()
    except (ImportError, OSError) as error:
        raise PhotoError(
            f"The sample “{sample.name}” is missing; install scikit-image again."
        ) from error


def thumbnail(photo: Photo, side: int) -> np.ndarray:
    """The photo's largest centred square as (side, side, 3) uint8."""
    return network_picture(photo, default_crop(photo, 1.0), side)
