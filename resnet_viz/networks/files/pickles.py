"""Pickles with tensors: torch's zip files, its older files, and bare pickles of arrays.

The layouts are those of torch/serialization.py and of caffe2/serialize/inline_container.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from resnet_viz.networks.files.archive import Archive
from resnet_viz.networks.files.contents import ITEM_SIZES
from resnet_viz.networks.files.inert import (
    Damaged,
    Letters,
    Name,
    PackedStorage,
    Place,
    Storage,
    Stub,
)
from resnet_viz.networks.files.machine import unpickle
from resnet_viz.networks.files.rebuild import storage_dtype
from resnet_viz.networks.files.tensors import Located, sizes

_MAGIC = 0x1950A86A20F9469CFC6C
_MOST_PICKLE = 512 * 2**20  # bytes of the pickle in a zip, whose tensors lie outside of it

Locate = Callable[[object], Located]


def read_zip(archive: Archive, prefix: str, pickle: str = "data") -> tuple[object, Locate]:
    """The object in torch's zip file, and where its storages are. ``prefix`` ends in "/".

    Raises:
        Damaged: the pickle or the archive makes no sense.
    """
    content = archive.read(f"{prefix}{pickle}.pkl", _MOST_PICKLE)
    order = f"{prefix}byteorder"
    big = order in archive.names and archive.read(order, 16) == b"big"

    packed = _Packed(archive.path)

    def locate(storage: object) -> Located:
        if not isinstance(storage, Storage):
            return packed.locate(storage)
        return archive.place(f"{prefix}{pickle}/{storage.key}"), storage.dtype, big

    place = Place(archive.path, 0, len(content), content)
    return unpickle(BytesIO(content), place, _persistent), locate


def read_pickle(file: BinaryIO, place: Place) -> tuple[object, Locate, bool]:
    """The object in a pickle, where its storages are, and whether torch wrote it before its zips.

    ``file`` shows the bytes of ``place``.

    Raises:
        Damaged: it ends too early or makes no sense.
    """
    packed = _Packed(place.path)
    value = unpickle(file, place, _persistent)
    if value != _MAGIC:
        return value, packed.locate, False
    unpickle(file, place)  # the protocol
    system = unpickle(file, place)
    big = isinstance(system, dict) and system.get("little_endian") is False
    kinds: dict[str, str] = {}

    def persistent(what: object) -> object:
        value = _persistent(what)
        if isinstance(value, Storage):
            kinds[value.key] = value.dtype
        return value

    value = unpickle(file, place, persistent)
    keys = unpickle(file, place)
    stored: dict[str, Place] = {}
    if isinstance(keys, list) and keys:
        for key in keys:
            if not isinstance(key, str) or key not in kinds:
                raise Damaged("its list of storages makes no sense")
            (count,) = struct.unpack("<q", file.read(8).ljust(8, b"\xff"))
            if count < 0:
                raise Damaged("its end is missing, as after a download that broke off")
            at = file.tell()
            size = count * _size_of(kinds[key])
            if at + size > place.size:
                raise Damaged("its end is missing, as after a download that broke off")
            stored[key] = place.part(at, size)
            file.seek(at + size)

    def locate(storage: object) -> Located:
        if not isinstance(storage, Storage) or storage.key not in stored:
            return packed.locate(storage)
        start = storage.first * _size_of(storage.dtype)
        whole = stored[storage.key]
        return whole.part(start, whole.size - start), storage.dtype, big

    return value, locate, True


def _persistent(what: object) -> object:
    """What a persistent id stands for: a storage, or the class of a module."""
    if isinstance(what, tuple) and len(what) >= 5 and what[0] == "storage":
        _, kind, key, _, numel, *view = what
        first = 0
        if view and isinstance(view[0], tuple) and len(view[0]) == 3:
            _, first, numel = view[0]
        (first,), (numel,) = sizes((first,)), sizes((numel,))
        if not isinstance(key, str | int):
            raise Damaged("it has a storage without a name")
        return Storage(str(key), storage_dtype(kind), numel, first)
    if isinstance(what, tuple) and len(what) > 1 and what[0] == "module":
        return what[1] if isinstance(what[1], Name) else Stub("module")
    return Stub("persistent id")


def _size_of(dtype: str) -> int:
    return 4 if dtype == "qint32" else ITEM_SIZES.get(dtype, 1)


class _Packed:
    """Storages that lie in the pickle as files of their own (torch.storage._load_from_bytes)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[int, tuple[object, Located]] = {}

    def locate(self, storage: object) -> Located:
        if not isinstance(storage, PackedStorage):
            raise Damaged("it has a tensor without a storage")
        number = id(storage.content)
        if number not in self.known:
            self.known[number] = (storage.content, self._read(storage.content))
        return self.known[number][1]

    def _read(self, place: object) -> Located:
        if isinstance(place, bytes | Letters):
            content = place if isinstance(place, bytes) else bytes(place.read())
            place = Place(self.path, 0, len(content), content)
        if not isinstance(place, Place):
            raise Damaged("it has a tensor without a storage")
        value, locate, _ = read_pickle(BytesIO(bytes(place.read())), place)
        if not isinstance(value, Storage):
            raise Damaged("it has a tensor without a storage")
        return locate(value)
