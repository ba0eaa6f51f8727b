"""Names of classes: from a file of the user's, or from what lies beside the weights."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.contents import FileContents

SUFFIXES = (".txt", ".json", ".csv")
_MOST_BYTES = 5_000_000

KEYS = (
    "class_to_idx",
    "idx_to_class",
    "id2label",
    "label2id",
    "class_names",
    "classes",
    "CLASSES",
    "label_names",
    "labels",
    "categories",
    "names",
)
"""What names are called beside weights, in configurations and in lists of data."""

_NUMBERED = (
    r"(?P<name>.*\S)\s+(?P<number>\d+)",  # as Places365 has them: "/t/tree_farm 338"
    r"\{?\s*[\"']?(?P<number>\d+)[\"']?\s*:\s*(?P<quote>[\"']?)(?P<name>.*?)(?P=quote)\s*,?\s*\}?",
    r"(?P<number>\d+)(?:[,;\t]\s*|\s+)(?P<name>.*\S)",
)
"""How lines have a number beside the name. They count only where the numbers are 0, 1, 2 and so on
in some order, so "Boeing 707" stays a name."""


class _NotNames(Exception):
    """A value is no list of names. The text says why, in half a sentence."""


def read_class_names(path: Path) -> tuple[str, ...]:
    """The names in a text with one a line, or in JSON: a list, {index: name} or {name: index}.

    Lines may have numbers beside the names. In JSON a name may also be a list, such as ImageNet's
    ["n02123045", "tabby"]: the last counts; a configuration of Hugging Face has its "id2label".

    Raises:
        WeightsError: the file cannot be read, or holds something else; the sentence says what.
    """

    def refuse(what: str) -> WeightsError:
        return WeightsError(
            f"{path.name} {what}; give a text with one name a line, or JSON with a list of names "
            "or with numbers and names"
        )

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise refuse("is too large for a list of names")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise refuse("is no text in UTF-8") from error
    try:
        if path.suffix.lower() != ".json":
            return _checked(_in_lines(text.rstrip().splitlines()))
        loaded = json.loads(text)
        if isinstance(loaded, dict):
            for key in KEYS:
                if isinstance(loaded.get(key), dict | list):
                    return _names_in(loaded[key])
        return _names_in(loaded)
    except _NotNames as error:
        raise refuse(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise refuse("is no JSON") from error


def labels_of(contents: FileContents, classes: int) -> tuple[str, ...]:
    """The names of ``classes`` classes that lie beside the weights, or () where there are none."""
    found = list(contents.found(*KEYS))
    found.sort(key=lambda pair: KEYS.index(pair[0].rpartition(".")[2]))
    for _, value in found:
        if isinstance(value, str) and value[:1] in ("{", "["):  # as safetensors' metadata has it
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                continue
        try:
            names = _names_in(value)
        except _NotNames:
            continue
        if len(names) == classes and not all(re.fullmatch(r"LABEL_\d+", name) for name in names):
            return names
    return ()


def _names_in(value: object) -> tuple[str, ...]:
    """The names in a list of them, or in numbers with names in either direction."""
    if isinstance(value, Mapping):
        backwards = bool(value) and all(
            isinstance(one, int) and not isinstance(one, bool) for one in value.values()
        )
        try:
            pairs = [(int(v), k) if backwards else (int(k), v) for k, v in value.items()]
        except (ValueError, TypeError) as error:
            raise _NotNames("has a key that is no number") from error
        numbered = dict(pairs)
        if len(numbered) < len(value) or sorted(numbered) != list(range(len(numbered))):
            raise _NotNames("does not number its names 0, 1, 2 and so on")
        value = [numbered[index] for index in range(len(numbered))]
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _NotNames("holds neither a list nor numbers with names")
    return _checked([_name(one) for one in value])


def _checked(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        raise _NotNames("is empty")
    if not all(names):
        raise _NotNames(f"has no name for class {list(names).index('')}")
    return tuple(names)


def _in_lines(lines: Sequence[str]) -> list[str]:
    for pattern in _NUMBERED:
        matches = [re.fullmatch(pattern, line.strip()) for line in lines]
        if not all(matches) or not lines:
            continue
        pairs = {int(match["number"][:9]): match["name"] for match in matches if match}
        if sorted(pairs) == list(range(len(lines))):
            return [_plain(pairs[number]) for number in range(len(lines))]
    return [_plain(line) for line in lines]


def _plain(name: str) -> str:
    """A name without a number of WordNet before it or the folder's letter: "tree farm"."""
    name = re.sub(r"^n\d{8}\s+", "", name.strip())
    return name[3:].replace("_", " ") if re.match(r"/[a-z]/", name) else name


def _name(value: object) -> str:
    if isinstance(value, list | tuple) and value:
        value = value[-1]
    if isinstance(value, Mapping):
        value = value.get("name", "")
    return value.strip() if isinstance(value, str) else ""
