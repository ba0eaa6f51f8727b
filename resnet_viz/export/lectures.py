"""The lectures that come with the program."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from resnet_viz import assets

SUFFIXES = (".md", ".markdown")
"""How the names of lectures' files end."""


def is_lecture(path: Path) -> bool:
    """True if a file is called as lectures are."""
    return path.suffix.lower() in SUFFIXES


@cache
def shipped() -> dict[str, Path]:
    """The lectures that come with the program by their titles, in the order of their names."""
    from resnet_viz.export.lecture import LectureError, read_lecture  # and YAML with it

    found = {}
    for path in sorted(assets.path("lectures").glob("*.md")):
        try:
            found[read_lecture(path).title] = path
        except LectureError:
            continue
    return found
