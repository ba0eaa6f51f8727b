"""Photos: decoding, orientation, cropping, and what the network sees of them."""

from __future__ import annotations

import contextlib
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

SUFFIXES = (
    ".jpg", ".jpeg", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif", ".gif",
    ".tif", ".tiff", ".bmp", ".jp2", ".ppm", ".pgm",
)  # fmt: skip
"""Suffixes of the files that can be opened."""

LONGEST = 4096
"""Photos with a longer side than this, in pixels, are reduced when they are opened."""

SHORTEST = 8
"""The smallest width and height of a photo, in pixels."""

MOST_PIXELS = 200_000_000
"""Photos with more pixels than this are refused before they are decoded."""

# Only these are tried: Pillow would hand EPS, for one, to another program.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "JPEG2000", "PPM")

# Pillow's own limit is below ours. It warns from here, and refuses from twice as many.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class PhotoError(ValueError):
    """A photo cannot be had; its text is one sentence for the user."""


@dataclass(frozen=True)
class Crop:
    """A square in a photo's pixels: top left corner and side, all may be fractions."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright photo. ``pixels`` is (H, W, 3) uint8 sRGB; ``name`` is shown to the user;
    ``path`` is the file it came from, or None for a sample, a paste or a camera.

    Photos are compared by identity: opening a file twice gives two photos.
    """

    name: str
    pixels: np.ndarray
    path: str | None = None

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def find_photos(paths: Sequence[str | Path]) -> list[Path]:
    """The files among ``paths`` as given, and in place of a folder the photos in and below it.

    Photos of a folder are known by ``SUFFIXES``, sorted by path, without hidden files and folders.

    Raises:
        PhotoError: a path does not exist, or a folder has no photo.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise PhotoError(f"{path} does not exist; check the name or choose another file.")
        if path.is_dir():
            inside = [file for file in sorted(path.rglob("*")) if _is_photo(file, path)]
            if not inside:
                raise PhotoError(
                    f"{path} has no photos in it; choose a folder with "
                    "JPEG, PNG, WebP, TIFF or other image files."
                )
            found += inside
        else:
            found.append(path)
    return found


def _is_photo(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix.lower() in SUFFIXES and not hidden and file.is_file()


def load_photo(path: str | Path) -> Photo:
    """Open an image file as an upright sRGB photo.

    EXIF orientation and embedded colour profiles are applied, transparency is laid over white,
    16-bit grey is scaled to 8 bits, floating-point grey by its own range, and of an animation the
    first frame is taken. Photos with a side of more than ``LONGEST`` pixels are reduced to it,
    JPEG already while decoding, so that the window stays quick: the networks' inputs are far
    smaller.

    Raises:
        PhotoError: the file is missing, cannot be read, is broken or is no image, has more than
            ``MOST_PIXELS`` pixels (found without decoding it), or is smaller than 8×8 pixels.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise PhotoError(f"{path} is a folder; choose an image file in it.")
        # Opening a pipe would wait for ever.
        if path.exists() and not path.is_file():
            raise PhotoError(f"{path} is not a file; choose an image file.")
        with path.open("rb") as stream:
            return _decode(stream, path.name, str(path))
    except FileNotFoundError as error:
        raise PhotoError(
            f"{path} does not exist; check the name or choose another file."
        ) from error
    except PermissionError as error:
        raise PhotoError(
            f"{path} may not be read; change its permissions or choose another file."
        ) from error
    except OSError as error:
        raise PhotoError(
            f"{path} cannot be read ({error.strerror or error}); choose another file."
        ) from error


def decode_photo(data: bytes, name: str, path: str | None = None) -> Photo:
    """As ``load_photo``, from the bytes of an image file; ``name`` is shown to the user.

    Raises:
        PhotoError: as ``load_photo``.
    """
    return _decode(io.BytesIO(data), name, path)


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
    _check_size(pixels.shape[1], pixels.shape[0], name)
    image = _over_white(_reduce(Image.fromarray(pixels)))
    return Photo(name, _pixels(image))


