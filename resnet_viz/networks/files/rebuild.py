"""The names in a pickle that describe tensors, arrays and plain values, and what they become.

torch writes a tensor as a call of torch._utils._rebuild_tensor_v2 and the like, NumPy an array as
numpy.core.multiarray._reconstruct with a state. None of them is called: each has a maker here
that takes the same arguments down. Whatever has no maker becomes a `Stub`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from resnet_viz.networks.files.inert import (
    Absent,
    ArrayRecord,
    Damaged,
    DType,
    Letters,
    Name,
    PackedStorage,
    Place,
    Stub,
    TensorRecord,
    Text,
)

STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "UntypedStorage": "",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2",
    "QUInt2x4Storage": "quint2x4",
}
"""The dtype of each of torch's storages, by the last word of its name."""

_CODES = {
    "?": "b1", "b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "l": "i8",
    "L": "u8", "q": "i8", "Q": "u8", "e": "f2", "f": "f4", "d": "f8",
}  # fmt: skip


def call(target: object, args: tuple[object, ...]) -> object:
    """What calling ``target`` with ``args`` stands for. Nothing is called.

    Raises:
        Damaged: a known name with arguments that it never has.
    """
    if not isinstance(target, Name):
        return Stub("object", args)
    maker = _MAKERS.get(target.text)
    if maker is None:
        return Stub(target.text, args)
    try:
        return maker(*args)
    except (TypeError, ValueError, AttributeError, struct.error) as error:
        raise Damaged(f"{target.text} has arguments there that it never has") from error


def set_state(target: object, state: object) -> None:
    """What ``target.__setstate__(state)`` stands for; plain containers keep no attributes."""
    if isinstance(target, Stub):
        target.state = state
    elif isinstance(target, ArrayRecord) and isinstance(state, tuple) and len(state) == 5:
        _, target.shape, dtype, fortran, target.content = state
        target.dtype = dtype if isinstance(dtype, DType) else None
        target.fortran = fortran is True
    elif isinstance(target, DType) and isinstance(state, tuple) and len(state) > 1:
        target.big = state[1] == ">"


# --- torch -------------------------------------------------------------------------------------


def storage_dtype(name: object) -> str:
    """The dtype of the storage class called ``name``; "" for untyped bytes.

    Raises:
        Damaged: there is no such class.
    """
    last = name.text.rpartition(".")[2] if isinstance(name, Name) else ""
    if last not in STORAGES:
        raise Damaged(f"it has numbers of a kind that torch does not have ({last[:100]})")
    return STORAGES[last]


def _tensor(
    storage: object, offset: object, shape: object, stride: object, *_: object
) -> TensorRecord:
    return TensorRecord(storage, "", offset, shape, stride)


def _tensor_v3(
    storage: object,
    offset: object,
    shape: object,
    stride: object,
    grad: object,
    hooks: object,
    dtype: Name,
    *_: object,
) -> TensorRecord:
    return TensorRecord(storage, dtype.text.removeprefix("torch."), offset, shape, stride)


def _first(value: object = None, *_: object) -> object:
    return value


def _from_type(function: object, cls: object, args: tuple[object, ...], *_: object) -> object:
    return call(function, args)


def _absent(what: str) -> Callable[..., object]:
    return lambda *_: Absent(what)


# --- NumPy -------------------------------------------------------------------------------------


def _dtype(code: str, *_: object) -> DType:
    return DType(code.lstrip("<|=>"), code.startswith(">"))


def _scalar(dtype: DType, content: object = b"") -> object:
    if isinstance(content, str):
        content = content.encode("latin-1")
    if not isinstance(content, bytes):
        return content
    return numbers(dtype, content)[0]


