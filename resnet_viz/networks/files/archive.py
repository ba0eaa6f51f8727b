"""The entries of a zip file: where they lie, with every size checked against the file's own."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.inert import Damaged, Place
from resnet_viz.networks.files.tensors import TooLarge, amount

_MOST_DIRECTORY = 64 * 2**20  # bytes; one entry takes about a hundred
_FREE = 64 * 2**20  # bytes that may unfold whatever the size of the file
_UNFOLDS = 4  # how many times the file's size; weights are noise and hardly become smaller


class Inflated(Place):
    """A stretch of a compressed entry. ``start`` and ``size`` are of the compressed bytes, ``skip``
    and ``size`` of the others."""

    def __init__(self, packed: Place, size: int, skip: int = 0) -> None:
        super().__init__(packed.path, packed.start, size)
        self.packed, self.skip = packed, skip

    def part(self, start: int, size: int) -> Place:
        if start < 0 or size < 0 or start + size > self.size:
            raise Damaged("it says that it holds more than it does")
        return Inflated(self.packed, size, self.skip + start)

    def read(self) -> bytearray:
        end = self.skip + self.size
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.packed.read(), end)
        except zlib.error as error:
            raise WeightsError(f"{self.path.name} is damaged; choose another file") from error
        if len(content) < end:
            raise WeightsError(f"{self.path.name} is damaged; choose another file")
        return bytearray(content[self.skip :])

    @property
    def where(self) -> tuple[int, int]:
        return (self.packed.start, self.skip)


class Archive:
    """A zip file whose directory was read. ``names`` are those of its entries."""

    def __init__(self, path: Path) -> None:
        """Read the directory of the zip at ``path``.

        Raises:
            Damaged: the end is missing, or the directory makes no sense.
            TooLarge: it would unfold to far more than its size.
        """
        self.path = path
        self.size = path.stat().st_size
        self._check_end()
        try:
            with zipfile.ZipFile(path) as file:
                self._entries = {entry.filename: entry for entry in file.infolist()}
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
            raise Damaged("its directory makes no sense") from error
        self.names = tuple(self._entries)
        unfolded = sum(entry.file_size for entry in self._entries.values() if entry.compress_type)
        if unfolded > _FREE + _UNFOLDS * self.size:
            raise TooLarge(
                f"it is compressed, and would unfold from {amount(self.size)} to {amount(unfolded)}"
            )

    def _check_end(self) -> None:
        """Look at the record at the end before the directory is read into memory."""
        tail = min(self.size, 2**16 + 22)
        end = bytes(Place(self.path, self.size - tail, tail).read())
        at = end.rfind(b"PK\5\6")
        if at < 0 or len(end) - at < 22:
            raise Damaged("its end is missing, as after a download that broke off")
        (length,) = struct.unpack_from("<I", end, at + 12)
        if length == 0xFFFFFFFF:  # zip64: the lengths are in a record of their own
            record = end.rfind(b"PK\6\6")
            if record < 0 or len(end) - record < 56:
                raise Damaged("its directory makes no sense")
            (length,) = struct.unpack_from("<Q", end, record + 40)
        if length > min(_MOST_DIRECTORY, self.size):
            raise Damaged("its directory makes no sense")

    def place(self, name: str) -> Place:
        """Where the entry called ``name`` lies.

        Raises:
            Damaged: there is no such entry, or it reaches beyond the end of the file.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise Damaged(f"it has no entry {name[:200]}")
        whole = Place(self.path, 0, self.size)
        header = bytes(whole.part(entry.header_offset, 30).read())
        if header[:4] != b"PK\3\4" or entry.flag_bits & 1:
            raise Damaged("its directory makes no sense")
        names = sum(struct.unpack_from("<HH", header, 26))
        packed = whole.part(entry.header_offset + 30 + names, entry.compress_size)
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            return Inflated(packed, entry.file_size)
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise Damaged("its directory makes no sense")
        return packed

    def read(self, name: str, most: int) -> bytes:
        """The content of the entry called ``name``.

        Raises:
            Damaged: there is no such entry, or it has more than ``most`` bytes.
        """
        place = self.place(name)
        if place.size > most:
            raise Damaged(f"its {name.rpartition('/')[2][:200]} is larger than in any checkpoint")
        return bytes(place.read())
