"""Files of every kind with bytes flipped, cut out and repeated: a photo or a `PhotoError`."""

from __future__ import annotations

import functools
import io
import resource
import sys
import warnings

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from resnet_viz.images.photo import Photo, PhotoError, decode_photo

MODES = (
    "1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I",
    "I;16", "F",
)  # fmt: skip
KINDS = (
    "AVIF", "BLP", "BMP", "DDS", "DIB", "GIF", "ICNS", "ICO", "IM", "JPEG", "JPEG2000", "MPO",
    "MSP", "PCX", "PNG", "PPM", "QOI", "SGI", "SPIDER", "TGA", "TIFF", "WEBP", "XBM",
)  # fmt: skip


@functools.cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """A small file of each format in each mode that it can be written in, and some TIFF more."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    plain = Image.fromarray(noise)
    Image.init()
    found = []
    for kind in KINDS:
        for mode in MODES:
            stream = io.BytesIO()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # of the format IM
                    plain.convert(mode).save(stream, kind)
            except (OSError, ValueError, KeyError):
                continue
            found.append((f"{kind} {mode}", stream.getvalue()))
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        stream = io.BytesIO()
        plain.save(stream, "TIFF", compression=compression)
        found.append((f"TIFF RGB {compression}", stream.getvalue()))
    for dtype in (np.float16, np.float64, np.uint16, np.int8):
        for compression in (None, "zlib", "packbits"):
            stream = io.BytesIO()
            try:
                tifffile.imwrite(
                    stream, noise.astype(dtype), photometric="rgb", compression=compression
                )
            except (ValueError, KeyError):
                continue
            found.append((f"TIFF {np.dtype(dtype)} {compression}", stream.getvalue()))
    return tuple(found)


def test_the_corpus_has_many_kinds_and_nearly_all_open_whole() -> None:
    kinds = {name.split()[0] for name, _ in corpus()}
    assert len(kinds) >= 20
    assert len(corpus()) >= 60
    closed = []
    for name, data in corpus():
        try:
            decode_photo(data, name)
        except PhotoError:
            closed.append(name)
    assert closed == []


damage = st.lists(
    st.tuples(
        st.sampled_from(("flip", "cut", "repeat", "zero", "full")),
        st.floats(0, 1),
        st.integers(1, 64),
    ),
    min_size=1,
    max_size=6,
)


def damaged(data: bytes, harm: list[tuple[str, float, int]]) -> bytes:
    changed = bytearray(data)
    for what, share, count in harm:
        # Half of the damage falls on the first bytes, where the headers are.
        room = min(len(changed), 64) if share < 0.5 else len(changed)
        place = int((share * 2 % 1) * room)
        part = changed[place : place + count]
        if what == "flip" and place < len(changed):
            changed[place] ^= 1 << count % 8
        elif what == "cut":
            del changed[place : place + count]
        elif what == "repeat":
            changed[place:place] = part * 3
        elif what in ("zero", "full"):
            changed[place : place + len(part)] = bytes([255 * (what == "full")]) * len(part)
    return bytes(changed)


def held_to_its_word(data: bytes) -> None:
    try:
        photo = decode_photo(data, "damaged")
    except PhotoError as error:
        text = str(error)
        assert "\n" not in text
        assert "damaged" in text
        assert len(text) < 400
    else:
        assert isinstance(photo, Photo)
        assert photo.pixels.dtype == np.uint8
        assert photo.pixels.shape[2] == 3
        assert min(photo.pixels.shape[:2]) >= 8
        assert max(photo.pixels.shape[:2]) <= 32767


def peak() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


@pytest.mark.long
@settings(
    max_examples=4000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.sampled_from(range(200)), damage)
def test_damaged_files_are_a_photo_or_a_sentence(
    number: int, harm: list[tuple[str, float, int]]
) -> None:
    before = peak()
    held_to_its_word(damaged(corpus()[number % len(corpus())][1], harm))
    assert peak() - before < 1500 * 2**20


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.binary(max_size=300), st.sampled_from([data[:12] for _, data in corpus()]))
def test_any_bytes_after_any_beginning_are_a_photo_or_a_sentence(rest: bytes, start: bytes) -> None:
    held_to_its_word(start + rest)


@pytest.mark.parametrize("name", [name for name, _ in corpus()])
def test_a_file_cut_in_half_is_a_photo_or_a_sentence(name: str) -> None:
    data = dict(corpus())[name]
    held_to_its_word(data[: len(data) // 2])