def numbers(dtype: DType, content: bytes) -> tuple[object, ...]:
    """The values in ``content``, which are of ``dtype``: numbers or texts.

    Raises:
        struct.error, ValueError: the bytes are too few, or the dtype is another kind.
    """
    kind, size = dtype.code[:1], int(dtype.code[1:] or 1)
    order = ">" if dtype.big else "<"
    if kind in "US":
        width = 4 * size if kind == "U" else size
        if not width:
            return ("",)
        cut = [content[at : at + width] for at in range(0, len(content), width)]
        encoding = ("utf-32-be" if dtype.big else "utf-32-le") if kind == "U" else "utf-8"
        return tuple(one.decode(encoding, "replace").rstrip("\0") for one in cut)
    letter = next((letter for letter, code in _CODES.items() if code == dtype.code), None)
    if letter is None:
        raise ValueError(dtype.code)
    return struct.unpack(f"{order}{len(content) // size}{letter}", content)


def _array(*_: object) -> ArrayRecord:
    return ArrayRecord()


def _frombuffer(content: object, dtype: object, shape: object, order: object) -> ArrayRecord:
    return ArrayRecord(shape, dtype if isinstance(dtype, DType) else None, order == "F", content)


# --- Plain values ------------------------------------------------------------------------------


def _dict(pairs: object = None, *_: object) -> object:
    if isinstance(pairs, dict):
        return pairs
    return Stub("collections.OrderedDict", (pairs,)) if pairs else {}


def _list(items: object = None, *_: object) -> object:
    return items if isinstance(items, list | tuple) else []


def _encode(text: object, encoding: object = "utf-8", *_: object) -> object:
    latin = encoding in ("latin1", "latin-1")
    if isinstance(text, Text):
        kind = Letters if latin else Place
        return kind(text.path, text.start, text.size, text.content)
    return text.encode("latin-1" if latin else "utf-8", "replace") if isinstance(text, str) else b""


def _joined(between: str) -> Callable[..., object]:
    def join(*parts: object) -> str:
        # Short ones only, so that a path made of itself again and again does not grow.
        return between.join(str(part)[:1000] for part in parts[:20] if isinstance(part, str | int))

    return join


def _reconstructor(cls: object, *_: object) -> Stub:
    return Stub(cls.text if isinstance(cls, Name) else "object")


_MAKERS: dict[str, Callable[..., object]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_qtensor": _tensor,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_device_tensor_from_numpy": _first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_xla_tensor": _first,
    "torch.nn.parameter.Parameter": _first,
    "torch.nn.parameter.Buffer": _first,
    "torch._tensor._rebuild_from_type": _from_type,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch.tensor._rebuild_from_type": _from_type,
    "torch._utils._rebuild_sparse_tensor": _absent("is a sparse tensor"),
    "torch._utils._rebuild_nested_tensor": _absent("is a nested tensor"),
    "torch._utils._rebuild_meta_tensor_no_storage": _absent("has a shape but no numbers"),
    "torch._utils._rebuild_wrapper_subclass": _absent("is a tensor of a class of its own"),
    "torch.storage._load_from_bytes": PackedStorage,
    "torch.Size": _first,
    "torch.device": _joined(":"),
    "torch.jit._pickle.build_intlist": _first,
    "torch.jit._pickle.build_doublelist": _first,
    "torch.jit._pickle.build_boollist": _first,
    "torch.jit._pickle.build_tensorlist": _first,
    "torch.jit._pickle.restore_type_tag": _first,
    "numpy.dtype": _dtype,
    "_codecs.encode": _encode,
    "collections.OrderedDict": _dict,
    "collections.Counter": _dict,
    "collections.defaultdict": lambda *_: {},
    **{
        f"{module}.{name}": _list
        for module in ("builtins", "__builtin__")
        for name in ("list", "set", "frozenset", "tuple")
    },
    **{f"{module}.dict": _dict for module in ("builtins", "__builtin__")},
    **{f"{module}.bytearray": _first for module in ("builtins", "__builtin__")},
    **{f"numpy.{core}.multiarray._reconstruct": _array for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _scalar for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _frombuffer for core in ("core", "_core")},
    **{
        f"pathlib.{part}{name}": _joined("/")
        for part in ("", "_local.")
        for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    },
    **{
        f"{module}.{name}": _reconstructor
        for module in ("copyreg", "copy_reg")
        for name in ("_reconstructor", "__newobj__")
    },
}
