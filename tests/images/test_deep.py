"""Deep, signed, floating-point and rare files: nothing comes out black, and the note says why."""

from __future__ import annotations

import io
import struct
import sys
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from resnet_viz.images.photo import Photo, PhotoError, decode_photo, load_photo
from tests.images.test_photo import QUARTERS, SRGB, encoded, fixed, icc_profile, png16, png_chunk

RAMP = np.arange(256)[None].repeat(16, 0)
"""What each file below shows: 256 greys from black to white."""


def tiff(values: np.ndarray, **options: Any) -> Photo:
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, **options)
    return decode_photo(stream.getvalue(), "deep")


def assert_ramp(photo: Photo, slack: int = 1) -> None:
    assert photo.pixels.shape == (16, 256, 3)
    assert np.abs(photo.pixels.astype(int) - RAMP[..., None]).max() <= slack


def deep_ramp(bits: int) -> np.ndarray:
    return (RAMP / 255 * (2**bits - 1)).round().astype(np.uint16)


def sbit(*bits: int) -> bytes:
    return png_chunk(b"sBIT", bytes(bits))


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_few_bits_in_16_are_stretched_and_the_note_says_so(bits: int, kind: str) -> None:
    photo = decode_photo(encoded(Image.fromarray(deep_ramp(bits)), kind), "x-ray")
    assert_ramp(photo)
    assert f"the scale of {bits} bits" in photo.note
    assert photo.note.endswith(".")


def test_all_16_bits_are_shown_as_they_are_and_nothing_is_noted() -> None:
    photo = decode_photo(encoded(Image.fromarray(deep_ramp(16))), "scan")
    assert_ramp(photo)
    assert photo.note == ""


