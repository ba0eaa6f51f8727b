"""Checkpoints in memory: all of training within reach, in a bounded number of steps."""

from __future__ import annotations

from typing import Generic, TypeVar

MOST = 60
MOST_BYTES = 512 * 2**20

T = TypeVar("T")


class Checkpoints(Generic[T]):
    """What was saved at every ``every``-th step, and at the first.

    There are at most 60 (or fewer of large networks: at most 512 MB together, but always some).
    When there would be more, ``every`` is doubled and those between are dropped.
    """

    def __init__(self, every: int = 5, most: int = MOST) -> None:
        self.every, self.most = every, most
        self._saved: dict[int, T] = {}

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(sorted(self._saved))

    def due(self, step: int) -> bool:
        """True if ``step`` is one to save at."""
        return step % self.every == 0 and step not in self._saved

    def save(self, step: int, saved: T, size: int = 0) -> None:
        """Keep what ``step`` ended with; ``size`` in bytes bounds how many are kept."""
        self._saved[step] = saved
        most = min(self.most, max(4, MOST_BYTES // size)) if size else self.most
        while len(self._saved) > most:
            self.every *= 2
            self._saved = {s: x for s, x in self._saved.items() if s % self.every == 0 or s == step}

    def at_or_before(self, step: int) -> tuple[int, T]:
        """The last one that is not after ``step``, and its step."""
        found = max(s for s in self._saved if s <= max(step, 0))
        return found, self._saved[found]

    def take_after(self, step: int) -> dict[int, T]:
        """Forget what comes after ``step``; it is returned."""
        after = {s: x for s, x in self._saved.items() if s > step}
        self._saved = {s: x for s, x in self._saved.items() if s <= step}
        return after

    def put(self, saved: dict[int, T]) -> None:
        """Keep what `take_after` returned."""
        self._saved |= saved
