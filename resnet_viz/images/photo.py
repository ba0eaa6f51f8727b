"""Photos: decoding, orientation, cropping, and what the network sees of them."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from resnet_viz.images.decoding import LONGEST as LONGEST
from resnet_viz.images.decoding import MOST_PIXELS as MOST_PIXELS
from resnet_viz.images.decoding import SUFFIXES as SUFFIXES
from resnet_viz.images.decoding import PhotoError as PhotoError
from resnet_viz.images.decoding import check_size, decode, from_pixels
from resnet_viz.networks.family import CLASSES


@dataclass(frozen=True)
class Crop:
    """A square in a photo's pixels: top left corner and side, all may be fractions."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, eq=False)
class Stream:
    """A camera or a video while it runs; opening it again is another one."""

    name: str


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright photo. ``pixels`` is (H, W, 3) uint8 sRGB; ``name`` is shown to the user;
    ``path`` is the file it came from, or None for a sample, a paste or a camera. ``note`` says in
    sentences what was done to it that one would not expect, as to deep greys; ``label`` is the
    class that is known to be on it, such as "cat"; ``stream`` is that of a frame.

    Photos are compared by identity: opening a file twice gives two photos.
    """

    name: str
    pixels: np.ndarray
    path: str | None = None
    note: str = ""
    label: str | None = None
    stream: Stream | None = None

    def beside(self, other: Photo) -> bool:
        """True if both are the same photo, or frames of the same stream."""
        return self is other or (self.stream is not None and self.stream is other.stream)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


@dataclass(frozen=True)
class Sought:
    """A file that may be a photo, or why there is none: ``problem`` is a sentence for the user.

    ``path`` begins as it was typed: of a photo in a folder it is the folder's, and the way there.
    """

    path: str
    problem: str = ""


def find_photos(paths: Sequence[str | Path]) -> list[Path]:
    """The files among ``paths`` as given, and in place of a folder the photos in and below it.

    Photos of a folder are known by ``SUFFIXES``, sorted by path, without hidden files and folders.

    Raises:
        PhotoError: a path does not exist, or a folder has no photo or may not be read.
    """
    found: list[Path] = []
    for path in paths:
        here = look_for_photos(str(path))
        if all(one.problem for one in here):
            raise PhotoError(here[0].problem)
        found += [Path(one.path) for one in here if not one.problem]
    return found


def look_for_photos(path: str) -> list[Sought]:
    """``path`` itself, or in place of a folder the photos in and below it, as `find_photos`.

    Where it does not exist, a folder may not be read or has no photo, that is in the list.
    """
    try:
        if not Path(path).exists():
            return [Sought(path, f"{path} does not exist; check the name or choose another file.")]
        if not Path(path).is_dir():
            return [Sought(path)]
    except OSError as error:  # such as a name that is too long, or in a folder that is closed
        why = f"{path} may not be looked at ({error.strerror}); choose another file."
        return [Sought(path, why)]
    found: list[Sought] = []

    def refused(error: OSError) -> None:
        folder = error.filename or path
        found.append(
            Sought(
                folder,
                f"{folder} may not be read ({error.strerror}); change its permissions or choose "
                "another folder.",
            )
        )

    for folder, folders, files in os.walk(path, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = [f"{folder.rstrip(os.sep)}{os.sep}{name}" for name in files if _is_photo(name)]
        found += [Sought(file) for file in inside if Path(file).is_file()]
    if not found:
        why = (
            f"{path} has no photos in it; choose a folder with JPEG, PNG, WebP, TIFF or other "
            "image files."
        )
        return [Sought(path, why)]
    return sorted(found, key=lambda one: Path(one.path))


def _is_photo(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")


def load_photo(path: str | Path) -> Photo:
    """Open an image file as an upright sRGB photo.

    EXIF orientation and embedded colour profiles are applied, transparency is laid over white,
    and of an animation the first frame is taken. Deep values are shown by the bits that the file
    uses or by their own range (see `levels.scale_of`), and a JPEG whose last few rows are missing
    as far as it goes; the photo's ``note`` says so. Photos with a side of more than ``LONGEST``
    pixels are reduced to it, JPEG already while decoding, others strip by strip where they have to
    be converted, so that the window stays quick: the networks' inputs are far smaller.

    Raises:
        PhotoError: the file is missing, cannot be read, is broken or is no image, has more than
            ``MOST_PIXELS`` pixels (found without decoding it), or is smaller than 8×8 pixels.
    """
    typed, path = str(path), Path(path)
    try:
        if path.is_dir():
            raise PhotoError(f"{typed} is a folder; choose an image file in it.")
        # Opening a pipe would wait for ever.
        if path.exists() and not path.is_file():
            raise PhotoError(f"{typed} is not a file; choose an image file.")
        with path.open("rb") as stream:
            found = decode(stream, typed)
        photo = Photo(path.name, found.pixels, typed, found.note, _label(path, found.pixels))
        _halved(photo)  # here, where nobody waits for it, and not when it is drawn
        return photo
    except FileNotFoundError as error:
        raise PhotoError(
            f"{typed} does not exist; check the name or choose another file."
        ) from error
    except PermissionError as error:
        raise PhotoError(
            f"{typed} may not be read; change its permissions or choose another file."
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, PhotoError):
            raise
        raise PhotoError(
            f"{typed} cannot be read ({getattr(error, 'strerror', None) or error}); "
            "choose another file."
        ) from error


def _label(path: Path, pixels: np.ndarray) -> str | None:
    """The class of an image of CIFAR-10 that lies in a folder of that name."""
    name = path.absolute().parent.name
    return name if pixels.shape[:2] == (32, 32) and name in CLASSES else None


def decode_photo(data: bytes, name: str, path: str | None = None) -> Photo:
    """As ``load_photo``, from the bytes of an image file; ``name`` is shown to the user.

    Raises:
        PhotoError: as ``load_photo``.
    """
    found = decode(io.BytesIO(data), name)
    return Photo(name, found.pixels, path, found.note)


def photo_from_pixels(pixels: np.ndarray, name: str) -> Photo:
    """A photo of ``pixels``, (H, W, 3 or 4) uint8 sRGB, copied; alpha is laid over white.

    As in ``load_photo``, more than ``LONGEST`` pixels on a side are reduced.

    Raises:
        PhotoError: ``pixels`` has another shape or type, or is smaller than 8×8 pixels.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise PhotoError(
            f"{name} has values of type {pixels.dtype} and shape {pixels.shape}; "
            "give bytes of shape (height, width, 3 or 4)."
        )
    check_size(pixels.shape[1], pixels.shape[0], name)
    return Photo(name, from_pixels(pixels))


