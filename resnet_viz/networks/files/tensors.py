"""Tensors that are read from their place in a file when asked for, checked beforehand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.contents import ITEM_SIZES, TensorInfo
from resnet_viz.networks.files.inert import ArrayRecord, Damaged, Letters, Place, TensorRecord

if TYPE_CHECKING:
    from torch import Tensor

Located = tuple[Place, str, bool]
"""Where a storage's numbers lie, their dtype, and whether they are big-endian."""

_SMALL = 2**24  # bytes that a tensor may take in memory beyond those in the file
_MOST_DIMENSIONS = 16

_ARRAYS = {
    "b1": "bool",
    "i1": "int8",
    "u1": "uint8",
    "i2": "int16",
    "u2": "uint16",
    "i4": "int32",
    "u4": "uint32",
    "i8": "int64",
    "u8": "uint64",
    "f2": "float16",
    "f4": "float32",
    "f8": "float64",
    "c8": "complex64",
    "c16": "complex128",
}
"""torch's dtypes by NumPy's codes."""


class Quantised(Exception):
    """The tensor has whole numbers of few bits with scales beside them. The text is its dtype."""


class TooLarge(Exception):
    """The tensor would take far more memory than the file has. The text says how much."""


def tensor_of(name: str, record: TensorRecord, locate: Callable[[object], Located]) -> TensorInfo:
    """The tensor called ``name`` that a pickle describes in ``record``. Nothing is read yet.

    Raises:
        Damaged: it does not fit into the storage that it says it is a view of.
        TooLarge: it repeats a few numbers to many, more than is reasonable.
        Quantised: its numbers mean nothing without scales.
    """
    place, dtype, big = locate(record.storage)
    dtype = record.dtype or dtype
    if dtype.startswith("q"):
        raise Quantised(dtype)
    if dtype not in ITEM_SIZES:
        raise Damaged(f"{name[:200]} has numbers of an unknown kind")
    shape, stride = sizes(record.shape), sizes(record.stride)
    (offset,) = sizes((record.offset,))
    if len(shape) != len(stride):
        raise Damaged("it has a tensor whose shape makes no sense")
    item, numel = ITEM_SIZES[dtype], prod(shape)
    span = 1 + sum((count - 1) * step for count, step in zip(shape, stride, strict=True))
    if numel == 0:
        span = offset = 0
    if (offset + span) * item > place.size:
        raise Damaged(f"{name[:200]} should have more numbers than are there")
    if numel > span and numel * item > _SMALL:
        raise TooLarge(
            f"{name[:200]} would be {'×'.join(map(str, shape))} numbers and take "
            f"{amount(numel * item)} of memory, made from the {amount(span * item)} that are there"
        )
    part = place.part(offset * item, span * item)
    return TensorInfo(
        name, shape, dtype, partial(_load, part, dtype, shape, stride, big), (part.where, stride)
    )


def array_of(name: str, array: ArrayRecord, place: Place) -> TensorInfo | None:
    """The array of NumPy as a tensor, or None if it has no numbers. ``place`` is its content's.

    Raises:
        Damaged: its content is not as long as its shape says.
    """
    dtype = _ARRAYS.get(array.dtype.code) if array.dtype else None
    if dtype is None or array.dtype is None:
        return None
    shape = sizes(array.shape)
    total = prod(shape) * ITEM_SIZES[dtype]
    if total > place.size or (total < place.size and not isinstance(place, Letters)):
        raise Damaged(f"{name[:200]} should have more numbers than are there")
    steps, step = [], 1
    for count in shape if array.fortran else reversed(shape):
        steps.append(step)
        step *= count
    stride = tuple(steps if array.fortran else reversed(steps))
    read = partial(_load, place, dtype, shape, stride, array.dtype.big)
    return TensorInfo(name, shape, dtype, read, (place.where,))


def sizes(numbers: object) -> tuple[int, ...]:
    """``numbers`` as a shape.

    Raises:
        Damaged: they are not a few whole numbers of a reasonable size.
    """
    if not isinstance(numbers, tuple | list) or len(numbers) > _MOST_DIMENSIONS:
        raise Damaged("it has a tensor whose shape makes no sense")
    found = []
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**48:
            raise Damaged("it has a tensor whose shape makes no sense")
        found.append(number)
    return tuple(found)


def amount(size: int) -> str:
    """``size`` bytes in words, in units of 1000 as disks have them."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size} bytes"


def _load(
    part: Place, dtype: str, shape: tuple[int, ...], stride: tuple[int, ...], big: bool
) -> Tensor:
    import torch

    kind: torch.dtype = getattr(torch, dtype)
    content = part.read()
    span = 1 + sum((count - 1) * step for count, step in zip(shape, stride, strict=True))
    if not prod(shape):
        return torch.empty(shape, dtype=kind)
    if len(content) != span * ITEM_SIZES[dtype]:
        raise WeightsError(f"{part.path.name} is damaged; choose another file")
    tensor = torch.frombuffer(content, dtype=kind)
    if big:
        tensor.untyped_storage().byteswap(kind)
    return tensor.as_strided(shape, stride).contiguous()
