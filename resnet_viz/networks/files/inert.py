"""What a pickle turns into here: plain containers, and inert values for everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from resnet_viz.networks.download import WeightsError


class Damaged(Exception):
    """The file contradicts itself or ends too early. The text says where, in half a sentence."""


class Place:
    """A stretch of bytes of a file (or, with ``content``, of memory), read when it is asked for."""

    def __init__(self, path: Path, start: int, size: int, content: bytes | None = None) -> None:
        self.path, self.start, self.size, self.content = path, start, size, content

    def part(self, start: int, size: int) -> Place:
        """``size`` bytes from ``start`` on, counted from the beginning of this stretch.

        Raises:
            Damaged: this stretch has not so many.
        """
        if start < 0 or size < 0 or start + size > self.size:
            raise Damaged("it says that it holds more than it does")
        return Place(self.path, self.start + start, size, self.content)

    def read(self) -> bytearray:
        """The bytes, in a copy.

        Raises:
            WeightsError: the file went away or became shorter.
        """
        if self.content is not None:
            return bytearray(memoryview(self.content)[self.start : self.start + self.size])
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(self.start)
                taken = bytearray(self.size)
                view = memoryview(taken)
                while view and (count := file.readinto(view)):
                    view = view[count:]
        except OSError as error:
            raise WeightsError(
                f"{self.path.name} can no longer be read ({error.strerror}); open it again"
            ) from error
        if view:
            raise WeightsError(f"{self.path.name} has changed since it was opened; open it again")
        return taken

    @property
    def where(self) -> tuple[int, int]:
        """The same for the same bytes."""
        return (self.start, id(self.content))


class Text(Place):
    """A long text in UTF-8."""


class Letters(Place):
    """Bytes that were written as a text in UTF-8, one letter for each (pickle's protocol 2)."""

    def part(self, start: int, size: int) -> Place:
        if start or size > self.size:
            raise Damaged("it says that it holds more than it does")
        return self

    def read(self) -> bytearray:
        try:
            return bytearray(super().read().decode("utf-8").encode("latin-1"))
        except UnicodeError as error:
            raise WeightsError(f"{self.path.name} is damaged; choose another file") from error


@dataclass(frozen=True, eq=False)
class Name:
    """A class, function or value that a pickle asks for by its name; it was not imported."""

    text: str


@dataclass(eq=False)
class Stub:
    """An object of a class that was not imported: what it would have been made from."""

    name: str
    args: tuple[object, ...] = ()
    state: object = None
    items: list[object] = field(default_factory=list)
    pairs: dict[object, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Storage:
    """Numbers that tensors are views of, by its ``key`` in the file. ``dtype`` is torch's word, or
    "" for bytes that get their type from the tensor. A view begins ``first`` numbers into it."""

    key: str
    dtype: str
    numel: int
    first: int = 0


@dataclass(frozen=True, eq=False)
class PackedStorage:
    """A storage that lies in the pickle itself, as a file of torch of its own."""

    content: object


@dataclass(frozen=True, eq=False)
class TensorRecord:
    """A tensor as the pickle describes it, not checked yet. ``stride`` and ``offset`` count
    numbers; ``dtype`` is "" for the storage's."""

    storage: object
    dtype: str
    offset: object
    shape: object
    stride: object


@dataclass(frozen=True, eq=False)
class Absent:
    """A tensor that has no numbers in the file, or in a form that is not read; ``what`` it is."""

    what: str


@dataclass(eq=False)
class DType:
    """A dtype of NumPy: its kind and size as in "f4", and whether the bytes are big-endian."""

    code: str
    big: bool = False


@dataclass(eq=False)
class ArrayRecord:
    """An array of NumPy, not checked yet. ``content`` is a list for an array of objects."""

    shape: object = ()
    dtype: DType | None = None
    fortran: bool = False
    content: object = b""
