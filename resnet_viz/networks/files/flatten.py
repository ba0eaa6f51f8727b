"""Tensors, plain values and modules out of what a pickle turned into, by their paths."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias, cast

from resnet_viz.networks.files.contents import ModuleInfo, Plain, TensorInfo
from resnet_viz.networks.files.inert import (
    Absent,
    ArrayRecord,
    Damaged,
    DType,
    Name,
    PackedStorage,
    Place,
    Storage,
    Stub,
    TensorRecord,
    Text,
)
from resnet_viz.networks.files.rebuild import numbers
from resnet_viz.networks.files.tensors import Located, TooLarge, amount, array_of, sizes, tensor_of

_MOST_PARTS = 300_000
_LONGEST = 50_000  # values in a list of numbers; longer ones, such as a history, are no evidence
_DEEPEST = 60
_MOST_TEXT = 2**20  # characters of one text; longer ones are no evidence
_MOST_NUMBERS = 16  # of an array that is evidence as well, such as a mean
_MOST_NAMES = 100_000  # of an array of texts
_FREE = 2**26  # bytes that all tensors may take beyond those in the file
_TIMES = 16  # how often a file may show the same numbers, as tied weights do

SCRIPT = "__torch__."
"""What the names of TorchScript's classes begin with."""


class _Nothing:
    """In place of a value that is no evidence, such as a tensor."""


_NOTHING = _Nothing()
Value: TypeAlias = "Plain | _Nothing"


