"""A figure as a value: what it shows and says, for whoever paints it, on screen or on paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure with its ``title`` and a ``caption`` that says what was measured on what.

    ``name`` is fit for a file's name.
    """

    name: str
    title: str
    caption: str
