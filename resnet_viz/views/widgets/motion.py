"""Whether things on screen move from one state to the next, or are there at once."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QStyle

SMOOTH = 600
"""Milliseconds in which a curve moves to where the newest result has it."""

_allowed = True


def allow(moves: bool) -> None:
    """Let things move, or not: the user's choice."""
    global _allowed
    _allowed = moves


def allowed() -> bool:
    """The user's choice."""
    return _allowed


def milliseconds() -> int:
    """How long a movement takes: 0 if the user, here or in the desktop's settings, wants none."""
    if not _allowed:
        return 0
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    return SMOOTH if QApplication.style().styleHint(hint) > 0 else 0