def _decode(stream: BinaryIO, name: str, path: str | None) -> Photo:
    if not stream.read(1):
        raise PhotoError(f"{name} is empty; choose another file.")
    try:
        with Image.open(stream, formats=_FORMATS) as image:
            _check_size(*image.size, name)
            image.draft(None, _reduced_size(*image.size))
            image.load()
            # A broken EXIF block leaves an intact picture, as do broken colour profiles below.
            with contextlib.suppress(Exception):
                ImageOps.exif_transpose(image, in_place=True)
            flat = _over_white(_reduce(_eight_bits(image)))
            return Photo(name, _pixels(_to_srgb(flat, image.info.get("icc_profile"))), path)
    except PhotoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow raises this before the size can be asked for, but it tells it.
        pixels = re.search(r"\d+", str(error))
        raise _too_large(name, int(pixels[0]) if pixels else 0) from error
    except UnidentifiedImageError as error:
        raise PhotoError(_unknown_kind(stream, name)) from error
    except MemoryError as error:
        raise PhotoError(
            f"There is not enough memory to open {name}; make the image smaller first."
        ) from error
    # A broken file makes Pillow's decoders raise almost anything: SyntaxError, struct.error, …
    except Exception as error:
        raise PhotoError(
            f"{name} is broken or incomplete ({error}); get the file again or choose another one."
        ) from error


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(name, width * height)
    if min(width, height) < SHORTEST:
        raise PhotoError(
            f"{name} is {width}×{height} pixels; "
            f"choose an image of at least {SHORTEST}×{SHORTEST} pixels."
        )


def _too_large(name: str, pixels: int) -> PhotoError:
    return PhotoError(
        f"{name} has {pixels / 1e6:,.0f} megapixels; "
        f"make it smaller first, {MOST_PIXELS / 1e6:,.0f} megapixels at most."
    )


def _unknown_kind(stream: BinaryIO, name: str) -> str:
    stream.seek(4)
    if stream.read(8) in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return f"{name} is a HEIC photo, which cannot be read; save it as JPEG first."
    return f"{name} is not an image that can be read; choose a JPEG, PNG, WebP or TIFF file."


def _reduced_size(width: int, height: int) -> tuple[int, int]:
    """At most ``LONGEST`` on the long side, but never below ``SHORTEST`` on the short one."""
    scale = min(1.0, max(LONGEST / max(width, height), SHORTEST / min(width, height)))
    return round(width * scale), round(height * scale)


def _reduce(image: Image.Image) -> Image.Image:
    size = _reduced_size(*image.size)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _eight_bits(image: Image.Image) -> Image.Image:
    """``image`` with 8 bits per channel and without a palette."""
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_grey_levels(np.asarray(image)))
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("L" if image.mode == "1" else "RGB")
    return image


def _grey_levels(values: np.ndarray) -> np.ndarray:
    """0 to 65535 become 0 to 255; floating point, and integers beyond, fill 0 to 255."""
    low, high = 0.0, 65535.0
    if values.dtype.kind == "f" or values.min() < low or values.max() > high:
        finite = values[np.isfinite(values)]
        if not finite.size:
            raise ValueError("it has no finite value")
        low, high = float(finite.min()), float(finite.max())
    shares = (values.astype(np.float64) - low) / ((high - low) or 1.0)
    levels: np.ndarray = np.rint(255 * np.nan_to_num(shares).clip(0, 1)).astype(np.uint8)
    return levels


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """``image`` in sRGB, from its ICC ``profile`` unless that is broken or does not fit."""
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            # Most cameras' files: converting 12 megapixels to what they are takes half a second.
            if ImageCms.getProfileDescription(source).startswith("sRGB"):
                return image.convert("RGB")
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")


def _pixels(image: Image.Image) -> np.ndarray:
    pixels = np.ascontiguousarray(image)
    pixels.setflags(write=False)
    return pixels


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


@lru_cache(maxsize=2)
def _halved(photo: Photo) -> tuple[Image.Image, ...]:
    """The photo, and again at half the size, a quarter …; kept while the crop box moves."""
    levels = [Image.fromarray(photo.pixels)]
    while min(levels[-1].size) > 1:
        levels.append(levels[-1].reduce(2))
    return tuple(levels)