def test_a_dark_12_bit_plate_keeps_its_darkness() -> None:
    half = (deep_ramp(12) // 2).astype(np.uint16)
    photo = decode_photo(encoded(Image.fromarray(half + 1)), "dark plate")
    assert np.abs(photo.pixels[..., 0].astype(int) - RAMP / 2).max() <= 1


def test_the_bits_that_a_png_tells_are_believed() -> None:
    values = (deep_ramp(13) // 2).astype(np.uint16)[..., None]
    told = decode_photo(png16(values, sbit(13)), "told")
    assert "13 bits" in told.note
    assert np.abs(told.pixels[..., 0].astype(int) - RAMP / 2).max() <= 1


def test_the_bits_that_a_png_tells_are_not_believed_where_the_values_are_larger() -> None:
    photo = decode_photo(png16(deep_ramp(16)[..., None], sbit(12)), "scaled")
    assert_ramp(photo)
    assert photo.note == ""


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_12_bits_in_16_bit_png_of_other_kinds(channels: int) -> None:
    values = deep_ramp(12)[..., None].repeat(channels, 2)
    if channels != 3:
        values[..., -1] = 65535
    photo = decode_photo(png16(values), "deep colours")
    assert_ramp(photo)
    assert "12 bits" in photo.note


def test_16_bit_grey_with_transparency_lies_over_white() -> None:
    values = np.stack([deep_ramp(16), np.full((16, 256), 65535, np.uint16)], 2)
    values[8:, :, 1] = 0
    photo = decode_photo(png16(values), "grey alpha")
    assert np.abs(photo.pixels[:8, :, 0].astype(int) - RAMP[:8]).max() <= 1
    assert (photo.pixels[8:] == 255).all()


def test_the_transparent_grey_of_a_16_bit_png_is_white() -> None:
    values = deep_ramp(16)
    hidden = int(values[0, 30])
    photo = decode_photo(
        png16(values[..., None], png_chunk(b"tRNS", struct.pack(">H", hidden))), ""
    )
    assert (photo.pixels[:, 30] == 255).all()
    assert photo.pixels[0, 31].tolist() == [31, 31, 31]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_floating_point_tiff(dtype: type, channels: int, compression: str | None) -> None:
    values = (RAMP / 255).astype(dtype)[..., None].repeat(channels, 2).squeeze()
    kind = "rgb" if channels == 3 else "minisblack"
    photo = tiff(values, photometric=kind, compression=compression)
    assert_ramp(photo)
    assert photo.note == ""


def test_floating_point_beyond_1_fills_its_own_range_and_the_note_tells_it() -> None:
    photo = tiff((RAMP / 51 - 2.5).astype(np.float64), photometric="minisblack")
    assert_ramp(photo)
    assert photo.note == "The values −2.5 to 2.5 are shown as black to white."


def test_signed_bytes() -> None:
    photo = tiff((RAMP - 128).astype(np.int8), photometric="minisblack")
    assert_ramp(photo, slack=0)
    assert "−128 to 127" in photo.note


def test_signed_16_bits_with_values_below_zero_fill_their_own_range() -> None:
    photo = tiff((RAMP * 16 - 1000).astype(np.int16), photometric="minisblack")
    assert_ramp(photo)
    assert "−1000 to 3080" in photo.note


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_white_may_be_zero(dtype: type) -> None:
    values = (RAMP[:, ::-1] / 255 * (65535 if dtype is np.uint16 else 1)).astype(dtype)
    assert_ramp(tiff(values, photometric="miniswhite"))


def test_12_bit_colour_tiff_and_one_plane_after_the_other() -> None:
    values = deep_ramp(12)
    assert_ramp(tiff(np.stack([values] * 3, 2), photometric="rgb"))
    assert_ramp(tiff(np.stack([values] * 3), photometric="rgb", planarconfig="separate"))


def test_16_bit_grey_tiff_with_transparency() -> None:
    values = np.stack([deep_ramp(16), np.full((16, 256), 65535, np.uint16)], 2)
    values[8:, :, 1] = 0
    photo = tiff(values, photometric="minisblack", extrasamples=["unassalpha"])
    assert np.abs(photo.pixels[:8, :, 0].astype(int) - RAMP[:8]).max() <= 1
    assert (photo.pixels[8:] == 255).all()


def test_many_channels_show_their_first_three_and_say_so() -> None:
    values = np.stack([deep_ramp(16)] * 6, 2)
    photo = tiff(values, photometric="rgb", extrasamples=[0, 0, 0])
    assert_ramp(photo)
    assert "6 channels" in photo.note


def test_a_tiff_that_cannot_be_read_says_why_and_what_to_do() -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, (RAMP / 255).astype(np.float64), photometric="minisblack")
    data = bytearray(stream.getvalue())
    place = data.find(struct.pack("<HHI", 259, 3, 1))
    data[place + 8 : place + 10] = struct.pack("<H", 5)
    with pytest.raises(PhotoError, match=r"scan is a TIFF .*LZW.*; save it as PNG"):
        decode_photo(bytes(data), "scan")


def test_a_strip_that_grows_too_large_is_refused() -> None:
    stream = io.BytesIO()
    values = np.zeros((16, 256), np.float64)
    tifffile.imwrite(stream, values, photometric="minisblack", compression="zlib")
    data = bytearray(stream.getvalue())
    bomb = zlib.compress(bytes(2**24))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        page = file.pages.first
        tags = page.tags
        offset, count = tags[273].valueoffset, tags[279].valueoffset
        width = {3: "<H", 4: "<I"}[int(tags[279].dtype)]
    data[offset : offset + 4] = struct.pack("<I", len(data))
    data[count : count + struct.calcsize(width)] = struct.pack(width, len(bomb))
    with pytest.raises(PhotoError, match=r"bomb .* larger than the picture"):
        decode_photo(bytes(data) + bomb, "bomb")


LINEAR = {
    b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249),
    b"desc": b"desc\0\0\0\0" + struct.pack(">I", 12) + b"sRGB linear\0" + bytes(78),
}


def linear_srgb() -> bytes:
    tags = dict(LINEAR)
    for channel, colourant in zip((b"r", b"g", b"b"), SRGB.T, strict=True):
        tags[channel + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*colourant)
        tags[channel + b"TRC"] = b"curv\0\0\0\0" + struct.pack(">I", 0)
    return icc_profile(b"mntr", b"RGB ", b"XYZ ", tags)


def test_a_profile_called_srgb_linear_is_converted() -> None:
    profile = linear_srgb()
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    assert ImageCms.getProfileDescription(opened).startswith("sRGB linear")
    image = np.full((8, 8, 3), 55, np.uint8)
    pixels = decode_photo(encoded(image, icc_profile=profile), "linear").pixels
    expected = 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    assert np.abs(pixels - expected).max() <= 2


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("ICO", "RGBA"),
        ("TGA", "RGB"),
        ("TGA", "L"),
        ("BMP", "1"),
        ("BMP", "L"),
        ("BMP", "P"),
        ("BMP", "RGB"),
        ("DIB", "RGB"),
        ("PCX", "RGB"),
        ("SGI", "RGB"),
        ("QOI", "RGB"),
        ("DDS", "RGB"),
        ("ICNS", "RGBA"),
        ("PPM", "RGB"),
        ("MSP", "1"),
        ("XBM", "1"),
        ("SPIDER", "F"),
    ],
)
def test_whatever_pillow_reads_safely_is_opened(kind: str, mode: str) -> None:
    large = Image.fromarray(QUARTERS).resize((64, 64), Image.Resampling.NEAREST)
    stream = io.BytesIO()
    large.convert(mode).save(stream, kind, **({"sizes": [(64, 64)]} if kind == "ICO" else {}))
    with Image.open(io.BytesIO(stream.getvalue())) as again:
        expected = np.asarray(again.convert("RGB"))
    photo = decode_photo(stream.getvalue(), "rare")
    if kind == "SPIDER":
        assert photo.pixels.std() > 20
    else:
        np.testing.assert_array_equal(photo.pixels, expected)


