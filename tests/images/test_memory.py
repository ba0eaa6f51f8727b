"""Large photos don't take much memory, and hostile ones are refused before they take any."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.images.test_photo import png_chunk

MB = 2**20

_MEASURE = """
import resource, sys
from resnet_viz.images.photo import PhotoError, load_photo
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    photo = load_photo(sys.argv[1])
    print(photo.width, photo.height, int(photo.pixels[..., 0].min()), int(photo.pixels.max()))
except PhotoError as error:
    print(error)
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def large_png(path: Path, side: int, colour: int, samples: int) -> None:
    """16 bits a sample, of which 12 are used: each row runs from black to white."""
    row = bytearray(b"\0")
    for column in range(side):
        row += (4095 * column // (side - 1)).to_bytes(2, "big") * samples
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(row)) for _ in range(side)) + packer.flush()
    size = side.to_bytes(4, "big")
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", size + size + bytes((16, colour, 0, 0, 0)))
        + png_chunk(b"IDAT", packed)
        + png_chunk(b"IEND", b"")
    )


def measured(path: Path) -> tuple[str, int]:
    """What comes of opening ``path`` in a process of its own, and the bytes that it added."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    told, taken = done.stdout.splitlines()
    return told, int(taken)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="the peak is measured as Unix tells it")
def test_100_megapixels_of_16_bit_grey_take_less_than_half_a_gigabyte(tmp_path: Path) -> None:
    large_png(tmp_path / "plate.png", 10_000, 0, 1)
    told, taken = measured(tmp_path / "plate.png")
    assert told == "4096 4096 0 255"
    assert taken < 500 * MB, f"{taken / MB:.0f} MB"


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="the peak is measured as Unix tells it")
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    large_png(tmp_path / "bomb.png", 15_000, 0, 1)
    told, taken = measured(tmp_path / "bomb.png")
    assert "bomb.png has 225 megapixels; make it smaller first" in told
    assert taken < 50 * MB, f"{taken / MB:.0f} MB"
