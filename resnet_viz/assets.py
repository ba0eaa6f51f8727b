"""The files that come with the program: weights and their cards, tables, the glossary."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


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
        OSError: there is no such file.
    """
    return path(*names).read_text(encoding="utf-8")