class Flattener:
    """Collects ``tensors``, ``modules`` and ``notes`` of one file while `evidence` walks it."""

    def __init__(self, file_size: int, locate: Callable[[object], Located]) -> None:
        self.tensors: dict[str, TensorInfo] = {}
        self.modules: dict[str, ModuleInfo] = {}
        self.notes: dict[str, None] = {}
        self.classes: dict[str, None] = {}
        self._locate = locate
        self._allowed = _FREE + _TIMES * file_size
        self._parts = self._claimed = 0
        self._above: set[int] = set()
        self._in_attributes = 0

    def evidence(self, value: object) -> Mapping[str, Plain]:
        """The plain values in ``value``, nested as they are there; the rest is collected.

        Raises:
            Damaged: a tensor does not fit into its storage, or there are more parts than fit.
            TooLarge: the tensors would take far more memory than the file has.
            Quantised: there are weights that are quantised.
        """
        found = self._walk(value, "", 0)
        if isinstance(found, Mapping):
            return found
        return {} if isinstance(found, _Nothing) else {"": found}

    def _walk(self, value: object, path: str, depth: int) -> Value:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise Damaged("it has more parts than a checkpoint has")
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if abs(value) < 2**63 else _NOTHING
        if isinstance(value, str):
            return value if len(value) <= _MOST_TEXT else _NOTHING
        if isinstance(value, Name):
            return value.text
        if isinstance(value, TensorRecord):
            return self._tensor(value, path)
        if isinstance(value, ArrayRecord):
            return self._array(value, path, depth)
        if isinstance(value, Text):
            small = value.size <= _MOST_TEXT
            return bytes(value.read()).decode("utf-8", "replace") if small else _NOTHING
        if isinstance(value, Absent):
            self.notes[f"{path[:200]} {value.what} and is left out"] = None
            return _NOTHING
        if isinstance(value, bytes | Place | DType | Storage | PackedStorage):
            return _NOTHING
        if depth > _DEEPEST or id(value) in self._above:
            self.notes["what is nested endlessly in itself is left out"] = None
            return _NOTHING
        self._above.add(id(value))
        try:
            if isinstance(value, Mapping):
                return self._mapping(value.items(), path, depth)
            if isinstance(value, list | tuple):
                return self._sequence(value, path, depth)
            return self._stub(value, path, depth) if isinstance(value, Stub) else _NOTHING
        finally:
            self._above.discard(id(value))

    # --- Containers ----------------------------------------------------------------------------

    def _mapping(self, items: object, path: str, depth: int) -> Value:
        found: dict[str, Plain] = {}
        count = 0
        for key, value in cast("Iterator[tuple[object, object]]", items):
            count += 1
            name = key if isinstance(key, str) else _text(key)
            plain = self._walk(value, f"{path}.{name}" if path else name, depth + 1)
            if not isinstance(plain, _Nothing):
                found[name] = plain
        return found if found or not count else _NOTHING

    def _sequence(self, items: list[object] | tuple[object, ...], path: str, depth: int) -> Value:
        if len(items) > _LONGEST and all(isinstance(one, int | float) for one in items):
            return _NOTHING
        found = {
            str(number): self._walk(value, f"{path}.{number}" if path else str(number), depth + 1)
            for number, value in enumerate(items)
        }
        kept = {key: one for key, one in found.items() if not isinstance(one, _Nothing)}
        if len(kept) < len(found) or not path:
            return kept or _NOTHING
        return tuple(kept.values())

    # --- Tensors -------------------------------------------------------------------------------

    def _tensor(self, record: TensorRecord, path: str) -> Value:
        if not self._in_attributes:
            self._add(tensor_of(path, record, self._locate))
        return _NOTHING

    def _array(self, array: ArrayRecord, path: str, depth: int) -> Value:
        content = array.content
        if isinstance(content, list):
            return self._walk(content, path, depth + 1)
        if isinstance(content, str):
            content = content.encode("latin-1", "replace")
        if isinstance(content, bytes | bytearray):
            content = Place(Path(), 0, len(content), bytes(content))
        if not isinstance(content, Place) or array.dtype is None:
            return _NOTHING
        shape = sizes(array.shape)
        info = array_of(path, array, content)
        if info is not None and not self._in_attributes:
            self._add(info)
        most = _MOST_NAMES if info is None else _MOST_NUMBERS
        if len(shape) == 1 and shape[0] <= most and content.size <= _MOST_TEXT:
            try:
                return cast("Plain", numbers(array.dtype, bytes(content.read())))
            except (ValueError, ArithmeticError, struct.error):
                return _NOTHING
        return _NOTHING

    def _add(self, info: TensorInfo) -> None:
        if info.name in self.tensors:
            self.notes[f"a second tensor called {info.name[:200]} is left out"] = None
            return
        self._claimed += info.bytes
        if self._claimed > self._allowed:
            raise TooLarge(f"its tensors would take more than {amount(self._allowed)} of memory")
        self.tensors[info.name] = info

    # --- Objects -------------------------------------------------------------------------------

    def _stub(self, stub: Stub, path: str, depth: int) -> Value:
        state = stub.state
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict):
            state = state[0]  # attributes, and those in slots
        if stub.name == "collections.OrderedDict" and stub.args:
            return self._pairs(stub, path, depth)
        if _is_module(state):
            return self._module(stub.name, cast("dict[object, object]", state), path, depth)
        if stub.name.startswith(SCRIPT):
            return self._script(stub.name, state, path, depth)
        if isinstance(state, tuple) and len(state) >= 4 and stub.name.endswith("Tensor"):
            return self._tensor(TensorRecord(state[0], "", *state[1:4]), path)  # torch 0.1 to 0.3
        self.classes[stub.name[:200]] = None
        if isinstance(state, dict):
            for inner in ("_val", "_content"):  # a node of omegaconf
                if inner in state:
                    return self._walk(state[inner], path, depth + 1)
            return self._mapping([*state.items(), *stub.pairs.items()], path, depth)
        if stub.pairs:
            return self._mapping(stub.pairs.items(), path, depth)
        if stub.items:
            return self._sequence(stub.items, path, depth)
        if len(stub.args) == 1:
            return self._walk(stub.args[0], path, depth + 1)
        return self._sequence(stub.args, path, depth) if stub.args else _NOTHING

    def _pairs(self, stub: Stub, path: str, depth: int) -> Value:
        pairs = stub.args[0]
        if not isinstance(pairs, list | tuple):
            return _NOTHING
        items = [pair for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]
        return self._mapping([*items, *stub.pairs.items()], path, depth)

    def _module(self, name: str, state: dict[object, object], path: str, depth: int) -> Value:
        """A whole module: its tensors in the order of state_dict(), and its plain attributes."""
        hidden = state.get("_non_persistent_buffers_set")
        for group in ("_parameters", "_buffers"):
            tensors = state[group]
            if isinstance(tensors, dict):
                shown = {
                    key: value
                    for key, value in tensors.items()
                    if not (isinstance(hidden, list) and group == "_buffers" and key in hidden)
                }
                self._mapping(shown.items(), path, depth)
        self._describe(name, state, path, depth)
        modules = state["_modules"]
        if isinstance(modules, dict):
            self._mapping(modules.items(), path, depth)
        return _NOTHING

    def _script(self, name: str, state: object, path: str, depth: int) -> Value:
        """A module of TorchScript, whose tensors and modules are plain attributes."""
        if isinstance(state, dict):
            inner = {
                key: value
                for key, value in state.items()
                if isinstance(value, TensorRecord)
                or (isinstance(value, Stub) and value.name.startswith(SCRIPT))
            }
            self._describe(
                name, {key: one for key, one in state.items() if key not in inner}, path, depth
            )
            self._mapping(inner.items(), path, depth)
        return _NOTHING

    def _describe(self, name: str, state: dict[object, object], path: str, depth: int) -> None:
        self._in_attributes += 1
        attributes = {}
        for key, value in state.items():
            if isinstance(key, str) and not key.startswith("_"):
                plain = self._walk(value, f"{path}.{key}", depth + 1)
                if not isinstance(plain, _Nothing):
                    attributes[key] = plain
        self._in_attributes -= 1
        self.modules[path] = ModuleInfo(name, attributes)


def _is_module(state: object) -> bool:
    return isinstance(state, dict) and {"_parameters", "_buffers", "_modules"} <= state.keys()


def _text(key: object) -> str:
    if isinstance(key, Name):
        return key.text
    if isinstance(key, bytes):
        return key.decode("utf-8", "replace")
    return str(key)
