"""Files of safetensors: eight bytes of length, a header in JSON, and the numbers (its README)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.contents import ITEM_SIZES, TensorInfo
from resnet_viz.networks.files.inert import Damaged, Place
from resnet_viz.networks.files.tensors import sizes

if TYPE_CHECKING:
    from torch import Tensor

_MOST_HEADER = 32 * 2**20  # bytes; a tensor takes about a hundred

_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "I16": "int16",
    "U16": "uint16",
    "F16": "float16",
    "BF16": "bfloat16",
    "I32": "int32",
    "U32": "uint32",
    "F32": "float32",
    "I64": "int64",
    "U64": "uint64",
    "F64": "float64",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


def is_safetensors(start: bytes) -> bool:
    """Whether a file that begins with ``start``, and is no text, is one of safetensors."""
    return start[8:9] == b"{"


def read_safetensors(path: Path) -> tuple[dict[str, TensorInfo], Mapping[str, str]]:
    """The tensors, and the metadata beside them.

    The order is that of the numbers, or that of the names where the writer sorted by dtype and
    name, since no more than the names is in that order.

    Raises:
        Damaged: the header and the file contradict each other.
    """
    size = path.stat().st_size
    whole = Place(path, 0, size)
    (length,) = struct.unpack("<Q", bytes(whole.part(0, 8).read()))
    if length > min(_MOST_HEADER, size - 8):
        raise Damaged("its header says that it is longer than the file")
    try:
        header = json.loads(bytes(whole.part(8, length).read()))
    except (ValueError, RecursionError) as error:
        raise Damaged("its header makes no sense") from error
    if not isinstance(header, dict):
        raise Damaged("its header makes no sense")
    metadata = header.pop("__metadata__", None)
    numbers = whole.part(8 + length, size - 8 - length)
    found = [_tensor(name, entry, numbers) for name, entry in header.items()]
    found.sort(key=lambda pair: pair[0])
    if found == sorted(found, key=lambda pair: (-ITEM_SIZES[pair[1].dtype], pair[1].name)):
        found.sort(key=lambda pair: pair[1].name)
    plain = metadata if isinstance(metadata, dict) else {}
    texts = {key: value for key, value in plain.items() if isinstance(value, str)}
    return {info.name: info for _, info in found}, texts


def _tensor(name: str, entry: object, numbers: Place) -> tuple[int, TensorInfo]:
    if not isinstance(entry, dict):
        raise Damaged("its header makes no sense")
    start, *rest = sizes(entry.get("data_offsets"))
    dtype, shape = _DTYPES.get(str(entry.get("dtype"))[:20]), sizes(entry.get("shape"))
    if len(rest) != 1 or dtype is None:
        raise Damaged(f"{name[:200]} has numbers of an unknown kind")
    total = prod(shape) * ITEM_SIZES[dtype]
    if total != rest[0] - start or rest[0] > numbers.size:
        raise Damaged(f"{name[:200]} should have more numbers than are there")
    place = numbers.part(start, total)
    return start, TensorInfo(name, shape, dtype, partial(_load, place.path, name), (place.where,))


def _load(path: Path, name: str) -> Tensor:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensor: Tensor = file.get_tensor(name)
    except (OSError, SafetensorError, ValueError) as error:
        raise WeightsError(
            f"{path.name} has changed since it was opened, or is damaged; open it again"
        ) from error
    return tensor
