"""Cyclic garbage goes on the GUI's thread, and on no other."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from resnet_viz.engine.garbage import Garbage, collect_what_is_due


@pytest.fixture(autouse=True)
def as_python_does_it() -> Iterator[None]:
    """Automatic, as where nobody has turned it off."""
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def garbage(qtbot: QtBot) -> Iterator[Garbage]:
    made = Garbage()
    yield made
    made.close()


def leave_a_cycle(gone_on: list[threading.Thread]) -> None:
    """A Qt object in a cycle, of which nobody knows any more."""
    thing = QObject()
    thing.itself = thing  # type: ignore[attr-defined]
    weakref.finalize(thing, lambda: gone_on.append(threading.current_thread()))


def allocate() -> None:
    """So much that Python would collect on this thread."""
    for _ in range(40):
        _kept = [[] for _ in range(1000)]


def test_another_thread_collects_nothing_and_the_timer_collects_here(
    qtbot: QtBot, garbage: Garbage
) -> None:
    gc.collect()
    gone_on: list[threading.Thread] = []
    leave_a_cycle(gone_on)
    other = threading.Thread(target=allocate)
    other.start()
    other.join()
    assert gone_on == []
    _kept = [[] for _ in range(2 * gc.get_threshold()[0])]
    qtbot.waitUntil(lambda: bool(gone_on))
    assert gone_on == [threading.main_thread()]


def test_without_it_python_collects_on_any_thread() -> None:
    gone_on: list[threading.Thread] = []
    gc.collect()
    leave_a_cycle(gone_on)
    other = threading.Thread(target=allocate)
    other.start()
    other.join()
    assert gone_on == [other], "if this fails, the guard is no longer needed"


def test_nothing_is_done_where_little_has_gathered(garbage: Garbage) -> None:
    gc.collect()
    assert collect_what_is_due() == 0


def test_afterwards_python_collects_again(garbage: Garbage) -> None:
    assert not gc.isenabled()
    garbage.close()
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off(qtbot: QtBot) -> None:
    gc.disable()
    made = Garbage()
    made.close()
    assert not gc.isenabled()