def test_a_psd_is_opened_flattened() -> None:
    planes = QUARTERS.transpose(2, 0, 1)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, *QUARTERS.shape[:2], 8, 3)
    data = head + struct.pack(">III", 0, 0, 0) + struct.pack(">H", 0) + planes.tobytes()
    np.testing.assert_array_equal(decode_photo(data, "layers.psd").pixels, QUARTERS)


def test_heic_is_opened() -> None:
    heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    large = Image.fromarray(QUARTERS).resize((96, 64), Image.Resampling.NEAREST)
    heif.from_pillow(large).save(stream, quality=100)
    photo = decode_photo(stream.getvalue(), "IMG_1.HEIC")
    assert np.abs(photo.pixels[::9, ::9].astype(int) - np.asarray(large)[::9, ::9]).mean() < 10
    with pytest.raises(PhotoError, match=r"IMG_1\.HEIC is broken"):
        decode_photo(stream.getvalue()[:400], "IMG_1.HEIC")


def test_without_pillow_heif_a_sentence_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = b"\0\0\0\x18ftypheic" + bytes(99)
    with pytest.raises(PhotoError, match=r"HEIC photo, .*pip install pillow-heif, or save it"):
        decode_photo(data, "IMG_1.HEIC")


def noise(side: int = 128) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


def test_a_slightly_truncated_jpeg_opens_and_says_that_its_end_is_missing() -> None:
    data = encoded(noise(), "JPEG")
    whole = decode_photo(data, "whole").pixels
    photo = decode_photo(data[: int(0.93 * len(data))], "cut")
    assert "The end of the file is missing: the last" in photo.note
    np.testing.assert_array_equal(photo.pixels[:96], whole[:96])
    assert decode_photo(data, "whole").note == ""


def test_a_jpeg_that_lacks_its_last_two_bytes_is_whole() -> None:
    data = encoded(noise(), "JPEG")
    photo = decode_photo(data[:-2], "cut")
    np.testing.assert_array_equal(photo.pixels, decode_photo(data, "whole").pixels)


def test_a_slightly_truncated_progressive_jpeg_is_coarser() -> None:
    data = encoded(noise(), "JPEG", progressive=True)
    photo = decode_photo(data[: int(0.9 * len(data))], "cut")
    assert "coarser" in photo.note
    assert np.abs(photo.pixels.astype(int) - decode_photo(data, "whole").pixels).mean() < 8


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_much_truncated_jpeg_is_refused(options: dict[str, Any]) -> None:
    data = encoded(noise(), "JPEG", **options)
    with pytest.raises(PhotoError, match="cut is broken or incomplete"):
        decode_photo(data[: len(data) // 2], "cut")


def test_errors_name_the_path_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "p.jpg").write_bytes(b"no image at all")
    for typed in ("a/p.jpg", "./b/p.jpg", "b/../a/p.jpg"):
        with pytest.raises(PhotoError) as error:
            load_photo(typed)
        assert str(error.value).startswith(f"{typed} ")


def test_nothing_of_pillow_or_tifffile_leaks(capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, deep_ramp(12), photometric="minisblack")
    data = bytearray(stream.getvalue())
    packed = encoded(noise(), "TIFF", compression="tiff_adobe_deflate")
    broken = [
        packed[:2000] + bytes(99) + packed[2099:],
        bytes(data[:60]),
        bytes(data[:-999]),
        encoded(noise(), "TIFF")[:5000],
    ]
    place = data.find(struct.pack("<HH", 262, 3))
    data[place + 2] = 77
    broken += [
        bytes(data),
        encoded(noise(), "TIFF")[:5000],
        encoded(noise(), "PNG", exif=b"Exif\0\0nothing"),
    ]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for one in broken:
            try:
                decode_photo(one, "x")
            except PhotoError:
                continue
    assert heard == []
    assert capfd.readouterr().err == ""
