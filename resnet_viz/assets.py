"""The files that come with the program: weights and their cards, tables, the glossary."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

faults: set[str] = set()
"""A sentence for each file without which the program has gone on."""


class AssetError(OSError):
    """A file that comes with the program is missing or damaged; the text is a sentence."""

    def __init__(self, name: str) -> None:
        sentence = (
            f"{name}, which comes with the program, is missing or damaged; "
            "install the program again"
        )
        super().__init__(errno.EIO, sentence)

    def __str__(self) -> str:
        return str(self.strerror)


def folder() -> Path:
    """In an installed package inside it, in a checkout beside it."""
    package = Path(str(resources.files("resnet_viz")))
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def path(*names: str) -> Path:
    """A file's path, such as that of ``path("weights", "resnet20-cifar10.json")``."""
    return folder().joinpath(*names)


def text(*names: str) -> str:
    """What a file of text says.

    Raises:
        AssetError: it cannot be read.
    """
    try:
        return path(*names).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AssetError(names[-1]) from error


@contextmanager
def table(*names: str) -> Iterator[Any]:
    """What a JSON file holds, within the context in which it is made sense of.

    Raises:
        AssetError: it cannot be read, or no sense be made of it.
    """
    try:
        yield json.loads(text(*names))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise AssetError(names[-1]) from error
