"""Image files as upright 8-bit sRGB pixels, whatever they hold."""

from __future__ import annotations

import contextlib
import logging
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from resnet_viz.images import deep_png, deep_tiff, heic, levels
from resnet_viz.images.jpeg_end import Truncated, without_its_end
from resnet_viz.images.profiles import to_srgb
from resnet_viz.images.silence import quiet

SUFFIXES = (
    ".jpg", ".jpeg", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif", ".heic", ".heif", ".hif",
    ".gif", ".tif", ".tiff", ".bmp", ".dib", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm",
    ".ico", ".tga", ".psd", ".qoi", ".pcx", ".sgi", ".dds",
)  # fmt: skip
"""Suffixes by which the photos of a folder are known; others are opened when they are asked for."""

LONGEST = 4096
"""Photos with a longer side than this, in pixels, are reduced when they are opened."""

SHORTEST = 8
"""The smallest width and height of a photo, in pixels."""

MOST_PIXELS = 200_000_000
"""Photos with more pixels than this are refused before they are decoded."""

# Only these are tried, those that anything can be taken for last. Pillow would hand EPS to another
# program; others, such as HDF5, it only recognises.
_FORMATS = (
    "JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "JPEG2000", "PPM", "PSD", "ICO", "CUR",
    "ICNS", "QOI", "SGI", "SUN", "DDS", "FITS", "DIB", "PCX", "DCX", "MSP", "BLP", "FLI", "FTEX",
    "XPM", "XBM", "IM", "SPIDER", "TGA",
)  # fmt: skip

# Pillow warns of more than half of what it refuses, and knows of pictures inside of pictures.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2

