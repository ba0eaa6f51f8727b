"""Names of classes from a file of the user's."""

from __future__ import annotations

import json
from pathlib import Path

from resnet_viz.networks.download import WeightsError

SUFFIXES = (".txt", ".json")
_MOST_BYTES = 5_000_000


def read_class_names(path: Path) -> tuple[str, ...]:
    """The names in a text with one a line, or in JSON: a list, or {index: name}.

    In JSON a name may also be a list, such as ImageNet's ["n02123045", "tabby"]: the last counts.

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
    if path.suffix.lower() != ".json":
        names = [line.strip() for line in text.rstrip().splitlines()]
    else:
        try:
            loaded = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise refuse("is no JSON") from error
        if isinstance(loaded, dict):
            try:
                numbered = {int(key): value for key, value in loaded.items()}
            except ValueError as error:
                raise refuse("has a key that is no number") from error
            if sorted(numbered) != list(range(len(numbered))):
                raise refuse("does not number its names 0, 1, 2 and so on")
            loaded = [numbered[index] for index in range(len(numbered))]
        if not isinstance(loaded, list):
            raise refuse("holds neither a list nor numbers with names")
        names = [_name(value) for value in loaded]
    if not names:
        raise refuse("is empty")
    if not all(names):
        raise refuse(f"has no name for class {names.index('')}")
    return tuple(names)


def _name(value: object) -> str:
    if isinstance(value, list) and value:
        value = value[-1]
    return value.strip() if isinstance(value, str) else ""
