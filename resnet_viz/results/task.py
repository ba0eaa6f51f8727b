"""A long job as its caller sees it: a generator of updates that can be told things and dropped.

A task is a generator function ``run(request, context)``. It yields `Progress`, `IDLE`, or frozen
results (numpy only), often enough that nobody waits long for what else is to be computed: between
two of them the worker runs passes and other tasks. This module knows no torch and no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class TaskError(Exception):
    """The task cannot be done; its text is a sentence for the user, with what to do next."""


class Cancelled(Exception):
    """The caller no longer wants the result."""


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` parts are finished; a total of 0 is unknown. ``text`` is for the user,
    such as "Loss surface, 12 of 441 points"."""

    text: str
    done: int
    total: int


class _Idle:
    def __repr__(self) -> str:
        return "IDLE"


IDLE: Final = _Idle()
"""Yielded by a task that has nothing to do until it is told a command."""