# What they have to say comes as one sentence, or not at all; without this it goes to stderr.
for _name in ("PIL", "tifffile"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn a picture upright, by its EXIF orientation."""

_LONGEST_STRIP = 32767  # pixels: what Qt can draw, of a photo that is reduced to its least height
_STRIP = 2**20  # pixels that are converted at a time


class PhotoError(ValueError):
    """A photo cannot be had; its text is one sentence for the user."""


@dataclass(frozen=True)
class Decoded:
    """``pixels`` (H, W, 3) uint8 sRGB, contiguous and read-only; ``note`` says in sentences what
    was done to them that the user would not expect, or is ""."""

    pixels: np.ndarray
    note: str = ""


@dataclass(frozen=True)
class _Read:
    """A picture of 8 bits, no larger than needed, with what is still to be done to it."""

    image: Image.Image
    profile: bytes | None = None
    orientation: int = 1
    notes: tuple[str, ...] = ()


def decode(stream: BinaryIO, name: str) -> Decoded:
    """The photo in ``stream``, called ``name`` where something is wrong with it.

    Raises:
        PhotoError: it is empty, broken, no image, too small or too large.
    """
    if not stream.read(1):
        raise PhotoError(f"{name} is empty; choose another file.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = _read(stream, name)
            upright = _turned(read.image, read.orientation)
            image = to_srgb(_over_white(upright), read.profile)
            return Decoded(pixels_of(image), " ".join(read.notes))
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        # Pillow raises this before the size can be asked for, but it tells it.
        pixels = re.search(r"\d+", str(error))
        raise _too_large(name, int(pixels[0]) if pixels else 0) from error
    except MemoryError as error:
        raise PhotoError(
            f"There is not enough memory to open {name}; make the image smaller first."
        ) from error
    # A broken file makes Pillow's decoders raise almost anything: SyntaxError, struct.error, …
    except Exception as error:
        raise PhotoError(
            f"{name} is broken or incomplete ({_told(error)}); "
            "get the file again or choose another one."
        ) from error


def _told(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 120 else words[:119] + "…"


def _read(stream: BinaryIO, name: str) -> _Read:
    try:
        image = Image.open(stream, formats=_FORMATS)
    except UnidentifiedImageError as error:
        return _unidentified(stream, name, error)
    with image:
        check_size(*image.size, name)
        if image.format == "PNG":
            deep = _deep_png(image, stream)
        elif image.format == "TIFF":
            deep = _deep_tiff(image, stream)
        else:
            deep = None
        if deep is not None:
            return deep
        if image.format in ("JPEG", "MPO"):
            return _jpeg(image, stream, name)
        with quiet() if image.format == "TIFF" else contextlib.nullcontext():
            image.load()
        return _eight_bits(image)


def _unidentified(stream: BinaryIO, name: str, error: Exception) -> _Read:
    stream.seek(0)
    start = stream.read(32)
    if heic.is_heic(start):
        try:
            image = heic.open_heic(stream)
        except ImportError as missing:
            raise PhotoError(
                f"{name} is a HEIC photo, which needs the package pillow-heif: "
                "pip install pillow-heif, or save it as JPEG first."
            ) from missing
        with image:
            check_size(*image.size, name)
            image.load()
            return _eight_bits(image)
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        try:
            return _from_tiff(deep_tiff.read(stream, MOST_PIXELS), name)
        except deep_tiff.TiffError as reason:
            raise PhotoError(
                f"{name} is a TIFF that cannot be read: {reason}; "
                "save it as PNG, or as TIFF without compression."
            ) from reason
    raise PhotoError(
        f"{name} is not an image that can be read; choose a JPEG, PNG, WebP or TIFF file."
    ) from error


def _jpeg(image: Image.Image, stream: BinaryIO, name: str) -> _Read:
    image.draft(None, _reduced_size(*image.size))
    try:
        image.load()
    except OSError as error:
        stream.seek(0)
        try:
            whole, note = without_its_end(stream.read(), _reduced_size(*image.size))
        except Truncated as reason:
            raise PhotoError(
                f"{name} is broken or incomplete ({reason}); "
                "get the file again or choose another one."
            ) from error
        read = _eight_bits(whole)
        return _Read(read.image, read.profile, read.orientation, (*read.notes, note))
    return _eight_bits(image)


def _eight_bits(image: Image.Image, bits: int | None = None, inverted: bool = False) -> _Read:
    """What Pillow has loaded, with 8 bits a channel and without a palette, reduced."""
    profile = image.info.get("icc_profile")
    orientation = 1
    # A broken EXIF block leaves an intact picture, as do broken colour profiles.
    with contextlib.suppress(Exception):
        orientation = int(image.getexif().get(0x0112, 1))
    notes: tuple[str, ...] = ()
    if image.mode == "F" or image.mode.startswith("I"):
        reduced, scale = _grey(image, _as_told(image), bits, inverted)
        notes = (scale.note,) if scale.note else ()
        profile = None if scale.note else profile
    elif _has_transparency(image):
        reduced = _by_strips(image.size, lambda box: _over_white(image.crop(box).convert("RGBA")))
    elif image.mode in ("1", "P", "PA"):
        mode = "L" if image.mode == "1" else "RGB"
        reduced = _by_strips(image.size, lambda box: image.crop(box).convert(mode))
    else:
        reduced = _reduce(image)
    return _Read(reduced, profile, orientation, notes)


def _has_transparency(image: Image.Image) -> bool:
    # Pillow forgets to bring the palette out of an icon.
    return (image.mode != "P" or image.palette is not None) and image.has_transparency_data


def _grey(
    image: Image.Image,
    values_of: Callable[[np.ndarray], np.ndarray],
    bits: int | None = None,
    inverted: bool = False,
    opacity_of: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[Image.Image, levels.Scale]:
    """A picture of deep grey in 8 bits. ``values_of`` finds the grey in what Pillow holds, and
    ``opacity_of`` how opaque it is, from 0 to 1."""

    def strip(box: tuple[int, int, int, int]) -> np.ndarray:
        return np.asarray(image.crop(box))

    ranges = [_finite_range(values_of(strip(box))) for box in _boxes(image.size)]
    low, high = (np.array(ends) for ends in zip(*ranges, strict=True))
    if np.isnan(low).all():
        raise ValueError("it has no finite value")
    kind = values_of(strip((0, 0, 1, 1))).dtype
    scale = levels.scale_of(float(np.nanmin(low)), float(np.nanmax(high)), kind, bits)

    def eight(box: tuple[int, int, int, int]) -> Image.Image:
        part = strip(box)
        shares = levels.shares(values_of(part), scale)
        if inverted:
            shares = 1 - shares
        if opacity_of is not None:
            shares = levels.over_white(shares[..., None], opacity_of(part))[..., 0]
        return Image.fromarray(np.rint(255 * shares).astype(np.uint8))

    return _by_strips(image.size, eight), scale


def _as_told(image: Image.Image) -> Callable[[np.ndarray], np.ndarray]:
    """Pillow holds unsigned numbers of 32 bits as signed ones."""
    tags = getattr(image, "tag_v2", {})
    unsigned = image.mode == "I" and tags.get(258) == (32,) and tags.get(339, (1,)) == (1,)
    return (lambda values: values.view(np.uint32)) if unsigned else (lambda values: values)


def _finite_range(values: np.ndarray) -> tuple[float, float]:
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
        if not values.size:
            return np.nan, np.nan
    return float(values.min()), float(values.max())


def _deep_png(image: Image.Image, stream: BinaryIO) -> _Read | None:
    """A PNG of 16 bits a channel; None if it is none, or is well shown by its high bytes."""
    told = deep_png.header(stream)
    if told is None or told.depth != 16:
        return None
    orientation_of = image.getexif
    profile = image.info.get("icc_profile")
    if told.colour == 0:
        image.load()
        if told.transparent is None:
            return _eight_bits(image, told.significant)
        hidden = told.transparent

        def visible(values: np.ndarray) -> np.ndarray:
            return (values != hidden).astype(np.float32)

        reduced, scale = _grey(image, lambda part: part, told.significant, opacity_of=visible)
    elif told.colour == deep_png.GREY_ALPHA:
        pairs = deep_png.grey_and_alpha(image)
        if pairs is None:
            return None
        reduced, scale = _grey(
            pairs,
            lambda part: deep_png.unpacked(part)[0],
            told.significant,
            opacity_of=lambda part: deep_png.unpacked(part)[1] / np.float32(65535),
        )
    else:
        image.load()
        colours = image.getbands()[:3]
        brightest = max(int(image.getchannel(band).getextrema()[1]) for band in colours)  # type: ignore[arg-type]
        if brightest >= 64:  # the high byte of 14 bits
            return None
        stream.seek(0)
        with Image.open(stream, formats=("PNG",)) as again:
            low = deep_png.low_bytes(again)
            if low is None:
                return None
            reduced, scale = _colour(image, low, told.significant)
    orientation = 1
    with contextlib.suppress(Exception):
        orientation = int(orientation_of().get(0x0112, 1))
    return _Read(
        reduced, None if scale.note else profile, orientation, (scale.note,) if scale.note else ()
    )


def _colour(
    high: Image.Image, low: Image.Image, bits: int | None
) -> tuple[Image.Image, levels.Scale]:
    """A picture of 16 bits a colour, from its high and its low bytes."""

    def strip(box: tuple[int, int, int, int]) -> np.ndarray:
        upper = np.asarray(high.crop(box)).astype(np.uint16)
        return upper * np.uint16(256) + np.asarray(low.crop(box))

    ranges = np.array([_finite_range(strip(box)[..., :3]) for box in _boxes(high.size)])
    scale = levels.scale_of(
        float(ranges[:, 0].min()), float(ranges[:, 1].max()), np.dtype(np.uint16), bits
    )

    def eight(box: tuple[int, int, int, int]) -> Image.Image:
        values = strip(box)
        shares = levels.shares(values[..., :3], scale)
        if values.shape[2] == 4:
            shares = levels.over_white(shares, values[..., 3] / np.float32(65535))
        return Image.fromarray(np.rint(255 * shares).astype(np.uint8))

    return _by_strips(high.size, eight), scale


def _deep_tiff(image: Image.Image, stream: BinaryIO) -> _Read | None:
    """A TIFF of more than 8 bits, or of signed ones; None if it is none."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    sizes, kinds = tags.get(258, (1,)), tags.get(339, (1,))
    bits = max(sizes) if isinstance(sizes, tuple) else int(sizes)
    kind = max(kinds) if isinstance(kinds, tuple) else int(kinds)
    if bits <= 8 and kind != 2:
        return None
    inverted = tags.get(262) == 0
    if len(image.getbands()) > 1:
        # Pillow gives the high bytes alone; they will do where tifffile lacks the compression.
        with contextlib.suppress(deep_tiff.TiffError):
            return _from_tiff(deep_tiff.read(stream, MOST_PIXELS), "")
        stream.seek(0)
        return None
    with quiet():
        image.load()
    if image.mode == "L":  # the bytes as they are, their signs unread
        values = np.asarray(image).view(np.int8)
        return _from_tiff(deep_tiff.DeepTiff(values[..., None], None, inverted, 8, None, 1), "")
    return _eight_bits(image, bits, inverted)


def _from_tiff(tiff: deep_tiff.DeepTiff, name: str) -> _Read:
    values = tiff.values
    height, width, channels = values.shape
    check_size(width, height, name)
    shown = [place for place in range(channels) if place != tiff.alpha]
    shown = shown[: 3 if len(shown) >= 3 else 1]

    def strip(box: tuple[int, int, int, int]) -> np.ndarray:
        left, top, right, bottom = box
        return values[top:bottom, left:right]

    boxes = _boxes((width, height))
    ranges = np.array([_finite_range(strip(box)[..., shown]) for box in boxes])
    if np.isnan(ranges).all():
        raise ValueError("it has no finite value")
    low, high = float(np.nanmin(ranges[:, 0])), float(np.nanmax(ranges[:, 1]))
    scale = levels.scale_of(low, high, values.dtype, tiff.bits)
    opaque = 1.0 if values.dtype.kind == "f" else float(np.iinfo(values.dtype).max)

    def eight(box: tuple[int, int, int, int]) -> Image.Image:
        part = strip(box)
        shares = levels.shares(part[..., shown], scale)
        if tiff.inverted:
            shares = 1 - shares
        if tiff.alpha is not None:
            alpha = levels.shares(part[..., tiff.alpha], levels.Scale(0.0, opaque))
            shares = levels.over_white(shares, alpha)
        shown_levels = np.rint(255 * shares).astype(np.uint8)
        return Image.fromarray(shown_levels[..., 0] if len(shown) == 1 else shown_levels)

    notes = [scale.note] if scale.note else []
    spare = channels - len(shown) - (tiff.alpha is not None)
    if spare:
        first = (
            "the first three are shown as red, green and blue"
            if len(shown) == 3
            else ("the first is shown in grey")
        )
        notes.append(f"The file has {channels} channels: {first}.")
    return _Read(
        _by_strips((width, height), eight),
        None if scale.note else tiff.profile,
        tiff.orientation,
        tuple(notes),
    )


def _boxes(size: tuple[int, int], rows_of: int = 1) -> list[tuple[int, int, int, int]]:
    """Strips of the whole width, each a multiple of ``rows_of`` rows high but for the last."""
    width, height = size
    rows = max(1, _STRIP // width // rows_of) * rows_of
    return [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]


def _by_strips(
    size: tuple[int, int], eight: Callable[[tuple[int, int, int, int]], Image.Image]
) -> Image.Image:
    """A large picture made strip by strip and reduced at once, so that it never lies there whole.

    Each strip is reduced by the mean of as many pixels as leave the picture large enough.
    """
    wanted = _reduced_size(*size)
    factor = max(1, min(size[0] // wanted[0], size[1] // wanted[1]))
    whole: Image.Image | None = None
    for box in _boxes(size, factor):
        part = eight(box)
        if factor > 1:
            part = part.reduce(factor)
        if whole is None:
            whole = Image.new(part.mode, (-(-size[0] // factor), -(-size[1] // factor)))
        whole.paste(part, (0, box[1] // factor))
    assert whole is not None
    if whole.size == wanted:
        return whole
    # The last row and column of means may stand for fewer pixels than the others.
    edge = (0, 0, size[0] / factor, size[1] / factor)
    return whole.resize(wanted, Image.Resampling.LANCZOS, box=edge)


def _reduced_size(width: int, height: int) -> tuple[int, int]:
    """At most ``LONGEST`` on the long side, but never below ``SHORTEST`` on the short one."""
    scale = min(1.0, max(LONGEST / max(width, height), SHORTEST / min(width, height)))
    return round(width * scale), round(height * scale)


def _reduce(image: Image.Image) -> Image.Image:
    size = _reduced_size(*image.size)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Upright, from how the camera was held (EXIF 2.3, tag 0x0112)."""
    if orientation not in _TURNS:
        return image
    return image.transpose(_TURNS[orientation])


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def pixels_of(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8, contiguous and read-only."""
    pixels = np.ascontiguousarray(image)
    pixels.setflags(write=False)
    return pixels


def from_pixels(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3 or 4) uint8 sRGB, over white and no larger than ``LONGEST``, as `pixels_of`."""
    return pixels_of(_over_white(_reduce(Image.fromarray(pixels))))


def check_size(width: int, height: int, name: str) -> None:
    """Refuse what is too large or too small.

    Raises:
        PhotoError: it is.
    """
    if width * height > MOST_PIXELS:
        raise _too_large(name, width * height)
    if min(width, height) < SHORTEST:
        raise PhotoError(
            f"{name} is {width}×{height} pixels; "
            f"choose an image of at least {SHORTEST}×{SHORTEST} pixels."
        )
    if max(_reduced_size(width, height)) > _LONGEST_STRIP:
        raise PhotoError(
            f"{name} is {width}×{height} pixels, a mere line; cut out the part to look at."
        )


def _too_large(name: str, pixels: int) -> PhotoError:
    return PhotoError(
        f"{name} has {pixels / 1e6:,.0f} megapixels; "
        f"make it smaller first, {MOST_PIXELS / 1e6:,.0f} megapixels at most."
    )
