"""What a file of weights holds: values without torch, and tensors that are read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Plain: TypeAlias = "bool | int | float | str | tuple[Plain, ...] | Mapping[str, Plain] | None"
"""What evidence is made of. Lists, tuples and sets are tuples here; the keys of mappings are texts,
as JSON has them."""

ITEM_SIZES: Mapping[str, int] = MappingProxyType(
    {
        "bool": 1,
        "uint8": 1,
        "int8": 1,
        "int16": 2,
        "uint16": 2,
        "float16": 2,
        "bfloat16": 2,
        "int32": 4,
        "uint32": 4,
        "float32": 4,
        "int64": 8,
        "uint64": 8,
        "float64": 8,
        "complex64": 8,
        "complex128": 16,
        "float8_e4m3fn": 1,
        "float8_e5m2": 1,
    }
)
"""Bytes of one number of each dtype, by torch's name for it."""


@dataclass(frozen=True)
class TensorInfo:
    """A tensor in a file. ``name`` is its whole path there; ``dtype`` is torch's word ("float32").

    Its size was checked against the file's before this was made. Tensors with the same ``place``
    are the same numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Tensor] = field(repr=False, compare=False)
    place: tuple[object, ...] = ()

    @property
    def numel(self) -> int:
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.numel * ITEM_SIZES[self.dtype]

    @property
    def is_floating(self) -> bool:
        return self.dtype.startswith(("float", "bfloat"))

    def load(self) -> Tensor:
        """The tensor itself, on the processor: a copy of its own, read from the file now.

        Raises:
            WeightsError: the file went away, has changed or is damaged there.
        """
        return self.read()


@dataclass(frozen=True)
class ModuleInfo:
    """A module of a network that was saved whole. ``class_name`` is as it was written there, such
    as "torch.nn.modules.conv.Conv2d"; no such class was imported.

    ``attributes`` are plain ones: stride, padding, dilation, groups, kernel_size, eps,
    negative_slope, … as far as the file has them.
    """

    class_name: str
    attributes: Mapping[str, Plain]

    @property
    def kind(self) -> str:
        """The last word of the class's name: "Conv2d"."""
        return self.class_name.rpartition(".")[2]


@dataclass(frozen=True)
class FileContents:
    """All that a file of weights holds, flattened. Nothing in it was run.

    ``container`` says what kind of file it is, for the user ("a torch checkpoint").
    ``tensors``: in the file's order, by paths such as "state_dict.module.conv1.weight".
    ``evidence``: the plain values beside them, nested as in the file (arch, epoch, class_to_idx,
    args, …). Objects of other packages are there as the plain values that they hold, and tensors
    of a few numbers whose name ends in mean or std as those numbers.
    ``modules``: by path, the modules of a network saved whole ("" is the file's own object).
    ``notes``: one sentence for each extra that is left out, and why.
    """

    path: Path
    container: str
    tensors: Mapping[str, TensorInfo]
    evidence: Mapping[str, Plain] = field(default_factory=dict)
    modules: Mapping[str, ModuleInfo] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def found(self, *names: str) -> Iterator[tuple[str, Plain]]:
        """Each (path, value) in the evidence whose last name is in ``names``, outer ones first."""
        level: list[tuple[str, Plain]] = [("", self.evidence)]
        while level:
            inner: list[tuple[str, Plain]] = []
            for path, value in level:
                if isinstance(value, Mapping):
                    for key, item in value.items():
                        if key.rpartition(".")[2] in names:
                            yield f"{path}{key}", item
                        inner.append((f"{path}{key}.", item))
            level = inner


@dataclass(frozen=True)
class Candidate:
    """A network in a file. ``tensors`` and ``modules`` have names relative to ``prefix``, in the
    file's order, without wrappers such as "module." or "_orig_mod." anywhere in them. What lies
    beside the network in the same part of the file (heads, projections, a detector) is in them.

    ``prefix`` ("state_dict.module.encoder_q.") tells candidates of one file apart; "" is the whole
    file. ``title`` is for the user ("encoder_q"; "" for an only one), and so is ``reason``: why it
    is taken or offered.
    """

    prefix: str
    title: str
    reason: str
    tensors: Mapping[str, TensorInfo]
    modules: Mapping[str, ModuleInfo] = field(default_factory=dict)