def default_crop(photo: Photo, fraction: float) -> Crop:
    """The centred square whose side is ``fraction`` of the photo's short side."""
    side = fraction * min(photo.width, photo.height)
    return Crop((photo.width - side) / 2, (photo.height - side) / 2, side)


def clamp_crop(crop: Crop, photo: Photo, smallest: float = 8.0) -> Crop:
    """``crop`` with its side limited to ``smallest`` and the photo's short side, moved inside it.

    Raises:
        ValueError: a number of ``crop`` is not a number.
    """
    if any(map(math.isnan, (crop.x, crop.y, crop.size))):
        raise ValueError(f"{crop} has a value that is not a number; give pixels of the photo.")
    side = min(max(crop.size, smallest), photo.width, photo.height)
    x = min(max(crop.x, 0.0), photo.width - side)
    y = min(max(crop.y, 0.0), photo.height - side)
    return Crop(x, y, side)


def network_picture(photo: Photo, crop: Crop, size: int) -> np.ndarray:
    """What the network sees: ``crop`` resized to (size, size, 3) uint8, in sRGB.

    The filter is bilinear with antialiasing: when it reduces, each pixel is the mean, with weights
    falling off linearly, of all that it covers. torchvision's ImageNet weights were trained and
    measured with it, and it leaves no moiré at 32×32. As in torchvision, which crops after it has
    resized, what lies just outside the crop has a share in the outermost pixels.

    A crop far larger than ``size`` is read from a copy of the photo already halved a few times,
    each time by the mean of 2×2 pixels, and still at least three times as fine as the picture:
    less than 10 ms, where the photo itself takes 100. The first call on a photo makes the copies.

    Raises:
        ValueError: ``crop`` is empty or not inside ``photo`` (see ``clamp_crop``).
    """
    right, bottom = crop.x + crop.size, crop.y + crop.size
    if not (0 <= crop.x < right <= photo.width and 0 <= crop.y < bottom <= photo.height):
        raise ValueError(
            f"{crop} is not inside {photo.name}, {photo.width}×{photo.height} pixels; "
            "move it there first."
        )
    halvings = int(math.log2(max(crop.size / size / 3, 1)))
    left, top, right, bottom = (edge / 2**halvings for edge in (crop.x, crop.y, right, bottom))
    level = _halved(photo)[halvings]
    return np.array(
        level.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    )


def halved(photo: Photo, longest: float) -> np.ndarray:
    """The photo's pixels, halved as often as leaves its longer side at least ``longest`` pixels."""
    side = max(photo.width, photo.height)
    halvings = int(math.log2(max(side / longest, 1)))
    return np.asarray(_halved(photo)[halvings]) if halvings else photo.pixels


@lru_cache(maxsize=2)
def _halved(photo: Photo) -> tuple[Image.Image, ...]:
    """The photo, and again at half the size, a quarter …; kept while the crop box moves."""
    levels = [Image.fromarray(photo.pixels)]
    while min(levels[-1].size) > 1:
        levels.append(levels[-1].reduce(2))
    return tuple(levels)
