"""Each kind of image file comes out as upright 8-bit sRGB, and each broken one as one sentence."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from resnet_viz.images.photo import (
    LONGEST,
    SUFFIXES,
    Crop,
    Photo,
    PhotoError,
    clamp_crop,
    decode_photo,
    default_crop,
    find_photos,
    halved,
    load_photo,
    network_picture,
    photo_from_pixels,
)

QUARTERS = np.zeros((16, 24, 3), np.uint8)
QUARTERS[:8, :12] = 250, 10, 20
QUARTERS[:8, 12:] = 30, 240, 40
QUARTERS[8:, :12] = 50, 60, 230
QUARTERS[8:, 12:] = 220, 210, 70

# How a camera stores the upright picture under each EXIF orientation (EXIF 2.3, tag 0x0112).
STORED = {
    1: QUARTERS,
    2: QUARTERS[:, ::-1],
    3: QUARTERS[::-1, ::-1],
    4: QUARTERS[::-1],
    5: QUARTERS.swapaxes(0, 1),
    6: np.rot90(QUARTERS, 1),
    7: QUARTERS[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90(QUARTERS, -1),
}


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def decoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> np.ndarray:
    return decode_photo(encoded(image, kind, **options), "test").pixels


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG made by hand: Pillow writes no 16-bit colour, and no header without its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(pixels: np.ndarray, extra: bytes = b"") -> bytes:
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows, extra)


def icc_profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2.4 (ICC.1:2001-04), made by hand."""
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(data), len(value))
        data += value + b"\0" * (-len(value) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(data), b"", 0x02400000, kind, space, connection)
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp").ljust(44, b"\0")
    header += fixed(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + table + data


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


# Colourants adapted to D50: the columns are the XYZ of full red, green and blue.
DISPLAY_P3 = np.array(
    [[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]]
)
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])


def display_p3() -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249)}
    for channel, colourant in zip((b"r", b"g", b"b"), DISPLAY_P3.T, strict=True):
        tags[channel + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*colourant)
        tags[channel + b"TRC"] = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256))
    return icc_profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_ink() -> bytes:
    """A CMYK profile in which full cyan, magenta and yellow are greys of L* = 50, one or all."""
    ramp = bytes(range(256))
    white, grey, black = (bytes((level, 128, 128)) for level in (255, 128, 0))
    lookup = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lookup += 4 * ramp + (white + black) + 7 * (grey + black) + 3 * ramp
    return icc_profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lookup})


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_exif_orientation_is_applied_once(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decoded(np.ascontiguousarray(STORED[orientation]), kind, exif=exif)
    np.testing.assert_array_equal(pixels, QUARTERS)


def test_a_jpeg_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = decoded(np.ascontiguousarray(STORED[6]), "JPEG", quality=100, subsampling=0, exif=exif)
    assert np.abs(pixels.astype(int) - QUARTERS).max() < 20


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_broken_exif_block_does_not_hide_an_intact_picture(kind: str) -> None:
    pixels = decoded(QUARTERS, kind, exif=b"Exif\0\0not TIFF at all", lossless=True)
    np.testing.assert_array_equal(pixels, QUARTERS)


def test_pixels_are_read_only_contiguous_bytes(tmp_path: Path) -> None:
    file = tmp_path / "quarters.png"
    file.write_bytes(encoded(QUARTERS))
    photo = load_photo(str(file))
    assert (photo.name, photo.path) == ("quarters.png", str(file))
    assert (photo.width, photo.height) == (24, 16)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    assert not photo.pixels.flags.writeable
    np.testing.assert_array_equal(photo.pixels, QUARTERS)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 255, (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("LA", (100, 51), (224, 224, 224)),
        ("RGBA", (250, 0, 0, 51), (254, 204, 204)),
        ("RGBA", (250, 0, 0, 0), (255, 255, 255)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 257 * 128, (128, 128, 128)),
        ("I;16", 200, (1, 1, 1)),
    ],
)
def test_modes_of_png(mode: str, value: Any, expected: tuple[int, int, int]) -> None:
    pixels = decoded(Image.new(mode, (10, 9), value))
    assert pixels.shape == (9, 10, 3)
    assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_a_palette_with_transparency_lies_over_white() -> None:
    image = Image.fromarray(np.repeat([[0, 1]], 8, 0).repeat(8, 1).astype(np.uint8), "P")
    image.putpalette([200, 0, 0, 0, 0, 200])
    plain = decoded(image)
    assert plain[0, 0].tolist() == [200, 0, 0]
    assert plain[0, 15].tolist() == [0, 0, 200]
    over_white = decoded(image, transparency=bytes((255, 0)))
    assert over_white[0, 0].tolist() == [200, 0, 0]
    assert over_white[0, 15].tolist() == [255, 255, 255]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile(kind: str) -> None:
    pixels = decoded(Image.new("CMYK", (16, 16), (0, 255, 0, 0)), kind)
    assert np.abs(pixels.astype(int) - (255, 0, 255)).max() < 8


