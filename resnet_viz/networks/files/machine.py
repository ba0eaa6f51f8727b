"""A pickle machine that makes plain containers and inert values, and never calls anything.

Python's own unpickler calls what the file names. This one knows the instructions (CPython,
Lib/pickletools.py) but no classes: a name becomes a `Name`, and what would be called a `Stub`,
except for the few names in `rebuild` that describe tensors, arrays and plain values.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from typing import BinaryIO

from resnet_viz.networks.files.inert import Damaged, Name, Place, Stub, Text
from resnet_viz.networks.files.rebuild import call, set_state

_MOST_STEPS = 3_000_000
_MOST_TEXT = 64 * 2**20  # bytes of texts and short byte strings, all together
_LONG = 4096  # byte strings from here on stay in the file until they are asked for
_MARK = object()


def unpickle(
    file: BinaryIO, place: Place, persistent: Callable[[object], object] | None = None
) -> object:
    """Read one pickle from where ``file`` stands, which shows the bytes of ``place``.

    ``persistent`` makes values of persistent ids (torch's storages).

    Raises:
        Damaged: the pickle ends too early, makes no sense, or is larger than any checkpoint's.
    """
    try:
        return _Machine(file, place, persistent).run()
    except (IndexError, KeyError, ValueError, TypeError, struct.error, OverflowError) as error:
        raise Damaged("its pickle makes no sense") from error


class _Machine:
    def __init__(
        self, file: BinaryIO, place: Place, persistent: Callable[[object], object] | None
    ) -> None:
        self.file, self.place, self.persistent = file, place, persistent
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.text = 0

    def run(self) -> object:
        for _ in range(_MOST_STEPS):
            code = self.file.read(1)
            if code == b".":
                return self.stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise Damaged("it ends too early" if not code else "its pickle makes no sense")
            step(self)
        raise Damaged("its pickle has more parts than a checkpoint has")

    # --- Reading -------------------------------------------------------------------------------

    def count(self, size: int) -> None:
        self.text += size
        if self.text > _MOST_TEXT:
            raise Damaged("its pickle is larger than a checkpoint's")

    def take(self, size: int) -> bytes:
        self.count(size)
        if size > self.place.size - self.file.tell():
            raise Damaged("it ends too early")
        return self.file.read(size)

    def number(self, form: str) -> int:
        value: int = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def line(self, encoding: str = "utf-8") -> str:
        line = self.file.readline(_MOST_TEXT)
        self.count(len(line))
        if not line.endswith(b"\n"):
            raise Damaged("it ends too early")
        return line[:-1].decode(encoding, "replace").removesuffix("\r")

    def long_bytes(self, size: int) -> bytes | Place:
        """Bytes, or their place in the file if there are many."""
        if size < _LONG:
            return self.take(size)
        start = self.file.tell()
        part = self.place.part(start, size)
        self.file.seek(start + size)
        return part

    # --- The stack -----------------------------------------------------------------------------

    def since_mark(self) -> list[object]:
        position = len(self.stack) - 1
        while self.stack[position] is not _MARK:
            position -= 1
            if position < 0:
                raise Damaged("its pickle makes no sense")
        items = self.stack[position + 1 :]
        del self.stack[position:]
        return items

    def push(self, value: object) -> None:
        self.stack.append(value)

    def remember(self, number: int) -> None:
        self.memo[number] = self.stack[-1]

    def extend(self, items: list[object]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, Stub):
            target.items.extend(items)

    def set_pairs(self, items: list[object]) -> None:
        target = self.stack[-1]
        pairs = target.pairs if isinstance(target, Stub) else target
        if isinstance(pairs, dict):
            for key, value in zip(items[::2], items[1::2], strict=True):
                pairs[_key(key)] = value

    def global_(self, module: object, name: object) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Damaged("its pickle makes no sense")
        self.push(Name(f"{module}.{name}"))

    def call(self, target: object, args: object) -> None:
        made = call(target, args if isinstance(args, tuple) else ())
        if isinstance(made, str | bytes):
            self.count(len(made))
        self.push(made)

    def build(self) -> None:
        state = self.stack.pop()
        set_state(self.stack[-1], state)

    def persist(self, what: object) -> None:
        self.push(self.persistent(what) if self.persistent else Stub("persistent id"))

    # --- Instructions that are more than a line ------------------------------------------------

    def reduce(self) -> None:
        args, target = self.stack.pop(), self.stack.pop()
        self.call(target, args)

    def new_with_keywords(self) -> None:
        keywords, args, target = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.call(target, args)
        set_state(self.stack[-1], keywords)

    def stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.global_(module, name)

    def object_(self) -> None:
        target, *args = self.since_mark()
        self.call(target, tuple(args))

    def instance(self) -> None:
        target = Name(f"{self.line()}.{self.line()}")
        self.call(target, tuple(self.since_mark()))

    def dict_(self) -> None:
        items = self.since_mark()
        self.push({})
        self.set_pairs(items)

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_pairs([key, value])

    def tuple_of(self, count: int) -> None:
        items = tuple(self.stack[-count:])
        if len(items) < count:
            raise Damaged("its pickle makes no sense")
        self.stack[-count:] = [items]

    def text_int(self) -> None:
        text = self.line()
        self.push({"00": False, "01": True}[text] if text in ("00", "01") else int(text))

    def text_string(self) -> None:
        quoted = self.line("latin-1")
        if len(quoted) < 2 or quoted[0] != quoted[-1] or quoted[0] not in "'\"":
            raise Damaged("its pickle makes no sense")
        self.push(codecs.escape_decode(quoted[1:-1].encode("latin-1"))[0].decode("latin-1"))

    def unicode_of(self, size: int) -> None:
        value = self.long_bytes(size)
        if isinstance(value, Place):
            self.push(Text(value.path, value.start, value.size, value.content))
        else:
            self.push(value.decode("utf-8", "replace"))

    def long_of(self, size: int) -> None:
        if size > 64:
            self.take(size)
            self.push(Stub("a very large number"))
        else:
            self.push(int.from_bytes(self.take(size), "little", signed=True))

    def byte_string(self, size: int) -> None:
        value = self.long_bytes(size)
        self.push(value.decode("latin-1") if isinstance(value, bytes) else value)


def _key(key: object) -> object:
    """What stands for ``key`` in a dict: a deep or colliding key must not cost depth or time."""
    if isinstance(key, str | bytes | bool) or key is None:
        return key
    if isinstance(key, int):
        return key if -(2**53) < key < 2**53 else hex(key)
    if isinstance(key, float):
        return repr(key)
    if isinstance(key, Name):
        return key.text
    return Name("object")


def _pop_mark(m: _Machine) -> None:
    if m.stack.pop() is _MARK:
        return


def _not_there(m: _Machine, form: str = "<0s") -> None:
    m.take(struct.calcsize(form))
    m.push(Stub("a value that only the program that wrote it knows"))


_STEPS: dict[bytes, Callable[[_Machine], object]] = {
    # Protocol 0
    b"(": lambda m: m.push(_MARK),
    b"0": _pop_mark,
    b"1": lambda m: m.since_mark(),
    b"2": lambda m: m.push(m.stack[-1]),
    b"F": lambda m: m.push(float(m.line())),
    b"I": _Machine.text_int,
    b"L": lambda m: m.push(int(m.line().removesuffix("L"))),
    b"N": lambda m: m.push(None),
    b"P": lambda m: m.persist(m.line()),
    b"R": _Machine.reduce,
    b"S": _Machine.text_string,
    b"V": lambda m: m.push(m.line("raw-unicode-escape")),
    b"a": lambda m: m.extend([m.stack.pop()]),
    b"b": _Machine.build,
    b"c": lambda m: m.global_(m.line(), m.line()),
    b"d": _Machine.dict_,
    b"g": lambda m: m.push(m.memo[int(m.line())]),
    b"i": _Machine.instance,
    b"l": lambda m: m.push(m.since_mark()),
    b"p": lambda m: m.remember(int(m.line())),
    b"s": _Machine.set_item,
    b"t": lambda m: m.push(tuple(m.since_mark())),
    # Protocol 1
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    b"J": lambda m: m.push(m.number("<i")),
    b"K": lambda m: m.push(m.number("<B")),
    b"M": lambda m: m.push(m.number("<H")),
    b"Q": lambda m: m.persist(m.stack.pop()),
    b"T": lambda m: m.byte_string(m.number("<i")),
    b"U": lambda m: m.byte_string(m.number("<B")),
    b"X": lambda m: m.unicode_of(m.number("<I")),
    b")": lambda m: m.push(()),
    b"]": lambda m: m.push([]),
    b"}": lambda m: m.push({}),
    b"e": lambda m: m.extend(m.since_mark()),
    b"h": lambda m: m.push(m.memo[m.number("<B")]),
    b"j": lambda m: m.push(m.memo[m.number("<I")]),
    b"o": _Machine.object_,
    b"q": lambda m: m.remember(m.number("<B")),
    b"r": lambda m: m.remember(m.number("<I")),
    b"u": lambda m: m.set_pairs(m.since_mark()),
    # Protocol 2
    b"\x80": lambda m: m.number("<B"),
    b"\x81": _Machine.reduce,
    b"\x82": lambda m: _not_there(m, "<B"),
    b"\x83": lambda m: _not_there(m, "<H"),
    b"\x84": lambda m: _not_there(m, "<i"),
    b"\x85": lambda m: m.tuple_of(1),
    b"\x86": lambda m: m.tuple_of(2),
    b"\x87": lambda m: m.tuple_of(3),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"\x8a": lambda m: m.long_of(m.number("<B")),
    b"\x8b": lambda m: m.long_of(m.number("<i")),
    # Protocol 3
    b"B": lambda m: m.push(m.long_bytes(m.number("<I"))),
    b"C": lambda m: m.push(m.long_bytes(m.number("<B"))),
    # Protocol 4
    b"\x8c": lambda m: m.unicode_of(m.number("<B")),
    b"\x8d": lambda m: m.unicode_of(m.number("<Q")),
    b"\x8e": lambda m: m.push(m.long_bytes(m.number("<Q"))),
    b"\x8f": lambda m: m.push([]),  # a set, which is a list here: nothing in it needs to be hashed
    b"\x90": lambda m: m.extend(m.since_mark()),
    b"\x91": lambda m: m.push(tuple(m.since_mark())),
    b"\x92": _Machine.new_with_keywords,
    b"\x93": _Machine.stack_global,
    b"\x94": lambda m: m.remember(len(m.memo)),
    b"\x95": lambda m: m.number("<Q"),
    # Protocol 5
    b"\x96": lambda m: m.push(m.long_bytes(m.number("<Q"))),
    b"\x97": _not_there,
    b"\x98": lambda m: None,
}
