"""Of what comes too fast, the newest is next."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from resnet_viz.engine.pace import Pace

dealt: list[str] = []


@pytest.fixture
def parent(qtbot: QtBot) -> QObject:
    dealt.clear()
    return QObject()


def test_the_first_is_dealt_with_at_once_and_then_the_newest(qtbot: QtBot, parent: QObject) -> None:
    pace: Pace[str] = Pace(dealt.append, 0, 1, parent)
    for name in "abcd":
        pace.offer(name)
    assert dealt == ["a"]
    qtbot.waitUntil(lambda: dealt == ["a", "d"])
    pace.flush()
    assert dealt == ["a", "d"], "nothing waits"


def test_what_waits_is_forgotten_or_dealt_with_at_once(qtbot: QtBot, parent: QObject) -> None:
    pace: Pace[str] = Pace(dealt.append, 0, 60_000, parent)
    pace.offer("a")
    pace.offer("b")
    pace.flush()
    assert dealt == ["a", "b"]
    pace.offer("c")
    pace.clear()
    pace.flush()
    pace.offer("d")
    assert dealt == ["a", "b", "d"]