def test_cmyk_with_a_profile_is_converted_by_it() -> None:
    image = Image.new("CMYK", (16, 16), (0, 255, 0, 0))
    pixels = decoded(image, "TIFF", icc_profile=grey_ink())
    # L* = 50 is a luminance of 0.184, which sRGB writes as 119.
    assert np.abs(pixels.astype(int) - 119).max() <= 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_display_p3_is_converted_to_srgb(kind: str) -> None:
    colour = np.array([180, 90, 60])
    light = np.linalg.inv(SRGB) @ DISPLAY_P3 @ (colour / 255) ** 2.2
    expected = 255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    assert abs(expected - colour).max() > 10
    image = np.full((8, 8, 3), colour, np.uint8)
    pixels = decoded(image, kind, icc_profile=display_p3(), lossless=True)
    assert np.abs(pixels - expected).max() < 3


def test_an_srgb_profile_changes_no_pixel() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decoded(noise, icc_profile=profile), noise)


@pytest.mark.parametrize("profile", [b"not a profile", grey_ink()], ids=["broken", "of CMYK"])
def test_a_profile_that_cannot_be_used_is_ignored(profile: bytes) -> None:
    np.testing.assert_array_equal(decoded(QUARTERS, icc_profile=profile), QUARTERS)


@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_png(channels: int) -> None:
    pixels = np.full((9, 8, channels), 65535, np.uint16)
    pixels[..., :3] = 257 * 10, 257 * 128, 257 * 250
    shown = decode_photo(png16(pixels), "deep").pixels
    assert shown.shape == (9, 8, 3)
    assert (shown == (10, 128, 250)).all()


def test_16_bit_colour_png_with_a_transparent_colour_opens() -> None:
    pixels = np.full((8, 8, 3), 257 * 100, np.uint16)
    shown = decode_photo(png16(pixels, png_chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))), "deep")
    assert (shown.pixels == 100).all()


def test_16_bit_grey_tiff_of_either_byte_order_is_scaled() -> None:
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)[None].repeat(8, 0)
    for values in (ramp, ramp.astype(">u2")):
        shown = decoded(Image.fromarray(values), "TIFF")
        np.testing.assert_array_equal(shown[..., 1], np.arange(256)[None].repeat(8, 0))


def test_whole_numbers_of_32_bits_are_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).round().astype(np.int32)[None].repeat(8, 0)
    for values in (ramp, ramp * 1000 - 5_000_000):
        shown = decoded(Image.fromarray(values), "TIFF")
        assert np.abs(shown[0, :, 0] - np.arange(256.0)).max() <= 1


def test_floating_point_is_scaled_by_its_own_range() -> None:
    values = np.linspace(-3, 5, 256, dtype=np.float32)[None].repeat(8, 0)
    values[1] = np.nan
    values[2] = np.inf
    values[3] = -np.inf
    shown = decoded(Image.fromarray(values), "TIFF")
    np.testing.assert_array_equal(shown[0, :, 0], np.arange(256))
    assert [int(shown[row, 9, 0]) for row in (1, 2, 3)] == [0, 255, 0]


def test_floating_point_without_any_number_is_an_error() -> None:
    with pytest.raises(PhotoError, match="no finite value"):
        decoded(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_shown(kind: str) -> None:
    frames = [Image.new("RGB", (16, 12), colour) for colour in ("red", "lime", "blue")]
    pixels = decoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert pixels.shape == (12, 16, 3)
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 1


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif() -> None:
    assert (
        np.abs(
            decoded(QUARTERS, "AVIF", quality=100, subsampling="4:4:4") - QUARTERS.astype(int)
        ).max()
        < 9
    )


def test_large_photos_are_reduced_to_a_longest_side() -> None:
    pixels = np.zeros((50, 5000, 3), np.uint8)
    pixels[:, 2500:] = 200, 100, 0
    shown = decoded(pixels)
    assert shown.shape == (41, LONGEST, 3)
    assert shown[20, 2000].tolist() == [0, 0, 0]
    assert shown[20, 2100].tolist() == [200, 100, 0]


def test_a_large_jpeg_is_reduced_while_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((200, 2 * LONGEST + 8, 3), np.uint8)
    pixels[:, LONGEST + 4 :] = 200, 100, 0
    sizes = []
    load = Image.Image.resize

    def resize(image: Image.Image, *rest: Any, **options: Any) -> Image.Image:
        sizes.append(image.size)
        return load(image, *rest, **options)

    monkeypatch.setattr(Image.Image, "resize", resize)
    shown = decoded(pixels, "JPEG", quality=95)
    assert sizes == [(LONGEST + 4, 100)]
    assert shown.shape == (100, LONGEST, 3)
    assert np.abs(shown[50, 2000].astype(int)).max() < 8
    assert np.abs(shown[50, 2100].astype(int) - (200, 100, 0)).max() < 8


def test_a_long_strip_keeps_its_8_pixels() -> None:
    assert decoded(np.zeros((8, 9000, 3), np.uint8)).shape == (8, 9000, 3)


def test_a_missing_file_a_folder_and_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"lost\.png does not exist; check"):
        load_photo(tmp_path / "lost.png")
    with pytest.raises(PhotoError, match="is a folder; choose an image file"):
        load_photo(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(PhotoError, match=r"pipe\.png is not a file"):
            load_photo(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermissionError(13, "Permission denied"), r"a\.png may not be read; change its"),
        (OSError(5, "Input/output error"), r"a\.png cannot be read \(Input/output error\); choose"),
    ],
)
def test_a_file_that_may_not_or_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, text: str
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(QUARTERS))

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PhotoError, match=text):
        load_photo(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("nil.png", b"", r"nil\.png is empty; choose another file"),
        ("notes.jpg", b"Only some words.\n" * 20, r"notes\.jpg is not an image that can be read"),
        ("IMG_1.HEIC", b"\0\0\0\x18ftypheic" + bytes(99), r"IMG_1\.HEIC is broken"),
        ("figure.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        ("dot.png", encoded(QUARTERS[:7]), r"dot\.png is 24×7 pixels; .* at least 8×8"),
    ],
)
def test_files_that_are_no_photos(tmp_path: Path, name: str, data: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PhotoError, match=text):
        load_photo(tmp_path / name)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("share", [0.3, 0.6, 0.75])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("JPEG2000", {}),
    ],
)
def test_a_truncated_file_is_an_error(kind: str, options: dict[str, Any], share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(noise, kind, **options)
    with pytest.raises(PhotoError, match=r"^half .* (broken or incomplete|not an image)"):
        decode_photo(data[: int(share * len(data))], "half")


def test_a_damaged_png_is_an_error() -> None:
    data = bytearray(encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(PhotoError, match="broken or incomplete"):
        decode_photo(bytes(data), "damaged")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("side", "megapixels"), [(50_000, "2,500"), (15_000, "225")])
def test_huge_photos_are_refused_by_their_header(side: int, megapixels: str) -> None:
    # There are no pixels in it: decoding would fail with another sentence.
    with pytest.raises(PhotoError, match=f"wall has {megapixels} megapixels; .* 200 megapixels"):
        decode_photo(png(side, side, 8, 2, b""), "wall")


def test_a_photo_between_the_limits_of_pillow_and_ours_is_not_called_huge() -> None:
    # 190 megapixels: Pillow refuses above 179. Only the pixels are missing.
    with pytest.raises(PhotoError, match="broken or incomplete"):
        decode_photo(png(19_000, 10_000, 1, 0, b""), "wide")


def test_pasted_pixels_are_copied_and_lie_over_white() -> None:
    source = np.zeros((20, 40, 4), np.uint8)
    source[..., 0] = 255
    source[:, 20:, 3] = 255
    photo = photo_from_pixels(source[:, ::2], "Paste")
    source[:] = 7
    assert (photo.name, photo.path, photo.width, photo.height) == ("Paste", None, 20, 20)
    assert photo.pixels[3, 3].tolist() == [255, 255, 255]
    assert photo.pixels[3, 15].tolist() == [255, 0, 0]
    assert not photo.pixels.flags.writeable


@pytest.mark.parametrize(
    ("pixels", "text"),
    [
        (np.zeros((9, 9, 3)), "type float64"),
        (np.zeros((9, 9), np.uint8), r"shape \(9, 9\)"),
        (np.zeros((9, 9, 2), np.uint8), r"shape \(9, 9, 2\)"),
        (np.zeros((9, 0, 3), np.uint8), "0×9 pixels"),
    ],
)
def test_pasted_pixels_of_another_kind(pixels: np.ndarray, text: str) -> None:
    with pytest.raises(PhotoError, match=f"^Paste .*{text}"):
        photo_from_pixels(pixels, "Paste")


def test_folders_are_searched_and_files_kept_as_given(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "deep/er/c.tiff", "notes.txt", ".hidden.png", ".cache/d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    found = find_photos([str(tmp_path / "notes.txt"), tmp_path])
    names = [file.relative_to(tmp_path).as_posix() for file in found]
    assert names == ["notes.txt", "a.png", "b.JPG", "deep/er/c.tiff"]


def test_a_hidden_folder_is_searched_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".mine").mkdir()
    (tmp_path / ".mine" / "a.png").touch()
    assert find_photos([tmp_path / ".mine"]) == [tmp_path / ".mine" / "a.png"]


def test_nothing_to_find(tmp_path: Path) -> None:
    assert find_photos([]) == []
    with pytest.raises(PhotoError, match="has no photos in it; choose a folder"):
        find_photos([tmp_path])
    with pytest.raises(PhotoError, match="lost does not exist; check"):
        find_photos([tmp_path / "lost"])


def test_suffixes_are_those_of_formats_that_open() -> None:
    known = Image.registered_extensions()
    missing = [suffix for suffix in SUFFIXES if suffix not in known and suffix != ".avif"]
    assert missing == []


def blank(width: int, height: int) -> Photo:
    return Photo("blank", np.zeros((height, width, 3), np.uint8))


def test_default_crop_is_centred() -> None:
    assert default_crop(blank(300, 200), 0.5) == Crop(100, 50, 100)
    assert default_crop(blank(201, 300), 1.0) == Crop(0, 49.5, 201)
    assert default_crop(blank(301, 200), 1.0) == Crop(50.5, 0, 200)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        (Crop(10.5, 20.5, 50.25), Crop(10.5, 20.5, 50.25)),
        (Crop(-5, -7, 50), Crop(0, 0, 50)),
        (Crop(290, 190, 50), Crop(250, 150, 50)),
        (Crop(10, 10, 900), Crop(10, 0, 200)),
        (Crop(10, 10, 2), Crop(10, 10, 8)),
        (Crop(10, 10, -2), Crop(10, 10, 8)),
        (Crop(float("inf"), 0, float("inf")), Crop(100, 0, 200)),
    ],
)
def test_clamp_crop(crop: Crop, expected: Crop) -> None:
    assert clamp_crop(crop, blank(300, 200)) == expected


def test_clamp_crop_never_leaves_a_photo_smaller_than_the_smallest_crop() -> None:
    assert clamp_crop(Crop(3, 3, 3), blank(20, 10), smallest=16) == Crop(3, 0, 10)


@pytest.mark.parametrize("field", range(3))
def test_a_crop_with_not_a_number_is_an_error(field: int) -> None:
    values = [1.0, 1.0, 9.0]
    values[field] = float("nan")
    with pytest.raises(ValueError, match="not a number"):
        clamp_crop(Crop(*values), blank(30, 20))
    with pytest.raises(ValueError, match="not inside blank, 30×20 pixels"):
        network_picture(blank(30, 20), Crop(*values), 8)


@pytest.mark.parametrize("side", [64, 128, 1024])
def test_a_fine_checkerboard_becomes_grey(side: int) -> None:
    rows, columns = np.indices((side, side))
    board = ((rows + columns) % 2 * 255).astype(np.uint8)
    picture = network_picture(
        Photo("board", np.stack([board] * 3, 2)), Crop(0, 0, side), 32
    ).astype(int)
    assert picture.shape == (32, 32, 3)
    assert np.abs(picture - 127.5).max() < 10


@pytest.mark.parametrize("crop", [Crop(0, 0, 700), Crop(3.4, 9.7, 523.3), Crop(101.5, 77.25, 60)])
@pytest.mark.parametrize("size", [32, 224])
def test_edges_lie_where_they_lie_on_the_photo(crop: Crop, size: int) -> None:
    """The count of white pixels tells the edge's place to far less than a pixel of the photo."""
    column, row = 131, 97
    pixels = np.zeros((701, 901, 3), np.uint8)
    pixels[:, :column, 0] = 255
    pixels[:row, :, 1] = 255
    picture = network_picture(Photo("edges", pixels), crop, size) / 255
    pixel = crop.size / size
    assert abs(crop.x + picture[..., 0].mean(0).sum() * pixel - column) < 0.5
    assert abs(crop.y + picture[..., 1].mean(1).sum() * pixel - row) < 0.5


def test_a_crop_of_the_networks_size_is_copied_exactly() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    picture = network_picture(Photo("noise", pixels), Crop(7, 5, 32), 32)
    np.testing.assert_array_equal(picture, pixels[5:37, 7:39])
    assert picture.flags.writeable  # torch.from_numpy wants it so


def test_halved_copies_give_nearly_the_picture_of_the_photo_itself() -> None:
    grain = np.random.default_rng(0).normal(128, 40, (900, 900, 3)).clip(0, 255).astype(np.uint8)
    crop = Crop(11.3, 5.1, 880)
    direct = Image.fromarray(grain).resize(
        (32, 32), Image.Resampling.BILINEAR, box=(11.3, 5.1, 891.3, 885.1)
    )
    picture = network_picture(Photo("grain", grain), crop, 32).astype(int)
    assert np.abs(picture - np.asarray(direct)).max() <= 2


@pytest.mark.parametrize(
    ("longest", "size"),
    [(50, (60, 24)), (61, (120, 48)), (120, (120, 48)), (121, (240, 96)), (999, (240, 96))],
)
def test_a_photo_is_halved_as_often_as_leaves_it_fine_enough(
    longest: int, size: tuple[int, int]
) -> None:
    assert halved(blank(240, 96), longest).shape == (size[1], size[0], 3)


def test_the_whole_of_a_photo_may_be_cropped_whatever_the_rounding() -> None:
    photo = blank(1000, 333)
    for fraction in np.linspace(0.1, 1, 50):
        crop = clamp_crop(Crop(1e9, 1e9, 333 * float(fraction)), photo)
        assert network_picture(photo, crop, 32).shape == (32, 32, 3)


@pytest.mark.parametrize(
    "crop", [Crop(-1, 0, 10), Crop(0, 15, 10), Crop(25, 0, 10), Crop(0, 0, 0), Crop(0, 0, 21)]
)
def test_a_crop_outside_the_photo_is_an_error(crop: Crop) -> None:
    with pytest.raises(ValueError, match=r"Crop\(.* is not inside blank, 30×20 pixels"):
        network_picture(blank(30, 20), crop, 8)
